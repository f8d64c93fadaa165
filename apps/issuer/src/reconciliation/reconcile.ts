// Two of the three ways of reconciliation: the wallet's log against the bank's authorisations, by (token, ATC). The phone
// knows what it answered, the bank knows what it decided; neither believes the other. Clearing is the third way and comes
// with clearing. Pure.

/** What the wallet's log says of one slot; only records whose MAC is right. */
export type WalletRecord = {
  readonly seq: number;
  readonly atc: number;
  readonly status: 'outcome_unknown' | 'answered_arqc' | 'answered_aac' | 'burnt';
  readonly amountMinor: number;
  /** ISO 4217 numeric. */
  readonly currency: string;
  /** 9F26, upper-case hex; zeros where none was made. */
  readonly cryptogram: string;
  /** SHA-256 of the record, hex: what tells two records under one number apart. */
  readonly recordHash: string;
};

/** What the bank decided on a genuine cryptogram. */
export type BankRecord = {
  readonly atc: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly cryptogram: string;
  readonly refusal: string | null;
  readonly de39: string;
  readonly terminalId: string;
  readonly decidedAt: Date;
};

/** In order of precedence for one ATC; `gap` is of the log as a whole. */
export const RECONCILIATION_RESULTS = [
  'fork', // two histories of one thing: a clone
  'outcome_unknown', // armed, then the phone restarted
  'unseen_by_wallet', // the bank decided a payment that the log does not hold
  'unseen_by_acquirer', // the phone answered and no request has come
  'amount_differs',
  'declined_offline', // the phone answered AAC, as it should without a request
  'burnt', // armed, and no cryptogram was made
  'matched',
  'gap', // sequence numbers that are missing between two that are there
] as const;
export type ReconciliationResult = (typeof RECONCILIATION_RESULTS)[number];

export type ReconciliationRow = {
  readonly result: ReconciliationResult;
  /** Null for a gap. */
  readonly atc: number | null;
  /** Of the wallet's record; for a gap the first and last missing number. */
  readonly seq: number | null;
  readonly lastSeq?: number;
  readonly wallet: Pick<WalletRecord, 'status' | 'amountMinor' | 'currency'> | null;
  readonly bank: Pick<BankRecord, 'amountMinor' | 'currency' | 'refusal' | 'de39' | 'terminalId'> | null;
  /** The log goes on behind this: what is missing here will not arrive any more. */
  readonly settled: boolean;
};

/** Every ATC that either side speaks of, in rising order, then the gaps. */
export function reconcile(
  wallet: readonly WalletRecord[],
  bank: readonly BankRecord[],
): readonly ReconciliationRow[] {
  const bySlot = groupBy(wallet, ({ atc }) => atc);
  const forkedSeqs = new Set(
    [...groupBy(wallet, ({ seq }) => seq)].filter(([, records]) => differ(records)).map(([seq]) => seq),
  );
  const byAtc = new Map(bank.map((record) => [record.atc, record]));
  const lastAtc = Math.max(0, ...bySlot.keys());

  const atcs = [...new Set([...bySlot.keys(), ...byAtc.keys()])].sort((a, b) => a - b);
  const rows = atcs.map((atc): ReconciliationRow => {
    const records = bySlot.get(atc) ?? [];
    const decided = byAtc.get(atc) ?? null;
    const record = records[0] ?? null;
    const forked = differ(records) || records.some(({ seq }) => forkedSeqs.has(seq));
    return {
      result: forked ? 'fork' : resultOf(record, decided),
      atc,
      seq: record?.seq ?? null,
      wallet: record && { status: record.status, amountMinor: record.amountMinor, currency: record.currency },
      bank: decided && {
        amountMinor: decided.amountMinor,
        currency: decided.currency,
        refusal: decided.refusal,
        de39: decided.de39,
        terminalId: decided.terminalId,
      },
      settled: record !== null || atc < lastAtc,
    };
  });
  return [...rows, ...gapsIn(wallet)];
}

/** One record of the wallet at most, one of the bank at most, one of them at least. */
function resultOf(record: WalletRecord | null, decided: BankRecord | null): ReconciliationResult {
  if (record === null) return 'unseen_by_wallet';
  if (record.status === 'outcome_unknown') return 'outcome_unknown';
  if (decided === null) {
    if (record.status === 'answered_arqc') return 'unseen_by_acquirer';
    return record.status === 'answered_aac' ? 'declined_offline' : 'burnt';
  }
  // The phone says that it made no such cryptogram, and the bank has verified it: another one holds the same keys.
  if (record.status !== 'answered_arqc' || record.cryptogram !== decided.cryptogram) return 'fork';
  const sameAmount = record.amountMinor === decided.amountMinor && record.currency === decided.currency;
  return sameAmount ? 'matched' : 'amount_differs';
}

function gapsIn(wallet: readonly WalletRecord[]): ReconciliationRow[] {
  const seqs = [...new Set(wallet.map(({ seq }) => seq))].sort((a, b) => a - b);
  const gaps: ReconciliationRow[] = [];
  let expected = 1;
  for (const seq of seqs) {
    if (seq > expected) {
      gaps.push({
        result: 'gap',
        atc: null,
        seq: expected,
        lastSeq: seq - 1,
        wallet: null,
        bank: null,
        settled: true,
      });
    }
    expected = seq + 1;
  }
  return gaps;
}

/** More than one content: of one sequence number, or of one single-use key set. */
function differ(records: readonly WalletRecord[]): boolean {
  return new Set(records.map(({ recordHash }) => recordHash)).size > 1;
}

function groupBy<K, V>(values: readonly V[], key: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return groups;
}
