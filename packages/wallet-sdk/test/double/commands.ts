// What a terminal of docs/profiles.md sends in one tap, as C-APDUs.

const AID = { open: 'F05441505345414C01', tdes: 'F05441505345414C02' } as const;
const ascii = (text: string) => Buffer.from(text, 'ascii').toString('hex').toUpperCase();

export interface TapCommands {
  readonly selectPpse: Uint8Array;
  readonly selectAid: Uint8Array;
  readonly getProcessingOptions: Uint8Array;
  readonly readRecords: readonly Uint8Array[];
  readonly generateAc: Uint8Array;
}

/** `amountMinor` in SGD. */
export function tapCommands(profile: 'open' | 'tdes', amountMinor = 1250): TapCommands {
  const amount = String(amountMinor).padStart(12, '0');
  const cdol1 =
    `${amount}00000000000007020000008000070226111800CAFEBABE22010002120000` +
    `${ascii('TERM0001')}${ascii('MERCHANT0000001')}${ascii('KOPI TIAM SINGAPORE ')}`;
  const bytes = (command: string) => new Uint8Array(Buffer.from(command, 'hex'));
  return {
    selectPpse: bytes('00A404000E325041592E5359532E444446303100'),
    selectAid: bytes(`00A4040009${AID[profile]}00`),
    getProcessingOptions: bytes(`80A800000C830A${amount}0702070200`),
    readRecords: [bytes('00B2010C00'), bytes('00B2020C00')],
    generateAc: bytes(`80AE80004F${cdol1}00`),
  };
}

/** In the order in which a terminal sends them. */
export function inOrder(commands: TapCommands): readonly Uint8Array[] {
  const { selectPpse, selectAid, getProcessingOptions, readRecords, generateAc } = commands;
  return [selectPpse, selectAid, getProcessingOptions, ...readRecords, generateAc];
}
