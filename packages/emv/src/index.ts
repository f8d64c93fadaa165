/**
 * EMV data and issuer cryptography. A browser takes `@tapseal/emv/data`, which needs no `node:` module.
 */
export * from './crypto/index.ts';
export * from './data/index.ts';
