// Every buffer of the kernel, in one place. Memory is fixed (min = max): nothing grows, nothing is freed.

/** Bytes that cross the boundary: the lanes. A sealed state is the largest thing that leaves. */
export const IO_SIZE: i32 = 131072;
export const IO: usize = memory.data(131072, 16);

/** A command's answer while its commit is pending. */
export const HELD_SIZE: i32 = 32768;
export const HELD: usize = memory.data(32768, 16);

/** Object data, masked: every byte here is one XOR share, the other lies in MASK. */
export const ARENA_SIZE: i32 = 65536;
export const ARENA: usize = memory.data(65536, 16);
export const MASK: usize = memory.data(65536, 16);

/** Directory of persistent objects: names and places, not secret. */
export const MAX_OBJECTS: i32 = 48;
export const OBJECT_ENTRY_SIZE: i32 = 96;
export const DIRECTORY: usize = memory.data(4608, 16);

/** The last committed arena and directory, for a command that fails half way. */
export const ARENA_BACKUP: usize = memory.data(65536, 16);
export const DIRECTORY_BACKUP: usize = memory.data(4608, 16);

/** Plain text of a bundle while it is applied, and of a seal while it is made. */
export const PLAIN_SIZE: i32 = 98304;
export const PLAIN: usize = memory.data(98304, 16);

/** Small, short-lived secrets; wiped by whoever used it. */
export const SCRATCH_SIZE: i32 = 2048;
export const SCRATCH: usize = memory.data(2048, 16);
