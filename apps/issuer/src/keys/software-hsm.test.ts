import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  arpcMethod1,
  arpcMethod2,
  commonSessionKey,
  computeTwoCryptograms,
  deriveSessionKeys,
  hasOddParity,
  iccMasterKey,
  Pan,
} from '@tapseal/emv';
import {
  encodeUplinkBody,
  openBundle,
  parsePaymentMessage,
  parseUplink,
  sealUplink,
} from '@tapseal/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { logKey, maskUmdKey, pinMask } from './derivation.ts';
import type { TokenKeys } from './hsm.ts';
import { decipherPinBlock, readPinField } from './pin-block.ts';
import { createSoftwareHsm } from './software-hsm.ts';
import { testKeyMaterial } from './test-keys.ts';

const entropy = (length: number) => new Uint8Array(randomBytes(length));
const material = testKeyMaterial();
const hsm = createSoftwareHsm(testKeyMaterial(), entropy);
const vectors = JSON.parse(
  readFileSync(new URL('../../../../vectors/layouts.json', import.meta.url), 'utf8'),
);
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const upper = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const token = Pan.parse('9702990000000012')!;
const tokenId = '6f1d2c3b-4a59-4687-8776-655443322110';
const keysOf = (profile: 'open' | 'tdes'): TokenKeys => ({ profile, dki: 1, token, psn: 1 });
const master = (profile: string) => material.masterKeys.find((keys) => keys.profile === profile)!;

describe('PIN', () => {
  const [pinUplink, logUplink] = vectors.uplinks.map(({ uplink }: { uplink: string }) => hex(uplink));
  const cardId = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';

  it('is translated into a block bound to the token', async () => {
    const received = await hsm.receivePin(pinUplink, cardId, token);
    if (!received.ok) throw new Error(received.refusal);
    const pin = readPinField(decipherPinBlock(material.pinKey, received.value, token));
    expect(Buffer.from(pin!).toString()).toBe('4929');
  });

  it.each([
    ['for another card', () => pinUplink, tokenId, 'pin_bound_elsewhere'],
    ['a log', () => logUplink, cardId, 'uplink_kind_mismatch'],
    [
      'a flipped bit',
      () => pinUplink.map((b: number, i: number) => (i === 90 ? b ^ 1 : b)),
      cardId,
      'uplink_not_authentic',
    ],
    ['cut', () => pinUplink.subarray(0, 100), cardId, 'too_short'],
  ])('%s', async (_, uplink, boundId, refusal) => {
    expect(await hsm.receivePin(uplink(), boundId, token)).toEqual({ ok: false, refusal });
  });

  it('that is no PIN', async () => {
    const outside = parseUplink(pinUplink);
    if (!outside.ok) throw new Error(outside.refusal);
    const body = encodeUplinkBody({
      kind: 'pin',
      boundId: cardId,
      plainTextPinField: hex('43492AAAAAAAAAAA0123456789ABCDEF'),
    });
    const uplink = await sealUplink(
      outside.value,
      body,
      hsm.issuer.uplinkPublicKey,
      async () => new Uint8Array(64),
    );
    expect(await hsm.receivePin(uplink, cardId, token)).toEqual({ ok: false, refusal: 'pin_malformed' });
  });
});

