/**
 * Cases of dynamic card codes: CVC3, CVV, dCVV.
 */
import { cvc3 } from '../crypto/cvc3.ts';
import { cvv, dcvv } from '../crypto/cvv.ts';
import type { VectorCheck } from './case.ts';
import { compared, comparedText, type Outcome } from './comparison.ts';
import type { Fields } from './fields.ts';
import { cardKey } from './key-derivation.ts';

export function runCvc3(fields: Fields): Outcome {
  const checks: VectorCheck[] = [];
  const key = cardKey(fields, checks);
  if (typeof key === 'string') return key;
  const [atc, unpredictableNumber] = [fields.bytes('atc')!, fields.bytes('un')!];
  if (atc.length !== 2 || unpredictableNumber.length !== 4) return 'atc is not two bytes, or un not four';
  const trackTemplate = fields.bytes('trackTemplate', 'trackTemplateAscii')!;
  const computed = cvc3({ key, trackTemplate, atc, unpredictableNumber });
  const iv = fields.bytes('ivCvc3');
  if (iv !== undefined) checks.push(compared('ivCvc3', iv, computed.ivCvc3));
  for (const name of ['cvc3', 'cvc3Last3', 'cvc3Last4', 'cvc3Last5']) {
    const expected = fields.text(name);
    if (expected === undefined) continue;
    const wanted = /[345]$/.exec(name.slice(4))?.[0];
    if (wanted !== undefined && expected.length !== Number(wanted))
      return `${name} has ${expected.length} digits`;
    if (expected.length > 5) return `${name} has more than five digits`;
    checks.push(comparedText(name, expected, computed.digits.slice(-expected.length)));
  }
  return checks;
}

export function runDcvv(fields: Fields): Outcome {
  const checks: VectorCheck[] = [];
  const key = cardKey(fields, checks);
  if (typeof key === 'string') return key;
  const expiry = fields.text('expiry', 'expiryDate', 'expirationDate')!;
  const serviceCode = fields.text('serviceCode')!;
  if (expiry.length !== 4 || serviceCode.length !== 3)
    return 'expiry is not YYMM, or the service code not 3 digits';
  const input = { key, pan: fields.pan('pan')!, expiry, serviceCode };
  const name = fields.has('dcvv') ? 'dcvv' : 'cvv';
  const expected = fields.text(name)!;
  if (expected.length > 5) return `${name} has more than five digits`;
  if (name === 'cvv') return [...checks, comparedText(name, expected, cvv(input, expected.length))];
  const atc = fields.bytes('atc');
  if (atc?.length !== 2) return 'atc is not two bytes';
  const got = dcvv({ ...input, atc: atc[0]! * 256 + atc[1]! }, expected.length);
  return [...checks, comparedText(name, expected, got)];
}
