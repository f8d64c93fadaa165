// `npm run torture [-- NAME] [--seed N] [--count N]`: the full counts of what `npm test` holds a short form of.
import { parseArgs } from 'node:util';
import { fuzzAcceptor } from '../apps/issuer/src/acceptor/test-fuzz.ts';
import { migrate } from '../apps/issuer/src/database/migrate.ts';
import { openDatabase } from '../apps/issuer/src/database/pool.ts';
import { startTemporaryPostgres } from '../apps/issuer/src/postgres/index.ts';
import { fuzzCard } from '../apps/terminal/test/fuzz-card.ts';
import { fuzzFrames } from '../packages/iso8583/test/fuzz.ts';
import { loadKernel } from '../packages/vse/src/node/index.ts';
import { BarePhone } from '../simulation/src/bare-phone.ts';
import { fuzzApdus } from '../simulation/src/fuzz-apdus.ts';
import { killStory } from '../simulation/src/kill.ts';
import { withTemporaryStack } from '../simulation/src/temporary-stack.ts';

type Torture = {
  readonly about: string;
  readonly count: number;
  run(seed: number, count: number): Promise<void>;
};

const TORTURES: Readonly<Record<string, Torture>> = {
  apdus: {
    about: 'mutated APDU sequences against the kernel, half of them for each profile',
    count: 100_000,
    async run(seed, count) {
      for (const profile of ['open', 'tdes'] as const) {
        const phone = await BarePhone.enrolled(await loadKernel());
        const token = await phone.digitise(profile);
        const report = await fuzzApdus(phone, token, {
          seed: profile === 'open' ? seed : seed + 1,
          count: Math.ceil(count / 2),
        });
        say(
          `${profile}: ${report.sequences} sequences, ${report.commands} commands, ${report.cryptograms} cryptograms`,
        );
        coverage(report.statusWords);
      }
    },
  },
  frames: {
    about: 'mutated ISO 8583 frames against the codec: decoder, unpack, pack, validate, describe, reply',
    count: 100_000,
    async run(seed, count) {
      const report = fuzzFrames({ seed, count });
      say(
        `${report.frames} frames, ${report.accepted} accepted, ${report.answered} answered with DE 39 = 30`,
      );
      coverage(new Map(Object.entries(report.refusals)));
    },
  },
  acceptor: {
    about: 'mutated frames through the whole authorisation, on PostgreSQL',
    count: 100_000,
    async run(seed, count) {
      const server = await startTemporaryPostgres();
      const pool = openDatabase(server.url);
      try {
        await migrate(pool);
        const report = await fuzzAcceptor({ pool, seed, count });
        say(`${report.frames} frames`);
        coverage(new Map(Object.entries(report.coverage)));
        if (report.failures.length > 0) throw new Error(report.failures.slice(0, 10).join('\n'));
      } finally {
        await pool.end();
        await server.stop();
      }
    },
  },
  card: {
    about: "mutated card answers against the terminal's kernel",
    count: 100_000,
    async run(seed, count) {
      const report = await fuzzCard({ seed, count });
      coverage(new Map(Object.entries(report.ends)));
      if (report.faults.length > 0) throw new Error(report.faults.slice(0, 10).join('\n'));
    },
  },
  kill: {
    about: 'kill -9 of issuer, phone or PostgreSQL at random moments of taps and syncs',
    count: 200,
    async run(seed, count) {
      await withTemporaryStack({ restartLimit: 1000 }, async (stack) => {
        const report = await killStory(stack, { seed, kills: count, onProgress: progress });
        say(
          `kills ${JSON.stringify(report.kills)}, taps ${report.taps}, approved ${report.approved}, without answer ${report.withoutAnswer}`,
        );
        const { rows: _, ...counts } = report.reconciliation;
        say(`reconciliation ${JSON.stringify(counts)}`);
      });
    },
  },
};

let lastProgress = 0;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) help();
else process.exitCode = await main();

async function main(): Promise<number> {
  const names = positionals.length > 0 ? positionals : Object.keys(TORTURES);
  for (const name of names) {
    const torture = TORTURES[name];
    if (torture === undefined) {
      process.stderr.write(`torture: there is no ${name}\n\n`);
      help();
      return 2;
    }
    const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
    const count = values.count === undefined ? torture.count : Number(values.count);
    if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 1) {
      process.stderr.write('torture: --seed and --count take whole numbers\n');
      return 2;
    }
    process.stdout.write(`${name}: ${count}, seed ${seed}\n`);
    try {
      await torture.run(seed, count);
    } catch (error) {
      say(`FAILED: ${(error as Error).stack}`);
      say(`again with: npm run torture -- ${name} --seed ${seed} --count ${count}`);
      return 1;
    }
    say('held');
  }
  return 0;
}

function help(): void {
  process.stdout.write('npm run torture [-- NAME…] [--seed N] [--count N]\n\n');
  for (const [name, { about, count }] of Object.entries(TORTURES))
    process.stdout.write(`  ${name.padEnd(8)} ${String(count).padStart(7)}  ${about}\n`);
}

function coverage(counts: ReadonlyMap<string, number>): void {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  say(`coverage: ${sorted.map(([name, count]) => `${name} ${count}`).join(' · ')}`);
}

function progress(line: string): void {
  if (performance.now() - lastProgress < 5_000) return;
  lastProgress = performance.now();
  say(line);
}

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
