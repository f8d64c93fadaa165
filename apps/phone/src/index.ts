// The phone as a process: how to start it (`main.ts`), and its parts for tests in one process.
export { type ControlOptions, control } from './control.ts';
export { jsonLog, type Log, type LogFields } from './log.ts';
export { type ControlPort, connectTapLink, listenControl, sameBytes } from './loopback.ts';
export { NetworkSwitch } from './network-switch.ts';
export { permissionOptions } from './permission.ts';
export { Phone, type PhoneParts, type Presentation } from './phone.ts';
export { type LinkEnd, serveReader } from './tap-link.ts';
