/**
 * The HSM's verbs over keys in this process's memory. The label says so: `software`. What it keeps of an HSM is the
 * boundary: callers get finished bundles, verdicts and PIN blocks, never a key, a session key or a PIN.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signWith,
} from 'node:crypto';
import {
  arpcMethod1,
  arpcMethod2,
  cmacUnder,
  commonSessionKey,
  iccMasterKey,
  Pan,
  PROFILE_VERSION,
  TAG_9F26_APPLICATION_CRYPTOGRAM,
  TAG_9F36_APPLICATION_TRANSACTION_COUNTER,
  verifyUnderSessionKeys,
  wipe,
} from '@tapseal/emv';
import {
  type BundleRecord,
  openUplink,
  parseUplink,
  parseUplinkBody,
  paymentRecord,
  sealBundle,
  type UplinkBody,
  uuidBytes,
  verifyLogChain,
} from '@tapseal/protocol';
import { logKey, maskUmdKey, pinMask, psnDigits } from './derivation.ts';
import type {
  BundleContent,
  CryptogramCheck,
  Hsm,
  Opened,
  PresentedCryptogram,
  TokenKeys,
  UplinkOpenRefusal,
} from './hsm.ts';
import { IccKeyCache, type IccKeys } from './icc-key-cache.ts';
import { type Entropy, type KeyMaterial, wipeKeyMaterial } from './key-material.ts';
import { decipherPinBlock, encipherPinBlock, readPinField, writePinField } from './pin-block.ts';

/** Tokens whose ICC master keys are kept ready: 32 bytes of keys each. */
const CACHED_TOKENS_MAX = 10_000;

