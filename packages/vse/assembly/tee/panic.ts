// TEE_Panic (GPD_SPE_010 4.8). A trusted application that is compiled into the kernel has no instance of its own to end:
// its panic ends the whole secure element, which the host then opens again from the last committed state.
export let panicCode: u32 = 0;

export function TEE_Panic(code: u32): void {
  panicCode = code;
  unreachable();
}