describe.each(['open', 'tdes'] as const)('key sets, %s', (profile) => {
  const keys = keysOf(profile);
  const { bundles, device } = vectors;
  const oneTime = {
    publicKey: hex(bundles[0].oneTimePublicKey),
    privateKey: hex(bundles[0].oneTimePrivateKey),
  };
  let pinBlock: Uint8Array;

  beforeAll(async () => {
    const received = await hsm.receivePin(
      hex(vectors.uplinks[0].uplink),
      '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4',
      token,
    );
    if (!received.ok) throw new Error(received.refusal);
    pinBlock = received.value;
  });

  async function sealed() {
    const keySets = [7, 8].map((atc) => ({ keySetId: entropy(7), atc, idn: entropy(2), expiry: '270131' }));
    const target = {
      deviceId: hex(device.deviceId),
      bundleNumber: 1n,
      recipientPublicKey: oneTime.publicKey,
    };
    const bytes = await hsm.sealBundle(target, [{ kind: 'key_sets', tokenId, keys, pinBlock, keySets }]);
    const opened = await openBundle(bytes, hsm.issuer.ed25519PublicKey, oneTime);
    if (!opened.ok) throw new Error(opened.refusal);
    const record = opened.value.records[0]!;
    if (record.type !== 'message') throw new Error(record.type);
    const message = parsePaymentMessage(record.command, record.payload);
    if (!message.ok || message.value.command !== 'key_sets') throw new Error('not key sets');
    return message.value.keySets;
  }

  it('hold the session keys of their ATC, SK-UMD under the PIN', async () => {
    for (const keySet of await sealed()) {
      const atc = Uint8Array.of(0, keySet.atc);
      const { md, umd } = deriveSessionKeys({ ...master(profile), token, psn: '01', atc });
      expect(upper(keySet.mdKey)).toBe(upper(md));
      const mask = pinMask(new TextEncoder().encode('4929'), keySet.salt, token, keySet.atc);
      expect(upper(keySet.umdKeyMaskedByPin)).toBe(upper(maskUmdKey(profile, umd, mask)));
      expect(keySet.umdKeyMaskedByPin.some((byte, index) => byte !== umd[index])).toBe(true);
    }
  });

  it('are salted anew every time, so that no two sets share a mask', async () => {
    const [first, second] = [await sealed(), await sealed()];
    const salts = [...first, ...second].map(({ salt }) => upper(salt));
    expect(new Set(salts).size).toBe(4);
    expect(upper(first[0]!.mdKey)).toBe(upper(second[0]!.mdKey));
  });

  it('tell nothing about the PIN: every PIN unmasks to a key of the right form', async () => {
    const [keySet] = await sealed();
    if (profile === 'tdes') {
      // Parity is not carried: whatever the mask, only the 56 key bits of each half are there.
      expect(keySet!.umdKeyMaskedByPin.every((byte) => (byte & 1) === 0)).toBe(true);
      expect(hasOddParity(keySet!.mdKey)).toBe(true);
    }
    expect(keySet!.umdKeyMaskedByPin).toHaveLength(16);
  });

  it('are not made from a PIN block of another token', async () => {
    const other = { ...keys, token: Pan.parse('9702990000000020')! };
    const target = {
      deviceId: hex(device.deviceId),
      bundleNumber: 1n,
      recipientPublicKey: oneTime.publicKey,
    };
    const keySets = [{ keySetId: entropy(7), atc: 1, idn: entropy(2), expiry: '270131' }];
    const content = { kind: 'key_sets', tokenId, keys: other, pinBlock, keySets } as const;
    await expect(hsm.sealBundle(target, [content])).rejects.toThrow('PIN block');
  });
});

