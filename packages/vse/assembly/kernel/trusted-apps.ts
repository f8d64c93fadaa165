// The trusted applications in this kernel, and every entry into them.
// In this version they are compiled in and registered at start; their shape is already that of GPD_SPE_010 4.3.

import {
  TEE_PARAM_SIZE,
  TEE_PARAM_TYPE_MEMREF_INPUT,
  TEE_PARAM_TYPE_MEMREF_OUTPUT,
  TEE_PARAM_TYPE_NONE,
  TEE_PARAM_TYPES,
  TEE_SUCCESS,
} from '../tee/constants';
import { enterApp } from '../tee/context';
import { eraseAllOperations } from '../tee/operations';
import { closeAllHandles } from '../tee/storage';
import { HELD, HELD_SIZE } from './memory-map';
import { DOMAIN_ROOM } from './signature';
import { ISSUER_ONLY, OK, TEE_FAILURE } from './status';

/** TA_InvokeCommandEntryPoint. */
export type InvokeCommand = (sessionContext: usize, commandID: u32, paramTypes: u32, params: usize) => u32;

const MAX_APPS: i32 = 4;
let count: i32 = 0;
// Entry: uuid 16 · entry point 4
const APPS: usize = memory.data(128, 16);
const PARAMS: usize = memory.data(32, 16);

/** Commands from here on are accepted in a bundle only. */
const ISSUER_COMMANDS: u32 = 0x8000;

export function registerTrustedApp(uuid: usize, invoke: InvokeCommand): void {
  if (count >= MAX_APPS) unreachable();
  const a = APPS + <usize>(count << 5);
  memory.copy(a, uuid, 16);
  store<u32>(a + 16, <u32>changetype<usize>(invoke));
  count++;
}

export function findTrustedApp(uuid: usize): i32 {
  for (let i = 0; i < count; i++) if (memory.compare(APPS + <usize>(i << 5), uuid, 16) == 0) return i;
  return -1;
}

export function trustedAppExists(app: i32): bool {
  return app >= 0 && app < count;
}

/** Where an answer is written: DOMAIN_ROOM bytes into HELD, so that an answer can be signed in place. */
export const ANSWER: usize = HELD + DOMAIN_ROOM;
export const ANSWER_SIZE: i32 = HELD_SIZE - <i32>DOMAIN_ROOM;

/** Length of the last answer. */
export let answerLength: i32 = 0;

export function invokeFromHost(app: i32, command: u32, input: usize, len: i32): u32 {
  if (command >= ISSUER_COMMANDS) return ISSUER_ONLY;
  return invoke(app, command, input, len, false);
}

export function invokeFromIssuer(app: i32, command: u32, input: usize, len: i32): u32 {
  if (command < ISSUER_COMMANDS) return ISSUER_ONLY;
  return invoke(app, command, input, len, true);
}

function invoke(app: i32, command: u32, input: usize, len: i32, issuer: bool): u32 {
  store<u32>(PARAMS, <u32>input);
  store<u32>(PARAMS + 4, <u32>len);
  store<u32>(PARAMS + TEE_PARAM_SIZE, <u32>ANSWER);
  store<u32>(PARAMS + TEE_PARAM_SIZE + 4, <u32>ANSWER_SIZE);
  const types = TEE_PARAM_TYPES(
    TEE_PARAM_TYPE_MEMREF_INPUT,
    TEE_PARAM_TYPE_MEMREF_OUTPUT,
    TEE_PARAM_TYPE_NONE,
    TEE_PARAM_TYPE_NONE,
  );
  enterApp(app, issuer);
  const entryPoint = changetype<InvokeCommand>(<usize>load<u32>(APPS + <usize>(app << 5) + 16));
  const result = entryPoint(0, command, types, PARAMS);
  closeAllHandles();
  eraseAllOperations();
  answerLength = <i32>load<u32>(PARAMS + TEE_PARAM_SIZE + 4);
  if (<u32>answerLength > <u32>ANSWER_SIZE) answerLength = 0;
  if (result == TEE_SUCCESS) return OK;
  answerLength = 0;
  // A TA's own refusals (0x200–0x2FF) pass; a TEE error code keeps its detail inside.
  return result >= 0x200 && result < 0x300 ? result : TEE_FAILURE;
}
