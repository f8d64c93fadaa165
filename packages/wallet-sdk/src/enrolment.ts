// Enrolment: the activation code names the customer, the element's signed statement names the device, the bank
// answers with a credential (docs/api.md). What was begun is kept, so that the customer types the code once.
import { uuidText } from '@tapseal/protocol';
import type { Bank } from './bank.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { takeBundles } from './bundles.ts';
import { BankRefusal, WalletRefusal } from './refusals.ts';

/** Throws `already_enrolled`, `activation_code_malformed`, the bank's refusals. `bank_unreachable`: resume later. */
export async function enrol(bank: Bank, activationCode: string): Promise<void> {
  const { device, enrolment } = bank.memory.state;
  if (device !== undefined) throw new WalletRefusal('already_enrolled');
  if (!/^[0-9A-Za-z-]{8,32}$/.test(activationCode)) throw new WalletRefusal('activation_code_malformed');
  if (enrolment?.activationCode !== activationCode) {
    const begun = { activationCode, idempotencyKey: bank.newKey() };
    await bank.memory.change((state) => ({ ...state, enrolment: begun }));
  }
  await resumeEnrolment(bank);
}

/** Goes on with an enrolment that was begun; does nothing when there is none. */
export async function resumeEnrolment(bank: Bank): Promise<void> {
  if (bank.memory.state.enrolment === undefined) return;
  try {
    await signStatement(bank);
    await exchangeStatement(bank);
  } catch (error) {
    // A code or statement that the bank has refused stays refused: the customer needs another code.
    if (error instanceof BankRefusal && error.status !== 429 && error.status < 500) await forget(bank);
    throw error;
  }
  await takeBundles(bank);
}

async function signStatement(bank: Bank): Promise<void> {
  const enrolment = bank.memory.state.enrolment!;
  if (enrolment.statement !== undefined) return;
  const { enrolmentId, nonce, issuerCertificate } = await bank.issuer.startEnrolment(
    enrolment.activationCode,
    enrolment.idempotencyKey,
  );
  const signed = await bank.turns.take(() => bank.element.enrolmentStatement(nonce, issuerCertificate));
  const statement = { enrolmentId, statement: toBase64(signed), idempotencyKey: bank.newKey() };
  await bank.memory.change((state) => ({ ...state, enrolment: { ...enrolment, statement } }));
}

async function exchangeStatement(bank: Bank): Promise<void> {
  const { enrolmentId, statement, idempotencyKey } = bank.memory.state.enrolment!.statement!;
  const device = await bank.issuer.finishEnrolment(enrolmentId, fromBase64(statement), idempotencyKey);
  if (device.deviceId !== uuidText(bank.element.deviceId)) throw new WalletRefusal('device_mismatch');
  await bank.memory.change(({ enrolment: _, ...state }) => ({ ...state, device }));
  bank.listeners.tell({ event: 'enrolled', deviceId: device.deviceId });
}

function forget(bank: Bank): Promise<void> {
  return bank.memory.change(({ enrolment: _, ...state }) => state);
}
