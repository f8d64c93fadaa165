// Keeps a set of services running: starts them one after the other, restarts what ends, stops all in reverse
// order, and keeps run.json true. A service is whatever can be launched and ends: a child process
// (child-service.ts) or the PostgreSQL server.
import { setTimeout as sleep } from 'node:timers/promises';
import { removeRunFile, writeRunFile } from './run-file.ts';

/** Name of a listener → its port on loopback. */
export type Ports = Readonly<Record<string, number>>;
export type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One life of a service, ready for use. */
export type Running = {
  readonly pid: number;
  readonly ports: Ports;
  readonly exited: Promise<End>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
};

export type Service = {
  readonly name: string;
  /**
   * Resolves when it is ready, rejects when it cannot be.
   * @param last the ports of its life before: others hold them, so a restart should take them again
   */
  launch(last: Ports | undefined): Promise<Running>;
};

export type SupervisorEvent =
  | { readonly kind: 'ready'; readonly name: string; readonly pid: number; readonly ports: Ports }
  | { readonly kind: 'ended'; readonly name: string; readonly end: End; readonly restartInMs: number }
  | { readonly kind: 'not_ready'; readonly name: string; readonly error: Error; readonly restartInMs: number }
  | { readonly kind: 'given_up'; readonly name: string; readonly restarts: number }
  | { readonly kind: 'stopped'; readonly name: string };

export type SupervisorOptions = {
  /** Where run.json lies. */
  readonly dataDir: string;
  /** What run.json says beside processes and ports. */
  readonly kind?: { readonly demonstration: boolean; readonly testKeys: boolean };
  readonly onEvent: (event: SupervisorEvent) => void;
  /** Wait before restart number n (from 1) in a row. */
  readonly backOffMs?: (restart: number) => number;
  /** Restarts in a row after which a service is given up. */
  readonly restartLimit?: number;
  /** A life of this length ends the row. */
  readonly stableAfterMs?: number;
};

export type Supervisor = {
  /** Launches a service and resolves when it is ready. A first launch that fails rejects and is not repeated. */
  start(service: Service): Promise<Ports>;
  /** Resolves when the service is ready; with `afterPid`, when a later life than that one is. Rejects when given up. */
  ready(name: string, afterPid?: number): Promise<Running>;
  /** Stops everything, last started first. */
  stop(): Promise<void>;
};

type Slot = {
  readonly service: Service;
  running: Running | undefined;
  lastPorts: Ports | undefined;
  restarts: number;
  givenUp: boolean;
  /** Ends when the service will not be restarted any more. */
  readonly over: Promise<void>;
};

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { dataDir, onEvent, restartLimit = 10, stableAfterMs = 1_000 } = options;
  const kind = options.kind ?? { demonstration: false, testKeys: false };
  const backOffMs = options.backOffMs ?? ((restart) => Math.min(100 * 2 ** (restart - 1), 5_000));
  const slots = new Map<string, Slot>();
  const watchers = new Set<() => void>();
  const stopping = new AbortController();

  async function start(service: Service): Promise<Ports> {
    if (slots.has(service.name)) throw new Error(`the service ${service.name} was started before`);
    if (stopping.signal.aborted) throw new Error('the supervisor is stopping');
    const first = await service.launch(undefined);
    const over = Promise.withResolvers<void>();
    const slot: Slot = {
      service,
      running: undefined,
      lastPorts: undefined,
      restarts: 0,
      givenUp: false,
      over: over.promise,
    };
    slots.set(service.name, slot);
    keepRunning(slot, first).finally(over.resolve);
    return first.ports;
  }

  async function keepRunning(slot: Slot, first: Running): Promise<void> {
    let life: Running | undefined = first;
    while (life !== undefined) {
      setReady(slot, life);
      const stable = setTimeout(() => {
        slot.restarts = 0;
      }, stableAfterMs);
      const end = await life.exited;
      clearTimeout(stable);
      slot.running = undefined;
      if (!stopping.signal.aborted)
        life = await restart(slot, (restartInMs) => ({ kind: 'ended', end, restartInMs }));
      if (stopping.signal.aborted) {
        if (life !== undefined) await life.stop();
        return;
      }
    }
  }

  type Cause =
    | { kind: 'ended'; end: End; restartInMs: number }
    | { kind: 'not_ready'; error: Error; restartInMs: number };

  async function restart(slot: Slot, cause: (restartInMs: number) => Cause): Promise<Running | undefined> {
    const { name } = slot.service;
    let why = cause;
    while (slot.restarts < restartLimit && !stopping.signal.aborted) {
      slot.restarts++;
      const restartInMs = backOffMs(slot.restarts);
      onEvent({ name, ...why(restartInMs) });
      changed();
      await sleep(restartInMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return undefined;
      try {
        return await slot.service.launch(slot.lastPorts);
      } catch (error) {
        why = (inMs) => ({ kind: 'not_ready', error: error as Error, restartInMs: inMs });
      }
    }
    if (!stopping.signal.aborted) {
      slot.givenUp = true;
      onEvent({ kind: 'given_up', name, restarts: slot.restarts });
      changed();
    }
    return undefined;
  }

  function setReady(slot: Slot, life: Running): void {
    slot.running = life;
    slot.lastPorts = life.ports;
    onEvent({ kind: 'ready', name: slot.service.name, pid: life.pid, ports: life.ports });
    changed();
  }

  function changed(): void {
    const live = [...slots.values()].filter(({ running }) => running !== undefined);
    writeRunFile(dataDir, {
      pids: {
        supervisor: process.pid,
        ...Object.fromEntries(live.map((s) => [s.service.name, s.running!.pid])),
      },
      ports: Object.fromEntries(live.map((s) => [s.service.name, s.running!.ports])),
      ...kind,
    });
    for (const look of [...watchers]) look();
  }

  function ready(name: string, afterPid?: number): Promise<Running> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const slot = slots.get(name);
        if (slot === undefined) return settle(() => reject(new Error(`no service ${name}`)));
        if (slot.givenUp) return settle(() => reject(new Error(`the service ${name} was given up`)));
        if (stopping.signal.aborted) return settle(() => reject(new Error('the supervisor is stopping')));
        const { running } = slot;
        if (running !== undefined && running.pid !== afterPid) settle(() => resolve(running));
      };
      const settle = (done: () => void) => {
        watchers.delete(look);
        done();
      };
      watchers.add(look);
      look();
    });
  }

  let stopped: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopped ??= stopAll();
    return stopped;
  }

  async function stopAll(): Promise<void> {
    stopping.abort();
    for (const look of [...watchers]) look();
    for (const slot of [...slots.values()].reverse()) {
      await slot.running?.stop();
      await slot.over;
      onEvent({ kind: 'stopped', name: slot.service.name });
    }
    removeRunFile(dataDir);
  }

  return { start, ready, stop };
}
