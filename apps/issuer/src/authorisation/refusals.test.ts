// The table of refusals: every code is one of the standard's, and docs/authorisation.md says the same in the same order.
import { readFileSync } from 'node:fs';
import { isApproval, responseCodeName } from '@tapseal/iso8583';
import { expect, test } from 'vitest';
import { de39Of, REFUSALS, stageOf } from './refusals.ts';

const PAGE = new URL('../../../../docs/authorisation.md', import.meta.url);
const [BEGIN, END] = ['<!-- refusals: kept true by refusals.test.ts -->\n', '<!-- /refusals -->'];

test('every refusal has a code that the standard names and that approves nothing', () => {
  for (const name of REFUSALS) {
    expect(responseCodeName(de39Of(name)), name).toBeDefined();
    expect(isApproval(de39Of(name)), name).toBe(false);
  }
  expect(isApproval(de39Of(null))).toBe(true);
  expect(new Set(REFUSALS).size).toBe(REFUSALS.length);
});

test('docs/authorisation.md lists them, in order of precedence', () => {
  const rows = REFUSALS.map((name) => {
    const de39 = de39Of(name);
    return `| \`${name}\` | ${de39} ${responseCodeName(de39)} | ${stageOf(name)} |\n`;
  });
  const table = `| refusal | DE 39 | when |\n|---|---|---|\n${rows.join('')}`;
  const page = readFileSync(PAGE, 'utf8');
  expect(page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END))).toBe(table);
});
