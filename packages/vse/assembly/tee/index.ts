// The `tee` SDK: what a trusted application may import, and nothing else.
export * from './constants';
export {
  TEE_AllocateTransientObject,
  TEE_FreeTransientObject,
  TEEX_GetSecret,
  TEEX_PopulateSecret,
} from './keys';
export {
  TEE_AllocateOperation,
  TEE_DigestDoFinal,
  TEE_FreeOperation,
  TEE_MACComputeFinal,
  TEE_MACInit,
  TEE_MACUpdate,
  TEE_SetOperationKey,
  TEEX_DeriveKeyHkdf,
} from './operations';
export { TEE_Panic } from './panic';
export {
  TEE_CloseAndDeletePersistentObject1,
  TEE_CloseObject,
  TEE_CreatePersistentObject,
  TEE_OpenPersistentObject,
  TEE_ReadObjectData,
  TEE_SeekObjectData,
  TEE_TruncateObjectData,
  TEE_WriteObjectData,
  TEEX_ObjectDataSize,
} from './storage';
export {
  TEE_GenerateRandom,
  TEE_MemCompare,
  TEE_MemFill,
  TEE_MemMove,
  TEEX_GetProperty,
  TEEX_GetREEClaimSeconds,
  TEEX_GetREETimeSeconds,
  TEEX_SealToIssuer,
  TEEX_Wipe,
} from './system';
