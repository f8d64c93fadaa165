/**
 * `npm run vectors -- FILE.json …`: runs test vectors; without a file, all of `vectors/`. One line a case, the reason
 * behind it when it fails; exit code 1 when a case fails or is of no known shape.
 *
 * A file is an object of sections, each a list of cases. Sections have names for people; what is done with a case is
 * decided by its fields, by each runner for itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { emvRunner, type VectorCase, type VectorResult, type VectorRunner } from '@tapseal/emv/vectors';

/** Every case goes to every runner that knows its shape. */
const RUNNERS: readonly VectorRunner[] = [emvRunner];

const ROOT = resolve(import.meta.dirname, '..');
/** npm runs scripts in the repository; a path was meant from where the person stood. */
const STARTED_IN = process.env['INIT_CWD'] ?? process.cwd();

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const files =
    args.length > 0 ? args.map((file) => resolve(STARTED_IN, file)) : vectorFiles(join(ROOT, 'vectors'));
  const tally = { passed: 0, failed: 0 };
  for (const file of files) {
    console.log(file);
    runFile(file, tally);
  }
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

function vectorFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

type Tally = { passed: number; failed: number };

/** What a file says about itself, beside its sections. */
const ABOUT_FIELDS = ['about', 'source', 'sources', 'note', 'notes', 'license', 'licence'];

function runFile(file: string, tally: Tally): void {
  const fail = (place: string, why: string): void => {
    tally.failed++;
    console.log(`FAIL ${place}: ${why}`);
  };
  const content = readJson(file);
  if (!isRecord(content)) return fail(file, 'not a JSON object');
  let cases = 0;
  for (const [section, list] of Object.entries(content)) {
    if (ABOUT_FIELDS.includes(section)) continue;
    if (!Array.isArray(list)) {
      fail(section, 'not a list of cases');
      continue;
    }
    list.forEach((vector: unknown, index) => {
      cases++;
      const place = `${section}/${caseName(vector, index)}`;
      if (!isRecord(vector)) return fail(place, 'not an object');
      runCase(section, place, vector, tally, fail);
    });
  }
  if (cases === 0) fail(file, 'no cases');
}

function runCase(
  section: string,
  place: string,
  vector: VectorCase,
  tally: Tally,
  fail: (place: string, why: string) => void,
): void {
  const results = RUNNERS.flatMap((runner) => {
    const result = runner.run(section, vector);
    return result === undefined ? [] : [{ runner: runner.name, result }];
  });
  if (results.length === 0) return fail(place, `unknown shape: ${Object.keys(vector).join(', ')}`);
  const reasons = results.flatMap(({ runner, result }) => failures(result).map((why) => `${runner}: ${why}`));
  if (reasons.length > 0) return fail(place, reasons.join('; '));
  tally.passed++;
  const done = results.map(({ runner, result }) => `${runner} ${result.shape} ${checked(result)}`);
  console.log(`ok   ${place}: ${done.join('; ')}`);
}

function failures(result: VectorResult): readonly string[] {
  if (result.malformed !== undefined) return [`${result.shape}: ${result.malformed}`];
  if (result.checks.length === 0) return [`${result.shape}: nothing to compare`];
  return result.checks
    .filter((check) => !check.ok)
    .map((check) => `${result.shape} ${check.what} expected ${check.expected}, got ${check.got}`);
}

function checked(result: VectorResult): string {
  return result.checks.map((check) => check.what).join(', ');
}

function caseName(vector: unknown, index: number): string {
  const id = isRecord(vector) ? vector['id'] : undefined;
  return typeof id === 'string' ? id : String(index + 1);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return error instanceof Error ? error.message : undefined;
  }
}

function isRecord(value: unknown): value is VectorCase {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
