/**
 * `npm run vectors -- FILE.json …`: runs test vectors; without a file, all of `vectors/`. One line a case, the reason
 * behind it when it fails; exit code 1 when a case fails or is of no known shape.
 *
 * A file is an object of sections, each a list of cases. Sections have names for people; what is done with a case is
 * decided by its fields, by each runner for itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  emvRunner,
  macTask,
  type VectorCase,
  type VectorResult,
  type VectorRunner,
} from '@tapseal/emv/vectors';
import { openTestKernel, type TestKernel } from '../packages/vse/src/test-kernel.ts';
import { vseRunner } from '../packages/vse/src/vectors.ts';

/** Cryptograms of the standard's fields, joined by the issuer's reading and MACed by the secure element's primitives. */
const vseCryptograms: VectorRunner = {
  name: vseRunner.name,
  run(section, vector) {
    if (vseRunner.run(section, vector) !== undefined) return undefined;
    const task = macTask(vector);
    if (task === undefined) return undefined;
    const { kind, cipher, padding, key, message, length, expected } = task;
    const mac = (kernel: TestKernel): Uint8Array | undefined => {
      if (kind === 'cmac' && cipher === 'AES') return kernel.cmac(key, message);
      if (kind !== 'retail' || (padding !== 'method-1' && padding !== 'method-2')) return undefined;
      return kernel.retailMac(key, message, padding === 'method-1' ? 1 : 2);
    };
    const checks = KERNELS.flatMap((kernel) => {
      const computed = mac(kernel);
      if (computed === undefined) return [];
      const [got, wanted] = [hex(computed.subarray(0, length)), hex(expected)];
      return [{ what: `${kernel.build} MAC`, ok: got === wanted, expected: wanted, got }];
    });
    return checks.length === 0 ? undefined : { shape: 'cryptogram', checks };
  },
};

const KERNELS: readonly TestKernel[] = [openTestKernel('simd'), openTestKernel('scalar')];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

/** Every case goes to every runner that knows its shape. */
const RUNNERS: readonly VectorRunner[] = [emvRunner, vseRunner, vseCryptograms];

const ROOT = resolve(import.meta.dirname, '..');

/**
 * Files in `vectors/` that hold something else than cases of primitives, and who reads them. Only the run without a file
 * passes over them; named on the command line they are judged like any other.
 */
const NOT_CASES: ReadonlyMap<string, string> = new Map([
  ['layouts.json', 'the tests of packages/protocol'],
  ['profile-keys.json', 'the tests of apps/issuer and trusted-apps/payment'],
  ['test-keys.json', 'demonstrations, as their published keys'],
]);

function main(args: readonly string[]): number {
  const tally = { passed: 0, failed: 0 };
  const files = args.length > 0 ? args.map((file) => resolve(file)) : caseFiles(join(ROOT, 'vectors'));
  for (const file of files) {
    console.log(file);
    for (const line of judgeFile(file)) {
      console.log(line.ok ? `ok   ${line.text}` : `FAIL ${line.text}`);
      if (line.ok) tally.passed++;
      else tally.failed++;
    }
  }
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

function caseFiles(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  for (const name of names) {
    const reader = NOT_CASES.get(name);
    if (reader !== undefined) console.log(`${name}: no cases; read by ${reader}`);
  }
  return names
    .filter((name) => !NOT_CASES.has(name))
    .sort()
    .map((name) => join(folder, name));
}

type Line = { readonly ok: boolean; readonly text: string };

/** What a file says about itself, beside its sections. */
const ABOUT_FIELDS = ['about', 'source', 'sources', 'note', 'notes', 'license', 'licence'];

function judgeFile(file: string): readonly Line[] {
  const content = readJson(file);
  if (content instanceof Error) return [{ ok: false, text: content.message }];
  if (!isRecord(content)) return [{ ok: false, text: 'not a JSON object' }];
  const lines = Object.entries(content)
    .filter(([section]) => !ABOUT_FIELDS.includes(section))
    .flatMap(([section, list]) =>
      Array.isArray(list)
        ? list.map((vector: unknown, index) => judgeCase(section, vector, index))
        : [{ ok: false, text: `${section}: not a list of cases` }],
    );
  return lines.length > 0 ? lines : [{ ok: false, text: 'no cases' }];
}

function judgeCase(section: string, vector: unknown, index: number): Line {
  const place = `${section}/${caseName(vector, index)}`;
  if (!isRecord(vector)) return { ok: false, text: `${place}: not an object` };
  const results = RUNNERS.flatMap((runner) => {
    const result = runner.run(section, vector);
    return result === undefined ? [] : [{ runner: runner.name, result }];
  });
  if (results.length === 0) {
    return { ok: false, text: `${place}: unknown shape (${Object.keys(vector).join(', ')})` };
  }
  const reasons = results.flatMap(({ runner, result }) => failures(result).map((why) => `${runner}: ${why}`));
  if (reasons.length > 0) return { ok: false, text: `${place}: ${reasons.join('; ')}` };
  const done = results.map(({ runner, result }) => `${runner} ${result.shape} (${checked(result)})`);
  return { ok: true, text: `${place}: ${done.join('; ')}` };
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
  const id = isRecord(vector) ? vector.id : undefined;
  return typeof id === 'string' ? id : String(index + 1);
}

/** The content, undefined for what is no JSON, an Error for what cannot be read. */
function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return error as Error;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is VectorCase {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const HELP = `npm run vectors [-- FILE.json …]

Runs test vectors, without a file all of vectors/: a line a case. A file is an object of sections, each a list of cases;
what is done with a case is decided by its fields. Exit code 1 when a case fails or is of no known shape.
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP);
else process.exitCode = main(args);
