import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  deviceIdOf,
  encodeBundleRecords,
  encodeLogRecord,
  logGenesis,
  openBundle,
  openUplink,
  parseIssuerCertificate,
  parseLogRecord,
  parsePaymentMessage,
  parseUplinkBody,
  paymentRecord,
  sha256,
  verifyEnrolmentStatement,
  verifyIssuerCertificate,
  verifyLogChain,
  verifyReceipt,
  verifyUplink,
} from '../src/index.ts';
import { aesCmac, agreementKey, bytesOf, hex } from '../tools/keys.ts';
import { layoutVectors } from '../tools/layout-vectors.ts';
import { testKeys } from '../tools/test-keys.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${name}`, import.meta.url), 'utf8'));
const keys: ReturnType<typeof testKeys> = read('test-keys.json');
const vectors: Awaited<ReturnType<typeof layoutVectors>> = read('layouts.json');
const devicePublicKey = bytesOf(vectors.device.ed25519PublicKey);

function value<T>(parsed: { ok: true; value: T } | { ok: false; refusal: string; at: string }): T {
  if (!parsed.ok) throw new Error(`${parsed.refusal}: ${parsed.at}`);
  return parsed.value;
}

describe('the published vectors', () => {
  it('are what this package computes', async () => {
    expect(keys).toEqual(testKeys());
    expect(vectors).toEqual(await layoutVectors());
  });

  it('hold no key twice', () => {
    const found = JSON.stringify(keys).match(/[0-9A-F]{32,64}/g)!;
    expect(new Set(found).size).toBe(found.length);
  });
});

describe('issuer certificate', () => {
  const bytes = bytesOf(vectors.issuerCertificate.bytes);
  const root = bytesOf(keys.manufacturerRoot.ed25519PublicKey);

  it('is 154 bytes, read back whole and signed by the root', async () => {
    expect(bytes.length).toBe(154);
    const certificate = value(parseIssuerCertificate(bytes));
    expect(hex(certificate.uplinkPublicKey)).toBe(keys.issuer.x25519PublicKey);
    expect(certificate.test).toBe(true);
    expect(await verifyIssuerCertificate(bytes, root)).toBe(true);
  });

  it('is not signed by anybody else, nor for another use', async () => {
    expect(await verifyIssuerCertificate(bytes, bytesOf(keys.issuer.ed25519PublicKey))).toBe(false);
    const other = bytes.slice();
    other[6]! ^= 1;
    expect(await verifyIssuerCertificate(other, root)).toBe(false);
  });
});

describe('enrolment statement', () => {
  const bytes = bytesOf(vectors.enrolmentStatement.bytes);
  const nonce = bytesOf(vectors.enrolmentStatement.nonce);
  const flipped = (at: number) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

  it('is verified', async () => {
    const statement = value(await verifyEnrolmentStatement(bytes, nonce));
    expect(hex(statement.deviceId)).toBe(vectors.device.deviceId);
    expect(hex(await deviceIdOf(statement.ed25519PublicKey))).toBe(vectors.device.deviceId);
  });

  it.each([
    ['magic', flipped(0), nonce, 'wrong_magic'],
    ['version', flipped(4), nonce, 'unsupported_version'],
    ['a flag that does not exist', bytes.map((b, i) => (i === 5 ? 2 : b)), nonce, 'unknown_flags'],
    ['device id', flipped(6), nonce, 'device_id_mismatch'],
    ['one-time key', flipped(54), nonce, 'signature_invalid'],
    ['reserved', flipped(130), nonce, 'reserved_not_zero'],
    ['signature', flipped(205), nonce, 'signature_invalid'],
    ["another enrolment's nonce", bytes, new Uint8Array(32), 'nonce_mismatch'],
    ['one byte less', bytes.subarray(0, 205), nonce, 'too_short'],
    ['one byte more', Uint8Array.from([...bytes, 0]), nonce, 'leftover_bytes'],
  ])('%s', async (_, statement, expectedNonce, refusal) => {
    expect(await verifyEnrolmentStatement(statement, expectedNonce)).toMatchObject({ ok: false, refusal });
  });
});