describe.each(['open', 'tdes'] as const)('cryptograms, %s', (profile) => {
  const iad =
    profile === 'open'
      ? (cdcvm: boolean) =>
          hex(`0F A6 01 A0 0${cdcvm ? 8 : 0} 00 00 00 0001 00 09 00000001 0F 0000000000000000 01020304050607`)
      : (cdcvm: boolean) => hex(`01 15 ${cdcvm ? 'A8' : 'A0'} 00 0001 09 01 ABCD 0000000000000000`);
  const umdAt = profile === 'open' ? 17 : 10;
  const atc = hex('0007');
  const sessionKeys = deriveSessionKeys({ ...master(profile), token, psn: '01', atc });

  function presented(
    cdcvm: boolean,
    change: (values: Map<number, Uint8Array>) => void = () => {},
    umdKey = sessionKeys.umd,
  ) {
    const values = new Map<number, Uint8Array>([
      [0x9f02, hex('000000001250')],
      [0x9f03, hex('000000000000')],
      [0x9f1a, hex('0702')],
      [0x95, hex('0000000000')],
      [0x5f2a, hex('0702')],
      [0x9a, hex('270101')],
      [0x9c, hex('00')],
      [0x9f37, hex('1A2B3C4D')],
      [0x82, hex('1280')],
      [0x9f36, atc],
      [0x9f10, iad(cdcvm)],
    ]);
    const made = computeTwoCryptograms(
      profile,
      { md: sessionKeys.md, umd: umdKey },
      (tag) => values.get(tag),
      cdcvm,
    );
    if (!made.ok) throw new Error(made.refusal);
    values.get(0x9f10)!.set(made.value.umd, umdAt);
    values.set(0x9f26, made.value.cryptogram);
    change(values);
    return { ...keysOf(profile), values };
  }
  const flip = (tag: number, at: number) => (values: Map<number, Uint8Array>) =>
    values.set(
      tag,
      values.get(tag)!.map((byte, index) => (index === at ? byte ^ 1 : byte)),
    );

  it.each([
    ['without CDCVM', presented(false), 'valid', 'absent'],
    ['with the right PIN', presented(true), 'valid', 'valid'],
    ['with a wrong PIN', presented(true, undefined, new Uint8Array(16).fill(1)), 'valid', 'mismatch'],
    ['another amount', presented(true, flip(0x9f02, 5)), 'mismatch', undefined],
    ['another ATC', presented(true, flip(0x9f36, 1)), 'mismatch', undefined],
    ['a flipped UMD', presented(true, flip(0x9f10, umdAt)), 'mismatch', undefined],
    ['a flipped 9F26', presented(true, flip(0x9f26, 0)), 'mismatch', undefined],
    ['no ATC', presented(true, (values) => values.delete(0x9f36)), 'mismatch', undefined],
    ['no IAD', presented(true, (values) => values.delete(0x9f10)), 'mismatch', undefined],
    ['another token', { ...presented(true), token: Pan.parse('9702990000000020')! }, 'mismatch', undefined],
    ['another PSN', { ...presented(true), psn: 2 }, 'mismatch', undefined],
  ])('%s', (_, cryptogram, md, umd) => {
    expect(hsm.verifyCryptogram(cryptogram)).toMatchObject(umd ? { md, umd } : { md });
  });

  it('answers a valid one, under the session key', () => {
    const cryptogram = presented(true);
    const check = hsm.verifyCryptogram(cryptogram);
    if (check.md !== 'valid') throw new Error(check.md);
    const arqc = cryptogram.values.get(0x9f26)!;
    if (profile === 'tdes') {
      expect(upper(check.issuerAuthentication(hex('3030')))).toBe(
        `${upper(arpcMethod1('3DES', sessionKeys.md, arqc, hex('3030')))}3030`,
      );
    } else {
      const csu = hex('03920000');
      expect(upper(check.issuerAuthentication(csu))).toBe(
        `${upper(arpcMethod2('AES', sessionKeys.md, arqc, csu))}03920000`,
      );
    }
  });

  it('answers alike at once, again, and after the key that was at hand is wiped', async () => {
    const response = hex(profile === 'tdes' ? '3030' : '03920000');
    const answered = hsm.verifyCryptogram(presented(true));
    const asked = hsm.verifyCryptogram(presented(true));
    if (answered.md !== 'valid' || asked.md !== 'valid') throw new Error('mismatch');
    const first = upper(answered.issuerAuthentication(response));
    expect(upper(answered.issuerAuthentication(response))).toBe(first);
    await Promise.resolve();
    expect(upper(asked.issuerAuthentication(response))).toBe(first);
    expect(upper(answered.issuerAuthentication(response))).toBe(first);
  });

  it('has no answer for a bad one', () => {
    expect(hsm.verifyCryptogram(presented(true, flip(0x9f26, 0)))).toEqual({ md: 'mismatch' });
  });

  it('master keys of another DKI are a fault, not a verdict', () => {
    expect(() => hsm.verifyCryptogram({ ...presented(true), dki: 2 })).toThrow('DKI 2');
  });
});

