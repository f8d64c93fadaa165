export type LockEntry = {
  version?: string;
  integrity?: string;
  link?: boolean;
  optional?: boolean;
  os?: string | string[];
  cpu?: string | string[];
  libc?: string | string[];
};
export type Lock = { packages: Record<string, LockEntry> };
export type Platform = { os: string; cpu: string; libc: string | undefined };
export class SetupError extends Error {}
export function ensureDependencies(root: string, say: (line: string) => void): Promise<void>;
export function installedMatches(lock: Lock, installed: Lock | undefined, platform: Platform): boolean;
