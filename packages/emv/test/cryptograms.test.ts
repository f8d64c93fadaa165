import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applicationCryptogram,
  arpcMethod1,
  arpcMethod2,
  CRYPTOGRAM_VERSIONS,
  type CryptogramVersionName,
  computeTwoCryptograms,
  cryptogramInput,
  cryptogramKey,
  deriveSessionKeys,
  formatIad,
  fromHex,
  iccMasterKey,
  keyCheckValue,
  type OpenIad,
  Pan,
  parseIad,
  type SessionKeys,
  type Tag,
  type TdesIad,
  type TwoCryptogramProfile,
  tagHex,
  toHex,
  UMD_OFFSET,
  verifyTwoCryptograms,
  verifyUnderSessionKeys,
} from '../src/index.ts';

const IMK = fromHex('0123456789ABCDEFFEDCBA9876543210');
const PAN = Pan.parse('1234567890123456')!;

/** DE 55 of pyemv's tests (vectors/emv-symmetric.json C2 to C4), with whole IADs. */
const COMMON = {
  '9F03': '000000000000',
  '9F1A': '0124',
  '5F2A': '0124',
  '82': '1800',
  '9F36': '001C',
};
const VISA = {
  ...COMMON,
  '9F02': '000000004000',
  '95': '8000048000',
  '9A': '191105',
  '9C': '01',
  '9F37': '52BF4585',
};
const MCHIP = {
  ...COMMON,
  '9F02': '000000009999',
  '95': '8000000000',
  '9A': '209906',
  '9C': '00',
  '9F37': 'ABCDEF12',
};

describe('from the issuer master key to ARQC and ARPC, by the table', () => {
  // biome-ignore format: a table
  const rows: readonly [version: CryptogramVersionName, fields: Record<string, string>, iad: string, kcv: string, arqc: string, arcOrCsu: string, arpc: string][] = [
    ['visa-10',     VISA,  '06010A03A06010',                             'BAB0', '29CCA15AE665FA2E', '3030',     '28993816AFAE4AEB'],
    ['visa-18',     VISA,  '06011203A0B800',                             '22C8', '7A788EA6B8A3E733', '00000000', '9AF514C1'],
    ['visa-22',     VISA,  '06011203A0B800',                             '22C8', '7A788EA6B8A3E733', '00000000', '9AF514C1'],
    ['mchip-10',    MCHIP, '0110A0000322000000000000000000000000',       '2FD5', '24CCF3DEE3158C70', '0010',     '73F6BBF389A6586C'],
    ['mchip-11',    MCHIP, '0111A00003220000000000000000000322FF',       '2FD5', 'EAE8A620A75648D8', '0010',     ''],
    ['mchip-14',    MCHIP, '0114A0000322000000000000000000000000',       '22C8', 'CD29615D6452E70E', '0010',     'DFD0956606B68D64'],
    ['mchip-15',    MCHIP, '0115A00003220000000000000000000322FF',       '22C8', 'C30E54BE496CF5E5', '0010',     ''],
    ['interac-133', MCHIP, '1501850440B100000000B00000000000000000000000', '2FD5', '18932FECA2D84326', '0000',   '4DF171A49396C363'],
  ];
  it.each(rows)('%s', (name, fields, iad, kcv, arqc, arcOrCsu, arpc) => {
    const version = CRYPTOGRAM_VERSIONS[name];
    const values = valuesOf({ ...fields, '9F10': iad });
    const mk = iccMasterKey({ option: version.masterKey as 'A', imk: IMK, pan: PAN, psn: '00' });
    const sk = cryptogramKey(version, mk, values(0x9f36)!, values(0x9f37)!);
    expect(toHex(keyCheckValue(version.cipher, sk, 2))).toBe(kcv);
    const input = cryptogramInput(version, values);
    expect(input.ok).toBe(true);
    const cryptogram = applicationCryptogram(version, sk, input.ok ? input.value : new Uint8Array(0));
    expect(toHex(cryptogram)).toBe(arqc);
    if (arpc === '') return;
    const key = version.arpc.key === 'master' ? mk : sk;
    const answer =
      version.arpc.method === 1
        ? arpcMethod1(version.cipher, key, cryptogram, fromHex(arcOrCsu))
        : arpcMethod2(version.cipher, key, cryptogram, fromHex(arcOrCsu));
    expect(toHex(answer)).toBe(arpc);
  });

  it('a missing value, or one of a wrong length, is named', () => {
    const version = CRYPTOGRAM_VERSIONS['visa-18'];
    const whole = { ...VISA, '9F10': '06011203A0B800' };
    for (const tag of Object.keys(whole)) {
      const { [tag]: _gone, ...rest } = whole as Record<string, string>;
      const missing = cryptogramInput(version, valuesOf(rest));
      expect(missing.ok ? 'accepted' : `${missing.refusal.reason} ${tagHex(missing.refusal.tag)}`).toBe(
        `value_missing ${tag}`,
      );
      const long = cryptogramInput(version, valuesOf({ ...whole, [tag]: '00'.repeat(33) }));
      expect(long.ok ? 'accepted' : `${long.refusal.reason} ${tagHex(long.refusal.tag)}`).toBe(
        `value_length ${tag}`,
      );
    }
    const short = cryptogramInput(CRYPTOGRAM_VERSIONS['mchip-15'], valuesOf({ ...whole, '9F10': '0115A0' }));
    expect(short.ok ? 'accepted' : short.refusal.reason).toBe('value_length');
  });
});

