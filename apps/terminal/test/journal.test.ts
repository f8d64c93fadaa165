/** What a terminal must not forget: STANs and payments without an answer, also over a crash at any point. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, toHex } from '@tapseal/emv/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENTRIES_MAX, Journal, JournalDamaged, memoryStore } from '../src/acquirer/journal.ts';
import { JournalInUse, journalFile } from '../src/acquirer/journal-file.ts';

const MESSAGE = fromHex('30313030');
const request = () => MESSAGE;

describe('STANs', () => {
  it('rise from 000001, each given out once', () => {
    const journal = Journal.open(memoryStore());
    expect([journal.takeStan(), journal.begin(request), journal.takeStan()]).toEqual([
      '000001',
      '000002',
      '000003',
    ]);
  });

  it('go on after a restart', () => {
    const store = memoryStore();
    Journal.open(store).takeStan();
    expect(Journal.open(store).takeStan()).toBe('000002');
  });

  it('begin again after 999999, and pass over those that wait for an answer', () => {
    const store = memoryStore();
    const journal = Journal.open(store);
    expect(journal.begin(request)).toBe('000001');
    store.save(
      new TextEncoder().encode(
        new TextDecoder().decode(store.load()).replace('"nextStan":2', '"nextStan":999999'),
      ),
    );
    const later = Journal.open(store);
    expect([later.takeStan(), later.takeStan()]).toEqual(['999999', '000002']);
  });

  it('are durable before they are used: a store that fails gives none out', () => {
    const journal = Journal.open({
      load: () => undefined,
      save: () => {
        throw new Error('disk full');
      },
    });
    expect(() => journal.takeStan()).toThrow('disk full');
    expect(() => journal.begin(request)).toThrow('disk full');
    expect(journal.entries).toEqual([]);
  });
});

describe('payments without an answer', () => {
  it('are there after a restart, until they are settled', () => {
    const store = memoryStore();
    const stan = Journal.open(store).begin(request);
    const later = Journal.open(store);
    expect(later.entries).toEqual([{ stan, state: 'in_flight', message: MESSAGE, sent: 0 }]);
    later.settle(stan);
    expect(Journal.open(store).entries).toEqual([]);
  });

  it('keep their reversal and why it was refused', () => {
    const store = memoryStore();
    const journal = Journal.open(store);
    const stan = journal.begin(request);
    journal.update(stan, { state: 'reversal_refused', sent: 2, de39: '57' });
    expect(Journal.open(store).entries).toMatchObject([
      { stan, state: 'reversal_refused', sent: 2, de39: '57' },
    ]);
  });

  it(`are ${ENTRIES_MAX} at most`, () => {
    const journal = Journal.open(memoryStore());
    for (let count = 0; count < ENTRIES_MAX; count++) {
      expect(journal.full).toBe(false);
      journal.begin(request);
    }
    expect(journal.full).toBe(true);
  });

  it(`of refused reversals the last ${ENTRIES_MAX} are kept, and none of them stops the terminal`, () => {
    const journal = Journal.open(memoryStore());
    for (let count = 0; count <= ENTRIES_MAX; count++) {
      journal.update(journal.begin(request), { state: 'reversal_refused' });
    }
    expect(journal.entries).toHaveLength(ENTRIES_MAX);
    expect(journal.entries[0]!.stan).toBe('000002');
    expect(journal.full).toBe(false);
  });

  // biome-ignore format: a table, one line a case
  it.each([
    ['not JSON', 'no'],
    ['another version', '{"version":2,"nextStan":1,"entries":[]}'],
    ['no STAN', '{"version":1,"entries":[]}'],
    ['an entry of no state', '{"version":1,"nextStan":2,"entries":[{"stan":"000001","state":"paid","message":"00","sent":0}]}'],
    ['nothing', 'null'],
  ])('a journal that cannot be read is not begun anew: %s', (_what, text) => {
    const store = memoryStore();
    store.save(new TextEncoder().encode(text));
    expect(() => Journal.open(store)).toThrow(JournalDamaged);
  });
});

describe('the journal in a file', () => {
  let folder: string;
  let nonce = 0;
  const random = (length: number) => new Uint8Array(length).fill(++nonce);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tapseal-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What a kill leaves: the lock of a process that is gone. */
  function restarted() {
    writeFileSync(join(folder, 'acquirer.lock'), '999999999');
    return journalFile(folder, random);
  }

  it('is there after a restart', () => {
    const file = journalFile(folder, random);
    const stan = Journal.open(file).begin(request);
    file.release();
    const again = journalFile(folder, random);
    expect(Journal.open(again).entries).toMatchObject([{ stan, state: 'in_flight' }]);
    again.release();
  });

  it('shows no card number, and only its owner may read it', () => {
    const file = journalFile(folder, random);
    Journal.open(file).begin(() => new TextEncoder().encode('9702990012345678'));
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const text = readFileSync(path, 'latin1') + toHex(readFileSync(path));
      expect(text).not.toContain('9702990012345678');
      expect(text).not.toContain(toHex(new TextEncoder().encode('9702990012345678')));
      expect(statSync(path).mode & 0o077).toBe(0);
    }
    file.release();
  });

  it('a cut or changed file is damage, not a new beginning', () => {
    const file = journalFile(folder, random);
    Journal.open(file).begin(request);
    file.release();
    const path = join(folder, 'acquirer.journal');
    const whole = readFileSync(path);
    const damages = [
      whole.subarray(0, -1),
      whole.subarray(0, 5),
      new Uint8Array(0),
      Uint8Array.from(whole, (byte, at) => (at === 20 ? byte ^ 1 : byte)),
    ];
    for (const bytes of damages) {
      writeFileSync(path, bytes);
      const damaged = restarted();
      expect(() => Journal.open(damaged)).toThrow(JournalDamaged);
      damaged.release();
    }
  });

  it('a journal whose key is gone is damage too', () => {
    const file = journalFile(folder, random);
    Journal.open(file).takeStan();
    file.release();
    rmSync(join(folder, 'acquirer.key'));
    expect(() => journalFile(folder, random)).toThrow(JournalDamaged);
  });

  it('two terminals do not share one; that of a process that is gone is taken over', () => {
    const file = journalFile(folder, random);
    expect(() => journalFile(folder, random)).toThrow(JournalInUse);
    file.release();
    writeFileSync(join(folder, 'acquirer.lock'), String(process.ppid));
    expect(() => journalFile(folder, random)).toThrow(JournalInUse);
    restarted().release();
  });
});