describe('vault', () => {
  const pan = Pan.parse('9702010000000000')!;
  const cardId = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';

  it('gives a PAN back for its card alone', () => {
    const ciphertext = hsm.encryptPan(cardId, pan);
    expect(hsm.decryptPan(cardId, ciphertext).equals(pan)).toBe(true);
    expect(() => hsm.decryptPan(tokenId, ciphertext)).toThrow();
    expect(() =>
      hsm.decryptPan(
        cardId,
        ciphertext.map((byte, i) => (i === 12 ? byte ^ 1 : byte)),
      ),
    ).toThrow();
    expect(upper(hsm.encryptPan(cardId, pan))).not.toBe(upper(ciphertext));
  });

  it('finds equal PANs without reading them', () => {
    expect(upper(hsm.panLookup(pan))).toBe(upper(hsm.panLookup(Pan.parse(pan.reveal())!)));
    expect(upper(hsm.panLookup(pan))).not.toBe(upper(hsm.panLookup(token)));
    expect(upper(hsm.panLookup(pan))).not.toBe(
      createHash('sha256').update(pan.reveal()).digest('hex').toUpperCase(),
    );
  });

  it('hashes what may hold card data under a key', () => {
    const text = JSON.stringify({ pan: pan.reveal() });
    expect(upper(hsm.keyedDigest(text))).toBe(upper(hsm.keyedDigest(text)));
    expect(upper(hsm.keyedDigest(text))).not.toBe(
      createHash('sha256').update(text).digest('hex').toUpperCase(),
    );
    expect(upper(hsm.keyedDigest(text))).not.toBe(upper(hsm.keyedDigest(`${text} `)));
  });

  it('one PAN has one PAR of 29 characters', () => {
    const par = hsm.paymentAccountReference(pan);
    expect(par).toMatch(/^TSEL[A-Z0-9]{25}$/);
    expect(hsm.paymentAccountReference(pan)).toBe(par);
    expect(hsm.paymentAccountReference(token)).not.toBe(par);
  });
});

describe('docs/profiles.md, keys (vectors/profile-keys.json)', () => {
  const file = JSON.parse(
    readFileSync(new URL('../../../../vectors/profile-keys.json', import.meta.url), 'utf8'),
  );

  for (const vector of file.pinMask)
    it(`PIN mask ${vector.profile}, ATC ${vector.atc}`, () => {
      const profile = vector.profile as 'open' | 'tdes';
      const atc = Number.parseInt(vector.atc!, 16);
      const mask = pinMask(
        new TextEncoder().encode(vector.pin),
        hex(vector.salt!),
        Pan.parse(vector.token!)!,
        atc,
      );
      expect(upper(mask)).toBe(vector.kPin);
      expect(upper(maskUmdKey(profile, hex(vector.skUmd!), mask))).toBe(vector.skUmdMasked);
      const imk = master(profile).imkUmd;
      const icc = iccMasterKey({
        option: profile === 'open' ? 'C' : 'A',
        imk,
        pan: Pan.parse(vector.token!)!,
        psn: vector.psn!,
      });
      expect(upper(commonSessionKey(profile === 'open' ? 'AES' : '3DES', icc, hex(vector.atc!)))).toBe(
        vector.skUmd,
      );
    });

  for (const vector of file.logKey)
    it(`K-log ${vector.tokenId}`, () => {
      const input = { tokenId: vector.tokenId!, token: Pan.parse(vector.token!)!, psn: Number(vector.psn) };
      expect(upper(logKey(hex(vector.logMasterKey!), input))).toBe(vector.kLog);
    });
});

it('close wipes what was loaded', () => {
  const own = testKeyMaterial();
  createSoftwareHsm(own, entropy).close();
  expect(
    [own.pinKey, own.vaultKey, own.masterKeys[0]!.imkMd].every((key) => key.every((byte) => byte === 0)),
  ).toBe(true);
});
