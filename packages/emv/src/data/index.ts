/**
 * The data part of EMV: runs anywhere, imports nothing from `node:`. A browser imports `@tapseal/emv/data`.
 */
export * from './apdu.ts';
export * from './bit-fields.ts';
export * from './bytes.ts';
export * from './commands.ts';
export * from './describe.ts';
export * from './digits.ts';
export * from './dol.ts';
export * from './iad.ts';
export * from './pan.ts';
export * from './profiles.ts';
export * from './result.ts';
export * from './status-words.ts';
export * from './tags.ts';
export * from './tlv.ts';
export * from './track2.ts';