describe('inputs of our profiles', () => {
  it('are 47 and 65 bytes long (docs/profiles.md §3.1)', () => {
    for (const profile of ['tdes', 'open'] as const) {
      const version = CRYPTOGRAM_VERSIONS[`tapseal-${profile}`];
      const input = cryptogramInput(
        version,
        valuesOf({ ...VISA, '9F10': toHex(formatIad(iadOf(profile, 'pin'))) }),
      );
      expect(input.ok && input.value.length).toBe(profile === 'tdes' ? 47 : 65);
    }
  });
});

describe.each(['open', 'tdes'] as const)('MD and UMD of %s, as the issuer judges', (profile) => {
  const keys = {
    profile,
    imkMd: fromHex('56EBCB98B83B789A624BBD7D3C355C77'),
    imkUmd: fromHex('B52561977ED0AC8E6F530AD963321C6C'),
    token: Pan.parse('5350990012345671')!,
    psn: '00',
  };
  const sessionKeys = deriveSessionKeys({ ...keys, atc: fromHex('001C') });
  const sent = (cdcvm: 'none' | 'pin' | 'biometric', umdKeys: SessionKeys = sessionKeys) =>
    message(profile, cdcvm, umdKeys);

  // biome-ignore format: verdicts in order of precedence
  const cases: readonly [why: string, fields: () => Record<string, string>, verdict: string][] = [
    ['no 9F26',                    () => without(sent('pin'), '9F26'),                        'value_missing'],
    ['no 9F36',                    () => without(sent('pin'), '9F36'),                        'value_missing'],
    ['no 9F10',                    () => without(sent('pin'), '9F10'),                        'value_missing'],
    ['9F26 of seven bytes',        () => ({ ...sent('pin'), '9F26': '00112233445566' }),      'value_length'],
    ['9F36 of three bytes',        () => ({ ...sent('pin'), '9F36': '00001C' }),              'value_length'],
    ['9F10 of another profile',    () => ({ ...sent('pin'), '9F10': `00${'11'.repeat(30)}` }), 'iad_malformed'],
    ['another amount',             () => ({ ...sent('pin'), '9F02': '000000004001' }),        'cryptogram_mismatch'],
    ['another ATC',                () => ({ ...sent('pin'), '9F36': '001D' }),                'cryptogram_mismatch'],
    ['UMD flipped on the way',     () => flipped(profile, sent('pin')),                       'cryptogram_mismatch'],
    ['UMD put in on the way',      () => flipped(profile, sent('none')),                      'cryptogram_mismatch'],
    ['nobody asked',               () => sent('none'),                                        'umd_absent'],
    ['wrong PIN',                  () => sent('pin', { ...sessionKeys, umd: fromHex('00112233445566778899AABBCCDDEEFF') }), 'umd_mismatch'],
    ['right PIN',                  () => sent('pin'),                                         'umd_valid'],
    ['biometry',                   () => sent('biometric'),                                   'umd_valid'],
  ];
  it.each(cases)('%s', (_why, fields, verdict) => {
    expect(verifyTwoCryptograms(keys, valuesOf(fields()))).toBe(verdict);
  });

  it('CDCVM claimed with a field of zeros is a mismatch, unless that is what comes out', () => {
    const iad = formatIad(iadOf(profile, 'pin'));
    const fields = { ...VISA, '9F10': toHex(iad) };
    const computed = computeTwoCryptograms(profile, sessionKeys, valuesOf(fields), false);
    const cryptogram = computed.ok ? toHex(computed.value.cryptogram) : '';
    expect(verifyUnderSessionKeys(profile, sessionKeys, valuesOf({ ...fields, '9F26': cryptogram }))).toBe(
      'umd_mismatch',
    );
  });

  it('every flipped bit under the MAC is a mismatch and costs no PIN try', () => {
    const fields = sent('pin');
    const covered = Object.keys(fields).filter((tag) => tag !== '9F10');
    fc.assert(
      fc.property(fc.constantFrom(...covered), fc.nat({ max: 63 }), (tag, bit) => {
        const bytes = fromHex(fields[tag]!);
        bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
        const verdict = verifyUnderSessionKeys(
          profile,
          sessionKeys,
          valuesOf({ ...fields, [tag]: toHex(bytes) }),
        );
        expect(verdict).toBe('cryptogram_mismatch');
      }),
    );
    // The IAD: `open` covers all of it, `tdes` CVR and UMD. What the format forbids is named as malformed.
    const iad = fromHex(fields['9F10']!);
    for (let bit = 0; bit < iad.length * 8; bit++) {
      const byte = bit >> 3;
      const bytes = iad.slice();
      bytes[byte]! ^= 1 << (bit & 7);
      const verdict = verifyUnderSessionKeys(
        profile,
        sessionKeys,
        valuesOf({ ...fields, '9F10': toHex(bytes) }),
      );
      const free = profile === 'tdes' && (byte === 0 || byte === 8 || byte === 9);
      const malformed = !parseIad(profile, bytes).ok;
      expect(verdict).toBe(free ? 'umd_valid' : malformed ? 'iad_malformed' : 'cryptogram_mismatch');
    }
  });

  it('keys of other tokens, PSNs and counters do not verify', () => {
    const fields = valuesOf(sent('pin'));
    for (const other of [
      { ...keys, token: Pan.parse('5350990012345689')! },
      { ...keys, psn: '01' },
      { ...keys, imkMd: keys.imkUmd, imkUmd: keys.imkMd },
    ]) {
      expect(verifyTwoCryptograms(other, fields)).toBe('cryptogram_mismatch');
    }
    expect(verifyTwoCryptograms({ ...keys, imkUmd: keys.imkMd }, fields)).toBe('umd_mismatch');
  });
});

