// `npm run simulate`: days of the whole bank in one process, from one seed.
import { parseArgs } from 'node:util';
import { type DaySummary, type SimulationEnd, simulate } from './simulated-days.ts';

const HELP = `npm run simulate [-- --seed N --phones N --days N]

Issuer, terminals and phones in this process, on a PostgreSQL of its own and a clock of its own: days of taps, with
networks that fail, wrong PINs, links that break, repeats, replays, reversals and suspensions, drawn from the seed.
At the end the books of wallets, merchants and bank are compared; exit code 1 when they differ. The same seed, phones
and days print the same digest.

  --seed N     a whole number (default 1)
  --phones N   1 to 1000 (default 10)
  --days N     1 to 28 (default 7)
`;

const parsed = parsedArguments();
if (parsed === undefined) process.stdout.write(HELP);
else process.exitCode = await run(parsed);

async function run(options: { seed: number; phones: number; days: number }): Promise<number> {
  const { seed, phones, days } = options;
  process.stdout.write(`seed ${seed}: ${phones} phones, ${days} days\n`);
  const end = await simulate({ ...options, onDay: (day) => process.stdout.write(`${dayLine(day)}\n`) });
  process.stdout.write(endLines(end).join('\n'));
  return end.broken.length === 0 ? 0 : 1;
}

function dayLine({ date, outcomes }: DaySummary): string {
  const counts = [...outcomes].map(([outcome, count]) => `${outcome} ×${count}`);
  return `  ${date}  ${counts.join('  ') || 'nobody paid'}`;
}

function endLines({ taps, approvedMinor, reconciliation, broken, digest }: SimulationEnd): string[] {
  const books = Object.entries(reconciliation).map(([name, count]) => `${name} ${count}`);
  return [
    `${taps} taps, SGD ${approvedMinor / 100n}.${String(approvedMinor % 100n).padStart(2, '0')} approved and not reversed`,
    `wallet log × authorisations: ${books.join(', ')}`,
    ...broken.map((line) => `BROKEN ${line}`),
    broken.length === 0 ? 'all books agree' : `${broken.length} things do not add up`,
    `digest ${digest}`,
    '',
  ];
}

/** Undefined for --help. */
function parsedArguments(): { seed: number; phones: number; days: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        phones: { type: 'string', default: '10' },
        days: { type: 'string', default: '7' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return undefined;
    return {
      seed: whole('--seed', values.seed, 0, 2 ** 31),
      phones: whole('--phones', values.phones, 1, 1_000),
      days: whole('--days', values.days, 1, 28),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${name}: a whole number from ${least} to ${most}`);
}
