// Names and values of the GlobalPlatform TEE Internal Core API (GPD_SPE_010, version 1.3.1) that this SDK has,
// and ours (TEEX_) in the ranges that it leaves to implementations. What differs is said where it differs.

export type TEE_Result = u32;

// Table 3-3, return codes
export const TEE_SUCCESS: TEE_Result = 0x00000000;
export const TEE_ERROR_CORRUPT_OBJECT: TEE_Result = 0xf0100001;
export const TEE_ERROR_GENERIC: TEE_Result = 0xffff0000;
export const TEE_ERROR_ACCESS_DENIED: TEE_Result = 0xffff0001;
export const TEE_ERROR_ACCESS_CONFLICT: TEE_Result = 0xffff0003;
export const TEE_ERROR_EXCESS_DATA: TEE_Result = 0xffff0004;
export const TEE_ERROR_BAD_FORMAT: TEE_Result = 0xffff0005;
export const TEE_ERROR_BAD_PARAMETERS: TEE_Result = 0xffff0006;
export const TEE_ERROR_BAD_STATE: TEE_Result = 0xffff0007;
export const TEE_ERROR_ITEM_NOT_FOUND: TEE_Result = 0xffff0008;
export const TEE_ERROR_NOT_SUPPORTED: TEE_Result = 0xffff000a;
export const TEE_ERROR_NO_DATA: TEE_Result = 0xffff000b;
export const TEE_ERROR_OUT_OF_MEMORY: TEE_Result = 0xffff000c;
export const TEE_ERROR_SHORT_BUFFER: TEE_Result = 0xffff0010;
export const TEE_ERROR_STORAGE_NO_SPACE: TEE_Result = 0xffff3041;
export const TEE_ERROR_MAC_INVALID: TEE_Result = 0xffff3071;

export type TEE_ObjectHandle = u32;
export type TEE_OperationHandle = u32;
export const TEE_HANDLE_NULL: u32 = 0;

// 5.4 Object types
export const TEE_TYPE_AES: u32 = 0xa0000010;
export const TEE_TYPE_DES3: u32 = 0xa0000013;
export const TEE_TYPE_GENERIC_SECRET: u32 = 0xa0000000;
export const TEE_TYPE_HKDF_IKM: u32 = 0xa10000c0;

// 6.1 Attributes
export const TEE_ATTR_SECRET_VALUE: u32 = 0xc0000000;
export const TEEX_ATTR_HKDF_SALT: u32 = 0xd00002c0;
export const TEEX_ATTR_HKDF_INFO: u32 = 0xd00003c0;

// 6.1 Algorithms and modes
export const TEE_ALG_AES_CMAC: u32 = 0x30000610;
export const TEE_ALG_SHA256: u32 = 0x50000004;
export const TEEX_ALG_HKDF_SHA256: u32 = 0x800040c0;
/** ISO/IEC 9797-1 MAC algorithm 3 with DES, padding method 2. */
export const TEEX_ALG_DES3_RETAIL_MAC: u32 = 0xf0000313;
export const TEE_MODE_MAC: u32 = 4;
export const TEE_MODE_DIGEST: u32 = 5;
export const TEE_MODE_DERIVE: u32 = 6;

// 5.7 Storage and data flags
export const TEE_STORAGE_PRIVATE: u32 = 0x00000001;
export const TEE_DATA_FLAG_ACCESS_READ: u32 = 0x00000001;
export const TEE_DATA_FLAG_ACCESS_WRITE: u32 = 0x00000002;
export const TEE_DATA_FLAG_ACCESS_WRITE_META: u32 = 0x00000004;
export const TEE_DATA_FLAG_OVERWRITE: u32 = 0x00000400;
export const TEE_DATA_SEEK_SET: u32 = 0;
export const TEE_DATA_SEEK_CUR: u32 = 1;
export const TEE_DATA_SEEK_END: u32 = 2;

// 4.3.7 Parameter types
export const TEE_PARAM_TYPE_NONE: u32 = 0;
export const TEE_PARAM_TYPE_VALUE_INPUT: u32 = 1;
export const TEE_PARAM_TYPE_MEMREF_INPUT: u32 = 5;
export const TEE_PARAM_TYPE_MEMREF_OUTPUT: u32 = 6;

/** A TEE_Param is 8 bytes: memref { buffer, size } or value { a, b }. */
export const TEE_PARAM_SIZE: usize = 8;

/** Properties of the implementation that a TA may ask for, by number (ours). */
export const TEEX_PROPERTY_POLICY_VERSION: u32 = 1;
export const TEEX_PROPERTY_RESPONSE_IN_FORCE: u32 = 2;
/** 1 when the command comes from the issuer, in a bundle; 0 from the host. */
export const TEEX_PROPERTY_CALLER_IS_ISSUER: u32 = 3;
/** Changes with every start of the secure element: what was armed before is gone. */
export const TEEX_PROPERTY_BOOT_COUNT: u32 = 4;

export function TEE_PARAM_TYPES(t0: u32, t1: u32, t2: u32, t3: u32): u32 {
  return t0 | (t1 << 4) | (t2 << 8) | (t3 << 12);
}
