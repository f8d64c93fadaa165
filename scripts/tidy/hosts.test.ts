// One seed must be able to replay the bank, so decisions know no clock, no entropy, no environment, no socket and
// no file. Only composition roots and the host adapters below touch them; everything else is given what it needs.
import { expect, test } from 'vitest';
import { code, isAssembly, isTest, occurrences, read, withoutComments } from './repository.ts';

type Touch = 'clock' | 'entropy' | 'environment' | 'network' | 'files' | 'processes';

const PATTERNS: Readonly<Record<Touch, RegExp>> = {
  clock:
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b|(?<![.\w])set(?:Timeout|Interval)\(|'node:timers(?:\/promises)?'/g,
  entropy:
    /\bMath\.random\b|\b(?:randomBytes|randomUUID|randomInt|randomFill(?:Sync)?|getRandomValues|generateKey(?:Pair)?(?:Sync)?)\b/g,
  environment: /\bprocess\.env\b/g,
  network: /'node:(?:net|http|http2|https|tls|dgram|dns)'|(?<![.#\w])fetch\(|\bnew WebSocket\b/g,
  files: /'node:fs(?:\/promises)?'/g,
  processes: /'node:child_process'|'node:worker_threads'|'node:cluster'/g,
};

type Adapter = { readonly path: RegExp; readonly touches: readonly Touch[]; readonly what: string };

const EVERYTHING = Object.keys(PATTERNS) as Touch[];

// Kept short on purpose. A new line here needs a reason that a reviewer accepts.
const ADAPTERS: readonly Adapter[] = [
  { path: /^apps\/[^/]+\/src\/main\.ts$/, touches: EVERYTHING, what: 'composition roots' },
  {
    path: /^apps\/terminal\/src\/(tap\.ts$|command-line\/)/,
    touches: EVERYTHING,
    what: 'npm run tap, a composition root',
  },
  { path: /^simulation\/src\//, touches: EVERYTHING, what: 'the story and its supervisor' },
  { path: /^bench\//, touches: EVERYTHING, what: 'measurements' },
  { path: /^scripts\//, touches: EVERYTHING, what: 'the house' },
  { path: /\/tools\//, touches: EVERYTHING, what: 'tools that build or make vectors, never shipped' },
  {
    path: /^packages\/(vse|wallet-sdk)\/src\/node\//,
    touches: EVERYTHING,
    what: 'the Node host of the phone',
  },
  { path: /^packages\/vse\/src\/test-kernel\.ts$/, touches: ['files'], what: 'loads the test-only kernel' },
  { path: /^apps\/issuer\/src\/postgres\//, touches: EVERYTHING, what: 'the embedded server' },
  { path: /^apps\/issuer\/src\/database\/migrate\.ts$/, touches: ['files'], what: 'reads the migrations' },
  { path: /^apps\/issuer\/src\/keys\/keystore-file\.ts$/, touches: ['files'], what: 'the software keystore' },
  { path: /^apps\/issuer\/src\/keys\/key-material\.ts$/, touches: ['entropy'], what: 'draws master keys' },
  {
    path: /^apps\/issuer\/src\/keys\/test-keys\.ts$/,
    touches: ['files'],
    what: 'reads the published test keys',
  },
  {
    path: /^apps\/issuer\/src\/acceptor\/(server|connection)\.ts$/,
    touches: ['network', 'clock'],
    what: 'the ISO 8583 listener: sockets and how long they may be silent',
  },
  {
    path: /^apps\/terminal\/src\/acquirer\/journal-file\.ts$/,
    touches: ['files'],
    what: 'advices and reversals, stored',
  },
  {
    path: /^apps\/terminal\/src\/acquirer\/tcp-wire\.ts$/,
    touches: ['network'],
    what: 'the link to the acquirer',
  },
  {
    path: /^apps\/(terminal\/src\/(tap-link|control)|phone\/src\/loopback)\.ts$/,
    touches: ['network'],
    what: 'the tap link and the control ports',
  },
];

const ours = code.filter((file) => !isTest(file) && !isAssembly(file));

test.each(EVERYTHING)('%s only in composition roots and named host adapters', (touch) => {
  const wrong = ours
    .filter((file) => !ADAPTERS.some(({ path, touches }) => path.test(file) && touches.includes(touch)))
    .flatMap((file) => occurrences(file, PATTERNS[touch], withoutComments(read(file))));
  expect(wrong).toEqual([]);
});

test('every line of the table is still needed', () => {
  const idle = ADAPTERS.filter(({ touches }) => touches !== EVERYTHING).flatMap(({ path, touches }) =>
    touches
      .filter(
        (touch) =>
          !ours.some((file) => path.test(file) && withoutComments(read(file)).match(PATTERNS[touch])),
      )
      .map((touch) => `${path} touches no ${touch}`),
  );
  expect(idle).toEqual([]);
});

test('nothing listens beyond loopback unless someone names an address', () => {
  const everywhere = /['"`](?:0\.0\.0\.0|::|\[::\])['"`]/g;
  const wrong = ours.flatMap((file) => occurrences(file, everywhere, withoutComments(read(file))));
  expect(wrong).toEqual([]);
  // Without a host, Node listens on every interface.
  const bare = /\.listen\(\s*(?:\d+|[\w.]+)\s*(?:,\s*(?:\(|function|async|\w+\s*=>)|\))/g;
  expect(ours.flatMap((file) => occurrences(file, bare, withoutComments(read(file))))).toEqual([]);
});
