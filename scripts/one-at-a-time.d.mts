export function oneAtATime<T>(
  path: string,
  work: () => Promise<T>,
  onWait?: (ownerPid: number) => void,
): Promise<T>;
export function isAlive(pid: number): boolean;
