// `npm run bench [-- NAME…] [--markdown]`: prints and judges. Every claim of speed is a ratio against a peer or a physical
// limit, measured in one run; these machines are noisy, so contenders take turns and figures are medians.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchArqc } from './arqc.ts';
import { benchAuthorisation } from './authorisation.ts';
import { benchIso8583 } from './iso8583.ts';
import { benchTap } from './tap.ts';

/** One line of the report, as text; `met` undefined: shown for comparison, not judged. */
type Line = {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  readonly ratio: string;
  readonly bar: string;
  readonly met?: boolean | undefined;
};

type Bench = { readonly about: string; run(): Promise<readonly Line[]> };

const BENCHES: Readonly<Record<string, Bench>> = {
  arqc: { about: 'one application cryptogram inside the secure element', run: arqcLines },
  tap: { about: 'a whole tap, SELECT PPSE to the cryptogram', run: tapLines },
  iso8583: { about: 'ISO 8583 pack and unpack', run: iso8583Lines },
  authorisation: { about: 'authorisations a second on PostgreSQL', run: authorisationLines },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) help();
else process.exitCode = await main();

async function main(): Promise<number> {
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const unknown = names.find((name) => BENCHES[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`bench: there is no ${unknown}\n\n`);
    help();
    return 2;
  }
  const [cpu] = cpus();
  say(
    `${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}, load ${loadavg()[0]!.toFixed(2)}`,
  );
  const all: Line[] = [];
  for (const name of names) {
    say(`\n${name}: ${BENCHES[name]!.about}`);
    const lines = await BENCHES[name]!.run();
    say(table(lines));
    all.push(...lines);
  }
  if (values.markdown)
    say(
      `\n${all
        .filter(({ met }) => met !== undefined)
        .map(markdown)
        .join('\n')}`,
    );
  const missed = all.filter(({ met }) => met === false);
  say(missed.length === 0 ? '\nevery bar was met' : `\nmissed: ${missed.map(({ what }) => what).join('; ')}`);
  return missed.length === 0 ? 0 : 1;
}

async function arqcLines(): Promise<Line[]> {
  const rows = await benchArqc();
  return rows.map((row) => {
    const node = rows.find(
      ({ profile, contender }) => profile === row.profile && contender === 'node:crypto',
    )!;
    return {
      what: `ARQC ${row.profile}: ${row.contender}${row.note ? ` (${row.note})` : ''}`,
      ours: row.medianUs === undefined ? 'missing here' : `${row.medianUs.toFixed(2)} µs`,
      against: `node:crypto ${node.medianUs!.toFixed(2)} µs`,
      ratio: row.ratio === undefined ? '–' : `${row.ratio.toFixed(2)}×`,
      bar: row.bar === undefined ? '' : `≤ ${row.bar}×`,
      met: row.met,
    };
  });
}

async function tapLines(): Promise<Line[]> {
  const rows = await benchTap();
  return rows.map((row) => ({
    what: `${row.what}, ${row.profile} (${row.samples} taps)`,
    ours: `p50 ${row.p50Ms.toFixed(3)} ms, p99 ${row.p99Ms.toFixed(3)} ms`,
    against: row.limit === undefined ? '' : `${row.limit.what} ${row.limit.ms.toFixed(2)} ms`,
    ratio: row.limit === undefined ? '–' : `${(row.p50Ms / row.limit.ms).toPrecision(2)}×`,
    bar:
      row.barP50Ms === undefined
        ? ''
        : `p50 ≤ ${row.barP50Ms} ms${row.barP99Ms === undefined ? '' : `, p99 ≤ ${row.barP99Ms} ms`}`,
    met: row.met,
  }));
}

async function iso8583Lines(): Promise<Line[]> {
  const row = await benchIso8583();
  return [
    {
      what: 'ISO 8583 pack and unpack of a 0100 with DE 55',
      ours: `${thousands(row.ours)}/s`,
      against: `npm iso_8583 ${thousands(row.peer)}/s`,
      ratio: `${row.ratio.toFixed(0)}×`,
      bar: `≥ ${row.bar}×`,
      met: row.pass,
    },
  ];
}

async function authorisationLines(): Promise<Line[]> {
  const row = await benchAuthorisation();
  return [
    {
      what: `authorisations, concurrency ${row.concurrency}, durable, ${row.roundTrips} round trips`,
      ours: `${thousands(row.ours)}/s, p50 ${row.p50Ms.toFixed(1)} ms, p99 ${row.p99Ms.toFixed(1)} ms, CPU ${row.cpuUs.toFixed(0)} µs each`,
      against: `the same statements alone ${thousands(row.peer)}/s, CPU ${row.peerCpuUs.toFixed(0)} µs each`,
      ratio: `${row.ratio.toFixed(2)}×`,
      bar: `≥ ${row.bar}×`,
      met: row.pass,
    },
  ];
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

function table(lines: readonly Line[]): string {
  const cells = lines.map(({ what, ours, against, ratio, bar, met }) => [
    met === undefined ? ' ' : met ? '✓' : '✗',
    what,
    ours,
    ratio,
    against,
    bar,
  ]);
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => [...row[column]!].length)));
  return cells
    .map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}

function markdown({ what, ours, against, ratio, bar, met }: Line): string {
  return `| ${what} | ${ours} | ${against} | ${ratio} | ${bar}${met ? '' : ' **missed**'} |`;
}

function help(): void {
  say('npm run bench [-- NAME…] [--markdown]\n');
  for (const [name, { about }] of Object.entries(BENCHES)) say(`  ${name.padEnd(14)} ${about}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
