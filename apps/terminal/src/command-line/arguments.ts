/**
 * The command line of `npm run tap`.
 */
import { parseArgs } from 'node:util';
import { LIMITS, limitsOf, type Profile, parseAmount } from '../kernel/index.ts';

export const TAP_HELP = `npm run tap -- [options]

A terminal on the command line: charges an amount, lets the phone of the running stack pay it, asks the bank, and prints
every APDU.

  --amount AMOUNT    in the currency's units, as on a till (default 12.50)
  --currency CODE    ${LIMITS.map((row) => row.currency).join(', ')} (default SGD)
  --profile NAME     open or tdes: the card to pay with (default: the one that the wallet has selected)
  --cdcvm            the customer enters the PIN on the phone before the tap
  --wrong-pin        the same with a wrong PIN (demonstration customers only); the bank alone will notice
  --trace FILE       write the tap as JSON; holds the token's number, and with test keys the issuer master keys
  --standalone       start a temporary stack for this tap, and remove it afterwards
  --test-keys        with --standalone: personalise with the published test keys of vectors/, and print them
  --help             this text

A PIN is never an argument: demonstration customers have a published one, others are asked at a prompt.

Environment
  TAPSEAL_DATA               data folder of the running stack (default ./data); its run.json says where everything listens
  TAPSEAL_PHONE_CREDENTIAL   the phone's control credential, where it was started with one

Exit code: 0 approved, 1 declined, 2 could not be done.
`;

export interface TapArguments {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly profile: Profile | undefined;
  readonly cdcvm: boolean;
  readonly wrongPin: boolean;
  readonly trace: string | undefined;
  readonly standalone: boolean;
  readonly testKeys: boolean;
}

export type ParsedTapArguments = TapArguments | { readonly help: true } | { readonly mistake: string };

export function parseTapArguments(args: readonly string[]): ParsedTapArguments {
  let values: ReturnType<typeof readOptions>;
  try {
    values = readOptions(args);
  } catch (error) {
    return { mistake: (error as Error).message };
  }
  if (values.help === true) return { help: true };
  const limits = limitsOf(LIMITS, values.currency);
  if (limits === undefined)
    return { mistake: `--currency: not one of ${LIMITS.map((row) => row.currency).join(', ')}` };
  const amountMinor = parseAmount(
    values.amount ?? (limits.decimals === 0 ? '1250' : '12.50'),
    limits.decimals,
  );
  if (amountMinor === undefined) {
    return { mistake: `--amount: digits with at most ${limits.decimals} decimals for ${limits.currency}` };
  }
  const { profile } = values;
  if (profile !== undefined && profile !== 'open' && profile !== 'tdes')
    return { mistake: '--profile: open or tdes' };
  return {
    amountMinor,
    currency: limits.currency,
    profile,
    cdcvm: values.cdcvm === true || values['wrong-pin'] === true,
    wrongPin: values['wrong-pin'] === true,
    trace: values.trace,
    standalone: values.standalone === true,
    testKeys: values['test-keys'] === true,
  };
}

function readOptions(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      amount: { type: 'string' },
      currency: { type: 'string', default: 'SGD' },
      profile: { type: 'string' },
      cdcvm: { type: 'boolean' },
      'wrong-pin': { type: 'boolean' },
      trace: { type: 'string' },
      standalone: { type: 'boolean' },
      'test-keys': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}
