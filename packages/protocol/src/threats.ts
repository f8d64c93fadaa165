/**
 * Threats that a device may report, and what a policy may answer. The thousand-blocks are those that integrators
 * know; a code, once published, never changes its meaning.
 */

/** What a threat's block is about. */
export const THREAT_BLOCKS = {
  1000: 'platform',
  2000: 'remote control and screen',
  3000: 'app integrity',
  4000: 'runtime',
  5000: 'libraries',
  6000: 'malware',
  7000: 'network',
  8000: 'payment',
} as const;

/** Every threat: code, name. */
export const THREATS = [
  { code: 1001, name: 'platform_rooted' },
  { code: 1002, name: 'platform_emulator' },
  { code: 1003, name: 'platform_no_screen_lock' },
  { code: 1004, name: 'platform_developer_mode' },
  { code: 1005, name: 'platform_clock_moved' },
  { code: 2001, name: 'remote_access' },
  { code: 2002, name: 'screen_shared' },
  { code: 2003, name: 'screen_recorded' },
  { code: 2004, name: 'screen_overlaid' },
  { code: 2005, name: 'accessibility_abused' },
  { code: 2006, name: 'keyboard_untrusted' },
  { code: 2007, name: 'automation' },
  { code: 3001, name: 'app_tampered' },
  { code: 3002, name: 'app_repackaged' },
  { code: 3003, name: 'app_unofficial_store' },
  { code: 3004, name: 'app_cloned' },
  { code: 3005, name: 'device_binding_broken' },
  { code: 3006, name: 'state_rolled_back' },
  { code: 4001, name: 'debugger_attached' },
  { code: 4002, name: 'function_hooked' },
  { code: 4003, name: 'code_injected' },
  { code: 4004, name: 'memory_accessed' },
  { code: 5001, name: 'library_unknown' },
  { code: 5002, name: 'dependency_altered' },
  { code: 6001, name: 'malware_installed' },
  { code: 7001, name: 'tls_intercepted' },
  { code: 7002, name: 'certificate_pin_mismatch' },
  { code: 7003, name: 'proxy_or_vpn' },
  { code: 7004, name: 'wifi_open' },
  { code: 8001, name: 'relay_suspected' },
  { code: 8002, name: 'other_default_payment_app' },
  { code: 8003, name: 'key_use_anomalous' },
  { code: 8004, name: 'counter_gap' },
  { code: 8005, name: 'log_forked' },
] as const;

export type ThreatName = (typeof THREATS)[number]['name'];

/** Responses from the mildest to the hardest, by the number that IAD and policy carry. docs/profiles.md §3.4 */
export const THREAT_RESPONSES = [
  'observe',
  'warn',
  'step_up',
  'lower_limits',
  'block_payment',
  'suspend',
  'wipe',
] as const;

export type ThreatResponse = (typeof THREAT_RESPONSES)[number];

/** The hardest of several responses wins; none at all is `observe`. */
export function hardestResponse(responses: readonly ThreatResponse[]): ThreatResponse {
  const highest = responses.reduce((hard, response) => Math.max(hard, THREAT_RESPONSES.indexOf(response)), 0);
  return THREAT_RESPONSES[highest]!;
}

/** The block that a code belongs to, or `undefined` for a number outside of every block. */
export function threatBlock(code: number): string | undefined {
  return Number.isInteger(code)
    ? THREAT_BLOCKS[(Math.floor(code / 1000) * 1000) as keyof typeof THREAT_BLOCKS]
    : undefined;
}
