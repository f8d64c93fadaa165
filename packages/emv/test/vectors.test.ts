import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emvRunner, macTask, type VectorCase, type VectorResult } from '../src/vectors/index.ts';

const FOLDER = new URL('../../../vectors/', import.meta.url);
const OURS = [
  'certificates.json',
  'emv-symmetric.json',
  'emv-published.json',
  'mac-published.json',
  'profiles.json',
];

type VectorFile = { readonly sources?: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>>;

function read(name: string): VectorFile {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as VectorFile;
}

function casesOf(file: VectorFile): readonly [section: string, vector: VectorCase][] {
  return Object.entries(file).flatMap(([section, list]) =>
    Array.isArray(list) ? list.map((vector) => [section, vector as VectorCase] as const) : [],
  ) as readonly [string, VectorCase][];
}

function run(vector: VectorCase): VectorResult | undefined {
  return emvRunner.run('a section of any name', vector);
}

function passes(result: VectorResult | undefined): boolean {
  return (
    result !== undefined &&
    result.malformed === undefined &&
    result.checks.length > 0 &&
    result.checks.every((check) => check.ok)
  );
}

describe.each(OURS)('vectors/%s', (name) => {
  const file = read(name);
  const cases = casesOf(file);

  it('has cases, and each names a source that the file explains', () => {
    expect(cases.length).toBeGreaterThan(0);
    for (const [, vector] of cases) expect(file.sources).toHaveProperty(String(vector.source));
  });

  it.each(cases.map(([section, vector]) => [`${section}/${vector.id}`, vector] as const))(
    '%s',
    (_id, vector) => {
      const result = run(vector);
      expect(result?.malformed).toBeUndefined();
      expect(result?.checks.filter((check) => !check.ok)).toEqual([]);
      expect(passes(result)).toBe(true);
    },
  );
});

/** The fields that hold an expected result, by shape. A test that cannot fail would leave one of them unread. */
const RESULTS: Readonly<Record<string, readonly string[]>> = {
  iccMasterKey: ['mk', 'kcv'],
  sessionKey: ['sk', 'kcv'],
  applicationCryptogram: ['ac', 'kcv'],
  arpc: ['arpc'],
  cvc3: ['mk', 'kcv', 'ivCvc3', 'cvc3', 'cvc3Last3'],
  dcvv: ['dcvv', 'cvv'],
  mac: ['mac'],
  blockCipher: ['ciphertext'],
  keyCheckValue: ['kcv'],
  caPublicKey: ['caChecksum'],
  issuerCertificate: ['modulus', 'verdict'],
  twoCryptograms: ['mkMd', 'mkUmd', 'skMd', 'skUmd', 'umd', 'ac', 'verdict'],
};

describe('a wrong expectation fails', () => {
  const all = OURS.flatMap((name) => casesOf(read(name)).map(([, vector]) => vector));

  it('in every result field of every case', () => {
    let broken = 0;
    for (const vector of all) {
      const { shape } = run(vector)!;
      for (const field of RESULTS[shape]!) {
        const value = vector[field];
        if (typeof value !== 'string' || value === '') continue;
        const last = value.at(-1)!;
        const wrong = value.slice(0, -1) + (last === '1' ? '2' : '1');
        expect({ id: vector.id, field, passes: passes(run({ ...vector, [field]: wrong })) }).toEqual({
          id: vector.id,
          field,
          passes: false,
        });
        broken++;
      }
    }
    expect(broken).toBeGreaterThan(all.length);
  });

  it('also when it is cut short', () => {
    for (const vector of all) {
      const { shape } = run(vector)!;
      for (const field of ['mk', 'sk', 'ac', 'arpc', 'mac', 'ciphertext', 'umd']) {
        const value = vector[field];
        if (!RESULTS[shape]!.includes(field) || typeof value !== 'string') continue;
        expect(passes(run({ ...vector, [field]: value.slice(0, -2) }))).toBe(false);
      }
    }
  });

  it('and prints no key', () => {
    const [vector] = casesOf(read('emv-symmetric.json')).map(([, first]) => first);
    const result = run({ ...vector, mk: '00112233445566778899AABBCCDDEEFF' });
    const printed = JSON.stringify(result);
    expect(passes(result)).toBe(false);
    expect(printed).not.toContain(String(vector!.mk));
    expect(printed).not.toContain('00112233445566778899AABBCCDDEEFF');
    expect(printed).toContain('key with check value BA7CD9');
  });
});

describe('a case is known by its fields alone', () => {
  const all = OURS.flatMap((name) => casesOf(read(name)).map(([, vector]) => vector));

  it('id, scheme and source change nothing', () => {
    for (const vector of all) {
      const anonymous = { ...vector, id: 'X', scheme: 'Nobody CVN99', source: 'nobody' };
      expect(run(anonymous)).toEqual(run(vector));
    }
  });

  it('a field that is null is not there', () => {
    const vector = all.find(({ psn, option }) => psn === '00' && option === 'A')!;
    const { psn: _given, ...without } = vector;
    expect(passes(run({ ...vector, psn: null }))).toBe(true);
    expect(run({ ...vector, psn: null })).toEqual(run(without));
  });

  it('an unknown field makes the case unknown', () => {
    for (const vector of all) expect(run({ ...vector, surprise: '00' })).toBeUndefined();
  });

  // biome-ignore format: a table
  const unknown: readonly [why: string, vector: VectorCase][] = [
    ['nothing',               {}],
    ['only remarks',          { id: 'A', source: 'S' }],
    ['no result',             { imk: '0123456789ABCDEFFEDCBA9876543210', pan: '1234567890123456', option: 'A' }],
    ['a MAC that is not ours', { algorithm: 'HMAC-SHA-256', key: '00', data: '', mac: '00' }],
    ['a mode that is not ours', { algorithm: 'AES-128-GCM', key: '00', plaintext: '', ciphertext: '' }],
  ];
  it.each(unknown)('unknown: %s', (_why, vector) => {
    expect(run(vector)).toBeUndefined();
  });

  // biome-ignore format: a table
  const malformed: readonly [why: string, vector: VectorCase][] = [
    ['hex with an odd digit', { key: '0123456789ABCDEFFEDCBA9876543210', kcv: '08D' }],
    ['a key of 7 bytes',      { key: '0123456789ABCD', kcv: '08D7' }],
    ['a PAN with letters',    { imk: '0123456789ABCDEFFEDCBA9876543210', pan: '12345678A0123456', option: 'A', kcv: '00' }],
    ['option D',              { imk: '0123456789ABCDEFFEDCBA9876543210', pan: '1234567890123456', option: 'D', kcv: '00' }],
    ['a PSN of one digit',    { imk: '0123456789ABCDEFFEDCBA9876543210', pan: '1234567890123456', psn: '1', kcv: '00' }],
    ['a padding of nobody',   { sk: '0123456789ABCDEFFEDCBA9876543210', data: '00', padding: 'P77', ac: '00' }],
    ['a MAC without padding', { algorithm: 'ISO 9797-1 alg 3', key: '0123456789ABCDEFFEDCBA9876543210', data: '', mac: '00' }],
    ['a method of nobody',    { mk: '0123456789ABCDEFFEDCBA9876543210', atc: '0001', method: 'Nobody', kcv: '00' }],
    ['ARPC method 3',         { key: '0123456789ABCDEFFEDCBA9876543210', method: 3, arqc: '0000000000000000', arc: '3030', arpc: '00' }],
    ['a field without place', { sk: '0123456789ABCDEFFEDCBA9876543210', fields: { '9F4E': '41' }, ac: '00' }],
  ];
  it.each(malformed)('malformed: %s', (_why, vector) => {
    expect(run(vector)?.malformed).toEqual(expect.any(String));
  });
});

describe('the MAC that a case asks for, for another implementation', () => {
  it('is there for MACs and cryptograms, keys derived, fields joined', () => {
    const cases = new Map(casesOf(read('emv-symmetric.json')).map(([, vector]) => [vector.id, vector]));
    expect(macTask(cases.get('F2b')!)).toMatchObject({ kind: 'retail', padding: 'method-2', length: 8 });
    expect(macTask(cases.get('F1a')!)).toMatchObject({ kind: 'retail', padding: 'method-1', length: 4 });
    expect(macTask(cases.get('F5')!)).toMatchObject({ kind: 'cmac', cipher: '3DES', length: 8 });
    expect(macTask(cases.get('C2')!)).toMatchObject({ kind: 'retail', padding: 'method-1', length: 8 });
    expect(macTask(cases.get('C2')!)?.message.length).toBe(37);
    expect(macTask(cases.get('C7')!)).toMatchObject({ kind: 'cmac', cipher: 'AES', length: 8 });
    const chain = casesOf(read('emv-published.json')).find(([, vector]) => vector.id === 'A-P00');
    expect(macTask(chain![1])).toMatchObject({ kind: 'retail', padding: 'method-1', length: 8 });
  });

  it('is absent for everything else', () => {
    for (const [section, vector] of casesOf(read('emv-symmetric.json'))) {
      expect(macTask(vector) !== undefined).toBe(section === 'mac' || section === 'applicationCryptogram');
    }
    expect(macTask({ key: '00', data: '0', algorithm: 'AES-CMAC', mac: '00' })).toBeUndefined();
  });
});
