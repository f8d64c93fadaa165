// `npm run vectors` as an outsider meets it: a file from anywhere, an exit code, a line a case.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = mkdtempSync(join(tmpdir(), 'tapseal-vectors-'));
const SHARED = JSON.parse(readFileSync(join(ROOT, 'vectors/emv-symmetric.json'), 'utf8'));

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function run(content: unknown): { status: number | null; lines: readonly string[] } {
  writeFileSync(join(FOLDER, 'file.json'), typeof content === 'string' ? content : JSON.stringify(content));
  // A relative path, from where the person stands.
  const child = spawnSync(process.execPath, [join(ROOT, 'scripts/vectors.ts'), 'file.json'], {
    cwd: FOLDER,
    encoding: 'utf8',
  });
  return { status: child.status, lines: child.stdout.trim().split('\n') };
}

describe('npm run vectors -- FILE', () => {
  it('passes the shared file and says so, a line a case', () => {
    const { status, lines } = run(SHARED);
    expect(lines.at(-1)).toBe('38 passed, 0 failed');
    expect(lines.filter((line) => line.startsWith('ok   '))).toHaveLength(38);
    expect(lines).toContain('ok   arpc/D1: emv arpc (arpc)');
    expect(status).toBe(0);
  });

  it('has the secure element’s primitives judge what they can', () => {
    const { lines } = run({ mac: SHARED.mac, applicationCryptogram: SHARED.applicationCryptogram });
    const byVse = lines.filter((line) => /\bvse\b.*simd.*scalar/.test(line));
    expect(byVse.length).toBeGreaterThanOrEqual(SHARED.applicationCryptogram.length + 7);
  });

  it('fails on one wrong digit among all, and names the case', () => {
    const [first, ...rest] = SHARED.mac;
    const { status, lines } = run({ ...SHARED, mac: [{ ...first, mac: 'A1C72E75' }, ...rest] });
    const failures = lines.filter((line) => line.startsWith('FAIL'));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain('mac/F1a: emv: mac mac expected A1C72E75, got A1C72E74');
    expect(status).toBe(1);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a case of no known shape',
      { surprise: [{ id: 'X', foo: '00' }] },
      /surprise\/X: unknown shape \(id, foo\)/,
    ],
    ['a case that is no object', { mac: ['text'] }, /mac\/1: not an object/],
    ['a section that is no list', { mac: { key: '00' } }, /mac: not a list of cases/],
    ['no cases at all', { about: 'nothing', sources: {} }, /no cases/],
    ['an empty section', { mac: [] }, /no cases/],
    ['what is no JSON', '{', /not a JSON object/],
    ['a list', [], /not a JSON object/],
  ])('fails on %s', (_why, content, line) => {
    const { status, lines } = run(content);
    expect(lines.find((text) => text.startsWith('FAIL'))).toMatch(line);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  });

  it('fails on a file that is not there', () => {
    const child = spawnSync(process.execPath, [join(ROOT, 'scripts/vectors.ts'), join(FOLDER, 'none.json')]);
    expect(String(child.stdout)).toMatch(/FAIL ENOENT: no such file/);
    expect(child.status).toBe(1);
  });
});
