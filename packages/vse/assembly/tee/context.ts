// Who is running: set by the kernel around every entry into a trusted application.
export let currentApp: u32 = 0;
export let callerIsIssuer: bool = false;
export let hostTimeSeconds: u64 = 0;

export function enterApp(app: u32, issuer: bool): void {
  currentApp = app;
  callerIsIssuer = issuer;
}

export function setHostTime(seconds: u64): void {
  hostTimeSeconds = seconds;
}
