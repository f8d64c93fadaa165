/**
 * What a vector is, and what judging one gives.
 */

export type VectorCase = Readonly<Record<string, unknown>>;

export type VectorCheck = {
  /** The field of the case that was compared: `mk`, `kcv`, `ac`. */
  readonly what: string;
  readonly ok: boolean;
  /** Printable; for keys their check values. */
  readonly expected: string;
  readonly got: string;
};

export type VectorResult = {
  readonly shape: string;
  readonly checks: readonly VectorCheck[];
  /** Why the case could not be computed although its shape is known. */
  readonly malformed?: string;
};

/** A party that judges cases; `undefined` says that the case is not of its kind. */
export type VectorRunner = {
  readonly name: string;
  readonly run: (section: string, vector: VectorCase) => VectorResult | undefined;
};
