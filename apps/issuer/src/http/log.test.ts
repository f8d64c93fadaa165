import { expect, it } from 'vitest';
import { describeError } from './log.ts';

it('an error is its class, its code and where it happened, never its text', () => {
  const error = Object.assign(new TypeError('Key (token)=(9702990000000012) already exists, PIN 4929'), {
    code: '23505',
    detail: 'Key (token)=(9702990000000012) already exists.',
  });
  const described = JSON.stringify(describeError(error));
  expect(described).toContain('TypeError');
  expect(described).toContain('23505');
  expect(described).toContain('log.test.ts');
  expect(described).not.toMatch(/9702990000000012|4929|already/);
});

it.each([['9702990000000012'], [{ pan: '9702990000000012' }], [undefined]])(
  'what is no error is named by its type',
  (thrown) => {
    expect(JSON.stringify(describeError(thrown))).not.toContain('9702');
  },
);

it('a code that is no code is left out', () => {
  expect(describeError(Object.assign(new Error('x'), { code: 'pan 9702990000000012' }))).not.toHaveProperty(
    'code',
  );
});