function valuesOf(fields: Readonly<Record<string, string>>): (tag: Tag) => Uint8Array | undefined {
  return (tag) => {
    const hex = fields[tagHex(tag)];
    return hex === undefined ? undefined : fromHex(hex);
  };
}

function without(fields: Record<string, string>, tag: string): Record<string, string> {
  const { [tag]: _gone, ...rest } = fields;
  return rest;
}

function flipped(profile: TwoCryptogramProfile, fields: Record<string, string>): Record<string, string> {
  const iad = fromHex(fields['9F10']!);
  iad[UMD_OFFSET[profile]]! ^= 1;
  return { ...fields, '9F10': toHex(iad) };
}

function iadOf(profile: TwoCryptogramProfile, cdcvm: 'none' | 'pin' | 'biometric'): OpenIad | TdesIad {
  const common = {
    dki: 1,
    cryptogramType: 'ARQC',
    cdcvm,
    threatResponse: 'observe',
    policyVersion: 3,
    keySetsLeft: 9,
    umd: new Uint8Array(8),
  } as const;
  return profile === 'open'
    ? { ...common, profile, logSequence: 1, keySetId: fromHex('00112233445566') }
    : { ...common, profile, idn: fromHex('5C7E'), tapsSinceBundle: 0 };
}

/** What a phone sends: UMD under `umdKeys.umd`, then MD over it. */
function message(
  profile: TwoCryptogramProfile,
  cdcvm: 'none' | 'pin' | 'biometric',
  umdKeys: SessionKeys,
): Record<string, string> {
  const iad = formatIad(iadOf(profile, cdcvm));
  const made = computeTwoCryptograms(
    profile,
    umdKeys,
    valuesOf({ ...VISA, '9F10': toHex(iad) }),
    cdcvm !== 'none',
  );
  if (!made.ok) throw new Error(made.refusal);
  iad.set(made.value.umd, UMD_OFFSET[profile]);
  return { ...VISA, '9F10': toHex(iad), '9F26': toHex(made.value.cryptogram) };
}
