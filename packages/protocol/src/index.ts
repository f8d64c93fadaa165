/** What the parts say to each other. Browser-safe; holds no key. */

export * from './api/operator.ts';
export * from './api/values.ts';
export * from './api/wallet.ts';
export * from './layouts/bundle.ts';
export * from './layouts/bundle-record.ts';
export {
  deviceIdOf,
  joined,
  type Sign,
  sameBytes,
  sha256,
  verifyEd25519,
} from './layouts/digest.ts';
export * from './layouts/enrolment-statement.ts';
export { type LayoutRefusal, type Parsed, uuidBytes, uuidText } from './layouts/fields.ts';
export { hpkeOpen, hpkeSeal } from './layouts/hpke.ts';
export * from './layouts/issuer-certificate.ts';
export * from './layouts/log-record.ts';
export * from './layouts/payment-messages.ts';
export * from './layouts/receipt.ts';
export * from './layouts/uplink.ts';
export * from './layouts/uplink-body.ts';
export * from './profiles.ts';
export * from './tap-link.ts';
export * from './threats.ts';
