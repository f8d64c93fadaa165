/** The cryptography of an EMV issuer and terminal. Uses `node:crypto` for computing only: no I/O, clock or randomness. */
export * from './application-cryptogram.ts';
export * from './arpc.ts';
export * from './block-cipher.ts';
export * from './cda.ts';
export * from './constant-time.ts';
export * from './cvc3.ts';
export * from './cvv.ts';
export * from './icc-master-key.ts';
export * from './key-check-value.ts';
export * from './mac.ts';
export * from './public-key-certificate.ts';
export * from './rsa.ts';
export * from './session-key.ts';
export * from './static-data.ts';
export * from './two-cryptograms.ts';