describe('bundles and receipts', () => {
  const issuerPublicKey = bytesOf(keys.issuer.ed25519PublicKey);

  it.each(vectors.bundles)('bundle $bundleNumber opens with its one-time key', async (vector) => {
    const oneTimeKey = agreementKey(bytesOf(vector.oneTimePrivateKey));
    const { bundle, records } = value(await openBundle(bytesOf(vector.bundle), issuerPublicKey, oneTimeKey));
    expect(bundle.bundleNumber).toBe(BigInt(vector.bundleNumber));
    expect(hex(encodeBundleRecords(records))).toBe(vector.plaintext);
    for (const record of records) {
      if (record.type !== 'message') continue;
      const message = value(parsePaymentMessage(record.command, record.payload));
      expect(hex(paymentRecord(message).payload)).toBe(hex(record.payload));
      expect(parsePaymentMessage(record.command, Uint8Array.from([...record.payload, 0])).ok).toBe(false);
      expect(parsePaymentMessage(record.command, record.payload.subarray(1)).ok).toBe(false);
    }
  });

  it('opens for no other recipient and under no other signature', async () => {
    const vector = vectors.bundles[0]!;
    const bytes = bytesOf(vector.bundle);
    const own = agreementKey(bytesOf(vector.oneTimePrivateKey));
    const other = agreementKey(bytesOf(vectors.bundles[1]!.oneTimePrivateKey));
    expect(await openBundle(bytes, issuerPublicKey, other)).toMatchObject({ refusal: 'wrong_recipient' });
    expect(await openBundle(bytes, devicePublicKey, own)).toMatchObject({ refusal: 'signature_invalid' });
  });

  it('no flipped bit anywhere goes unseen', async () => {
    const vector = vectors.bundles[0]!;
    const oneTimeKey = agreementKey(bytesOf(vector.oneTimePrivateKey));
    const bytes = bytesOf(vector.bundle);
    for (let at = 0; at < bytes.length; at++) {
      const mutant = bytes.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      expect((await openBundle(mutant, issuerPublicKey, oneTimeKey)).ok, `byte ${at}`).toBe(false);
    }
  });

  it.each(vectors.bundles)('the receipt for bundle $bundleNumber names it by its hash', async (vector) => {
    const receipt = value(await verifyReceipt(bytesOf(vector.receipt.bytes), devicePublicKey));
    expect(hex(receipt.bundleHash)).toBe(hex(await sha256(bytesOf(vector.bundle))));
    expect(hex(receipt.nextOneTimePublicKey)).toBe(vector.receipt.nextOneTimePublicKey);
    expect(await verifyReceipt(bytesOf(vector.receipt.bytes), issuerPublicKey)).toMatchObject({
      refusal: 'signature_invalid',
    });
  });
});

describe('uplinks', () => {
  const privateKey = bytesOf(keys.issuer.x25519PrivateKey);

  it.each(vectors.uplinks)('uplink $uplinkNumber opens', async (vector) => {
    const bytes = bytesOf(vector.uplink);
    const uplink = value(await verifyUplink(bytes, devicePublicKey));
    const plaintext = await openUplink(bytes, uplink, privateKey);
    expect(hex(plaintext!)).toBe(vector.plaintext);
    expect(parseUplinkBody(plaintext!)).toMatchObject({ ok: true });
    expect(parseUplinkBody(Uint8Array.from([...plaintext!, 0]))).toMatchObject({ refusal: 'leftover_bytes' });
    expect(await openUplink(bytes, { ...uplink, uplinkNumber: 99n }, privateKey)).toBeUndefined();
  });

  it('an unknown kind is refused', () => {
    expect(parseUplinkBody(Uint8Array.of(9))).toEqual({
      ok: false,
      refusal: 'unknown_value',
      at: 'kind at 0',
    });
    expect(parseUplinkBody(new Uint8Array(0))).toMatchObject({ refusal: 'too_short' });
  });
});

describe('transaction log', () => {
  const { tokenId } = vectors.transactionLog;
  const logKey = bytesOf(vectors.transactionLog.logKey);
  const records = vectors.transactionLog.records.map(bytesOf);
  const [first, second] = records as [Uint8Array, Uint8Array];
  const mac = (message: Uint8Array) => aesCmac(logKey, message);
  const altered = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

  it('a record reads back whole', () => {
    for (const record of records)
      expect(hex(encodeLogRecord(value(parseLogRecord(record))))).toBe(hex(record));
  });

  it.each([
    ['the whole log', [first, second], true, [[], []]],
    ['without its beginning, unanchored', [second], false, [[]]],
    ['without its beginning, anchored', [second], true, [['sequence_gap', 'chain_broken']]],
    ['an amount changed', [altered(first, 21), second], true, [['mac_invalid'], ['chain_broken']]],
    ['a MAC changed', [altered(first, 159), second], true, [['mac_invalid'], ['chain_broken']]],
    [
      'out of order',
      [second, first],
      true,
      [
        ['sequence_gap', 'chain_broken'],
        ['sequence_gap', 'chain_broken'],
      ],
    ],
    ['twice the same', [first, first], true, [[], ['sequence_gap', 'chain_broken']]],
    [
      'an unknown status',
      [altered(first, 1).fill(9, 1, 2), second],
      true,
      [['unreadable'], ['chain_broken']],
    ],
  ])('%s', async (_, log, anchored, findings) => {
    const anchor = anchored ? await logGenesis(tokenId) : undefined;
    const checked = await verifyLogChain(log, mac, anchor);
    expect(checked.map((record) => record.findings)).toEqual(findings);
  });

  it('under another key every MAC is wrong', async () => {
    const checked = await verifyLogChain(
      records,
      (m) => aesCmac(new Uint8Array(16), m),
      await logGenesis(tokenId),
    );
    expect(checked.map((record) => record.findings)).toEqual([['mac_invalid'], ['mac_invalid']]);
  });
});