/** PKCS#8 heads of raw private keys. RFC 8410, 7 */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** Takes the material over: `close` wipes it. */
export function createSoftwareHsm(material: KeyMaterial, entropy: Entropy): Hsm {
  const signingKey = privateKey(PKCS8_ED25519, material.ed25519PrivateKey);
  const uplinkKey = privateKey(PKCS8_X25519, material.x25519PrivateKey);
  const cache = new IccKeyCache(CACHED_TOKENS_MAX);
  const sign = async (message: Uint8Array) => signWith(null, message, signingKey);

  return {
    assurance: 'software',
    kind: material.kind,
    keystoreId: material.keystoreId,
    issuer: {
      issuerId: material.issuerId.slice(),
      ed25519PublicKey: rawPublicKey(signingKey),
      uplinkPublicKey: rawPublicKey(uplinkKey),
    },

    async sealBundle(target, contents) {
      const records: BundleRecord[] = [];
      try {
        for (const content of contents) records.push(completed(content));
        return await sealBundle(target, records, sign);
      } finally {
        for (const record of records) if (record.type === 'message') wipe(record.payload);
      }
    },

    async receivePin(uplink, boundId, token) {
      const opened = await open(uplink, 'pin');
      if (!opened.ok) return opened;
      const field = opened.value.plainTextPinField;
      if (opened.value.boundId !== boundId) {
        wipe(field);
        return { ok: false, refusal: 'pin_bound_elsewhere' };
      }
      const pin = readPinField(field);
      wipe(field);
      if (!pin) return { ok: false, refusal: 'pin_malformed' };
      // The phone's random bytes are not trusted to be random: the block gets its own.
      const ownField = writePinField(pin, entropy(8));
      const block = encipherPinBlock(material.pinKey, ownField, token);
      wipe(pin, ownField);
      return { ok: true, value: block };
    },

    async openLog(uplink) {
      const opened = await open(uplink, 'log');
      return opened.ok
        ? { ok: true, value: { tokenId: opened.value.tokenId, records: opened.value.records } }
        : opened;
    },

    async verifyLogRecords(token, records, anchor) {
      const key = logKey(material.logMasterKey, token);
      try {
        return await verifyLogChain(records, cmacUnder('AES', key), anchor);
      } finally {
        wipe(key);
      }
    },

    verifyCryptogram,

    // NIST SP 800-38D; the card's id is authenticated, so that two rows of the vault cannot be swapped.
    encryptPan(cardId, pan) {
      const nonce = entropy(12);
      const cipher = createCipheriv('aes-256-gcm', material.vaultKey, nonce).setAAD(uuidBytes(cardId)!);
      const body = Buffer.concat([cipher.update(pan.reveal(), 'latin1'), cipher.final()]);
      return Buffer.concat([nonce, body, cipher.getAuthTag()]);
    },

    decryptPan(cardId, ciphertext) {
      const tagAt = ciphertext.length - 16;
      const decipher = createDecipheriv('aes-256-gcm', material.vaultKey, ciphertext.subarray(0, 12), {
        authTagLength: 16,
      })
        .setAAD(uuidBytes(cardId)!)
        .setAuthTag(ciphertext.subarray(tagAt));
      const digits =
        decipher.update(ciphertext.subarray(12, tagAt), undefined, 'latin1') + decipher.final('latin1');
      return Pan.parse(digits)!;
    },

    panLookup: (pan) => hmac(material.vaultLookupKey, 'tapseal pan lookup v1', pan.reveal()),

    paymentAccountReference(pan) {
      const digest = hmac(material.vaultLookupKey, 'tapseal par v1', pan.reveal());
      return `${PAR_CONTROLLER}${Array.from(digest.subarray(0, 25), (byte) => PAR_ALPHABET[byte % 32]).join('')}`;
    },

    deviceCredential(enrolmentId, deviceId) {
      const digest = hmac(material.credentialKey, 'tapseal device credential v1', enrolmentId, deviceId);
      return Buffer.from(digest).toString('base64url');
    },

    keyedDigest: (text) => hmac(material.credentialKey, 'tapseal keyed digest v1', text),

    random: entropy,

    close() {
      cache.clear();
      wipeKeyMaterial(material);
    },
  };

  function completed(content: BundleContent): BundleRecord {
    if (content.kind === 'record') return content.record;
    if (content.kind === 'profile') {
      const { profile } = content;
      const token = { tokenId: profile.tokenId, token: Pan.parse(profile.token)!, psn: Number(profile.psn) };
      const key = logKey(material.logMasterKey, token);
      const record = paymentRecord({ command: 'personalise_token', ...profile, logKey: key });
      wipe(key);
      return record;
    }
    return keySetsRecord(content);
  }

  function keySetsRecord({
    tokenId,
    keys,
    pinBlock,
    keySets,
  }: BundleContent & { kind: 'key_sets' }): BundleRecord {
    const field = decipherPinBlock(material.pinKey, pinBlock, keys.token);
    const pin = readPinField(field);
    wipe(field);
    if (!pin) throw new Error('the PIN block is not one of this keystore for this token');
    const made = keySets.map(({ keySetId, atc, idn, expiry }) => {
      const { md, umd } = sessionKeys(keys, atcBytes(atc));
      const salt = entropy(16);
      const mask = pinMask(pin, salt, keys.token, atc);
      const umdKeyMaskedByPin = maskUmdKey(keys.profile, umd, mask);
      wipe(umd, mask);
      return { keySetId, atc, idn, expiry, salt, mdKey: md, umdKeyMaskedByPin };
    });
    wipe(pin);
    try {
      return paymentRecord({ command: 'key_sets', tokenId, keySets: made });
    } finally {
      for (const { mdKey } of made) wipe(mdKey);
    }
  }

  function verifyCryptogram(presented: PresentedCryptogram): CryptogramCheck {
    const atc = presented.values.get(TAG_9F36_APPLICATION_TRANSACTION_COUNTER);
    if (atc?.length !== 2) return { md: 'mismatch' };
    const keys = sessionKeys(presented, atc);
    const verdict = verifyUnderSessionKeys(presented.profile, keys, (tag) => presented.values.get(tag));
    const umd = UMD_VERDICT[verdict as keyof typeof UMD_VERDICT];
    wipe(keys.umd);
    if (!umd) {
      wipe(keys.md);
      return { md: 'mismatch' };
    }
    // Who decides at once is answered under the key that is here. It is gone before anything else runs; a decision
    // that has to be made again derives it again.
    let held: Uint8Array | undefined = keys.md;
    queueMicrotask(() => {
      wipe(keys.md);
      held = undefined;
    });
    return {
      md: 'valid',
      umd,
      issuerAuthentication: (response) => {
        const md = held ?? sessionKey(presented, iccKeysOf(presented).md, atc);
        held = undefined;
        const answer = issuerAuthentication(presented, md, response);
        wipe(md);
        return answer;
      },
    };
  }

  /** EMV 4.4 Book 2, 8.2: under the session key of the ARQC. */
  function issuerAuthentication(
    { profile, values }: PresentedCryptogram,
    md: Uint8Array,
    response: Uint8Array,
  ): Uint8Array {
    const arqc = values.get(TAG_9F26_APPLICATION_CRYPTOGRAM)!;
    const arpc =
      profile === 'tdes' ? arpcMethod1('3DES', md, arqc, response) : arpcMethod2('AES', md, arqc, response);
    return Buffer.concat([arpc, response]);
  }

  function sessionKeys(token: TokenKeys, atc: Uint8Array): IccKeys {
    const icc = iccKeysOf(token);
    return { md: sessionKey(token, icc.md, atc), umd: sessionKey(token, icc.umd, atc) };
  }

  function sessionKey({ profile }: TokenKeys, masterKey: Uint8Array, atc: Uint8Array): Uint8Array {
    return commonSessionKey(PROFILE_VERSION[profile].cipher, masterKey, atc);
  }

  /** From the cache: not to be kept. */
  function iccKeysOf(token: TokenKeys): IccKeys {
    const { profile, dki, psn } = token;
    return cache.get(`${profile} ${dki} ${token.token.reveal()} ${psn}`, () => iccKeys(token));
  }

  function iccKeys({ profile, dki, token, psn }: TokenKeys): IccKeys {
    const master = material.masterKeys.find((keys) => keys.profile === profile && keys.dki === dki);
    if (!master) throw new Error(`no master keys of profile ${profile} with DKI ${dki}`);
    const { masterKey: option } = PROFILE_VERSION[profile];
    const derive = (imk: Uint8Array) => iccMasterKey({ option, imk, pan: token, psn: psnDigits(psn) });
    return { md: derive(master.imkMd), umd: derive(master.imkUmd) };
  }

  async function open<K extends UplinkBody['kind']>(
    bytes: Uint8Array,
    kind: K,
  ): Promise<Opened<UplinkBody & { kind: K }, UplinkOpenRefusal>> {
    const outside = parseUplink(bytes);
    if (!outside.ok) return { ok: false, refusal: outside.refusal };
    const plaintext = await openUplink(bytes, outside.value, material.x25519PrivateKey);
    if (!plaintext) return { ok: false, refusal: 'uplink_not_authentic' };
    const body = parseUplinkBody(plaintext);
    wipe(plaintext);
    if (!body.ok) return { ok: false, refusal: body.refusal };
    if (body.value.kind !== kind) {
      if (body.value.kind === 'pin') wipe(body.value.plainTextPinField);
      return { ok: false, refusal: 'uplink_kind_mismatch' };
    }
    return { ok: true, value: body.value as UplinkBody & { kind: K } };
  }
}

const UMD_VERDICT = { umd_absent: 'absent', umd_valid: 'valid', umd_mismatch: 'mismatch' } as const;

/** The BIN controller of a PAR is registered with EMVCo; ours is made up, as the BINs are. */
const PAR_CONTROLLER = 'TSEL';
const PAR_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function atcBytes(atc: number): Uint8Array {
  return Uint8Array.of(atc >> 8, atc & 0xff);
}

function hmac(key: Uint8Array, domain: string, ...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const mac = createHmac('sha256', key).update(domain);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function privateKey(head: Buffer, raw: Uint8Array): KeyObject {
  const der = Buffer.concat([head, raw]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  wipe(der);
  return key;
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(der.length - 32));
}
