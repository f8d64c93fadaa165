// What every conversation with the bank needs: the element and its turn, the wallet's memory, the line.
import type { SecureElement } from './element.ts';
import type { Listeners } from './events.ts';
import type { IssuerClient } from './issuer-client.ts';
import { WalletRefusal } from './refusals.ts';
import type { WalletMemory } from './state.ts';
import type { Turns } from './turns.ts';

export interface Bank {
  readonly element: SecureElement;
  /** Held for one command of the element, never across a request to the bank. */
  readonly turns: Turns;
  readonly issuer: IssuerClient;
  readonly memory: WalletMemory;
  readonly listeners: Listeners;
  readonly newKey: () => string;
}

/** The device's bearer credential; throws `not_enrolled`. */
export function credentialOf(bank: Bank): string {
  const { device } = bank.memory.state;
  if (device === undefined) throw new WalletRefusal('not_enrolled');
  return device.credential;
}

/** Idempotency keys: 128 random bits in hexadecimal. `entropy(n)` gives n fresh random bytes. */
export function keyMaker(entropy: (length: number) => Uint8Array): () => string {
  return () => Array.from(entropy(16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
