// Doubles for tests of what is built on the wallet. Nothing here runs outside of a test.
export * from './commands.ts';
export * from './element.ts';
export * from './element-state.ts';
export * from './issuer.ts';
export * from './killer.ts';
export * from './phone.ts';
export * from './real-phone.ts';
export * from './real-sealing.ts';
