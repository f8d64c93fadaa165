/**
 * Test vectors from a file, judged by this package. A case is recognised by the fields that it has, never by its `id`,
 * `scheme` or the section it stands in; a field that the shape does not know makes the case unknown, and an unknown case
 * fails in `scripts/vectors.ts` unless another runner (the secure element's primitives) knows it.
 */
import type { VectorCase, VectorResult, VectorRunner } from './case.ts';
import { cryptogramMac } from './cryptograms.ts';
import { Fields } from './fields.ts';
import { type MacTask, plainMac } from './mac.ts';
import { fieldsFor, SHAPES } from './shapes.ts';

export type { VectorCase, VectorCheck, VectorResult, VectorRunner } from './case.ts';
export type { MacTask } from './mac.ts';

export const emvRunner: VectorRunner = { name: 'emv', run: (_section, vector) => runVector(vector) };

function runVector(vector: VectorCase): VectorResult | undefined {
  for (const shape of SHAPES) {
    const fields = fieldsFor(shape, vector);
    const outcome = typeof fields === 'string' ? fields : fields && shape.run(fields);
    if (outcome === undefined) continue;
    return typeof outcome === 'string'
      ? { shape: shape.name, checks: [], malformed: outcome }
      : { shape: shape.name, checks: outcome };
  }
  return undefined;
}

/**
 * The MAC that a case asks for, so that another implementation can compute it too: the secure element's own primitives.
 * Undefined when the case asks for something else, or is malformed (which `emvRunner` reports).
 */
export function macTask(vector: VectorCase): MacTask | undefined {
  for (const shape of SHAPES) {
    const fields = fieldsFor(shape, vector);
    if (!(fields instanceof Fields)) continue;
    const task =
      shape.name === 'mac'
        ? plainMac(fields)
        : shape.name === 'applicationCryptogram'
          ? cryptogramMac(fields, [])
          : undefined;
    if (typeof task === 'object') return task;
  }
  return undefined;
}
