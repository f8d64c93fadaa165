/**
 * Cases of application cryptograms and their answers, from as far up the key chain as they begin.
 */
import { APPLICATION_CRYPTOGRAM_BYTES, CRYPTOGRAM_FIELDS } from '../crypto/application-cryptogram.ts';
import { arpcMethod1, arpcMethod2 } from '../crypto/arpc.ts';
import { concat } from '../data/bytes.ts';
import { tagHex } from '../data/tlv.ts';
import type { VectorCheck } from './case.ts';
import {
  type CipherKey,
  cipherOf,
  compared,
  kcvCheck,
  keyCheck,
  keyFits,
  type Outcome,
} from './comparison.ts';
import type { Fields } from './fields.ts';
import { masterKeyOf, sessionKey } from './key-derivation.ts';
import { computeMac, type MacTask, macOf, paddingOf } from './mac.ts';

export function runApplicationCryptogram(fields: Fields): Outcome {
  const checks: VectorCheck[] = [];
  const task = cryptogramMac(fields, checks);
  if (task === undefined || typeof task === 'string') return task;
  return [...checks, compared('ac', task.expected, computeMac(task))];
}

/** The keys that are derived on the way are compared into `checks`. */
export function cryptogramMac(fields: Fields, checks: VectorCheck[]): MacTask | string | undefined {
  const map = fields.map('fields');
  const input = map === undefined ? fields.bytes('data')! : joinedFields(map);
  if (typeof input === 'string') return input;
  const names = [fields.text('algorithm'), fields.text('method')];

  // From as far up the chain as the case goes: issuer master key, ICC master key, session key.
  const mk = masterKeyOf(fields, names, checks);
  if (typeof mk === 'string') return mk;
  let sk: CipherKey;
  if (mk !== undefined) {
    const atc = fields.bytes('atc') ?? map?.get('9F36');
    const un = fields.bytes('un') ?? map?.get('9F37');
    const derived = /none/i.test(fields.text('method') ?? '') ? mk : sessionKey(fields, mk, atc, un);
    if (typeof derived === 'string') return derived;
    sk = derived;
    checks.push(...keyCheck('sk', fields, sk));
  } else {
    const key = fields.bytes('sk', 'key')!;
    sk = { cipher: cipherOf(names, key), key };
  }
  checks.push(...kcvCheck(fields, sk));

  // EMV 4.4 Book 2 A1.2: AES means CMAC; Triple DES means algorithm 3, with padding method 2 unless the version says else.
  const algorithm = fields.text('algorithm') ?? '';
  const padding = paddingOf(fields) ?? (fields.has('padding') ? undefined : 'method-2');
  const name = sk.cipher === 'AES' ? 'AES-CMAC' : /CMAC/i.test(algorithm) ? algorithm : 'retail';
  return macOf(name, padding, sk.key, input, fields.bytes('ac')!, APPLICATION_CRYPTOGRAM_BYTES);
}

/** The names behind the standard's order of values; 9F10 is the IAD by its tag. */
const BEHIND: readonly string[] = ['CVR', 'IAD', '9F10', 'counters'];

function joinedFields(map: ReadonlyMap<string, Uint8Array>): Uint8Array | string {
  const order = [...CRYPTOGRAM_FIELDS.map(tagHex), ...BEHIND];
  const names = new Map([...map.keys()].map((name) => [name.toLowerCase(), name]));
  const unknown = [...names.keys()].find((name) => !order.some((known) => known.toLowerCase() === name));
  if (unknown !== undefined) return `field ${unknown} has no place in the cryptogram input`;
  return concat(
    ...order.flatMap((known) => {
      const name = names.get(known.toLowerCase());
      return name === undefined ? [] : [map.get(name)!];
    }),
  );
}

export function runArpc(fields: Fields): Outcome {
  const key = fields.bytes('key', 'sk', 'mk')!;
  const cipher = cipherOf([fields.text('algorithm')], key);
  if (!keyFits(cipher, key) || (cipher === '3DES' && key.length !== 16)) return 'key has no key length';
  const arqc = fields.bytes('arqc')!;
  const method = fields.text('method') ?? (fields.has('csu') ? '2' : '1');
  const expected = fields.bytes('arpc')!;
  if (arqc.length !== 8) return 'arqc is not eight bytes';
  if (method === '1') {
    const arc = fields.bytes('arc');
    if (arc?.length !== 2) return 'arc is not two bytes';
    return [compared('arpc', expected, arpcMethod1(cipher, key, arqc, arc))];
  }
  if (method === '2') {
    const csu = fields.bytes('csu');
    const proprietary = fields.bytes('proprietaryAuthenticationData') ?? new Uint8Array(0);
    if (csu?.length !== 4 || proprietary.length > 8) return 'csu is not four bytes, or the rest is too long';
    return [compared('arpc', expected, arpcMethod2(cipher, key, arqc, csu, proprietary))];
  }
  return `method ${method} is not 1 or 2`;
}
