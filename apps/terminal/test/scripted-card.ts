/**
 * APDU exchanges as scripts: `> C-APDU`, `< R-APDU` (or `< link_lost`), `# why`. The card answers the next command with the
 * next answer, and only if the command is the one of the script, byte for byte.
 */
import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@tapseal/emv/data';
import type { LinkFailure, Transceive } from '../src/kernel/index.ts';

export interface Script {
  /** First comment: what the script shows. */
  readonly title: string;
  readonly exchanges: readonly { readonly command: string; readonly answer: string }[];
}

export function readScript(name: string): Script {
  const lines = readFileSync(new URL(`scripts/${name}.apdu`, import.meta.url), 'utf8').split('\n');
  const comments = lines.filter((line) => line.startsWith('#'));
  const commands = lines.filter((line) => line.startsWith('>')).map((line) => bytesOf(line));
  const answers = lines.filter((line) => line.startsWith('<')).map((line) => bytesOf(line));
  const odd = lines.filter((line) => line !== '' && !/^[#><] /.test(line));
  if (odd.length > 0 || commands.length !== answers.length) throw new Error(`${name}.apdu: not a script`);
  const exchanges = commands.map((command, index) => ({ command, answer: answers[index]! }));
  return { title: (comments[0] ?? '').slice(2), exchanges };
}

/** Spaces are for people. */
function bytesOf(line: string): string {
  return line.slice(2).replaceAll(' ', '');
}

export function scriptedCard(script: Script): { transceive: Transceive; left: () => number } {
  const rest = [...script.exchanges];
  return {
    left: () => rest.length,
    transceive: (command) => {
      const next = rest.shift();
      if (next === undefined) throw new Error(`the script ends before ${toHex(command)}`);
      if (toHex(command) !== next.command)
        throw new Error(`script: ${next.command}\n  sent: ${toHex(command)}`);
      return Promise.resolve(
        /^[0-9A-F]+$/.test(next.answer) ? fromHex(next.answer) : (next.answer as LinkFailure),
      );
    },
  };
}
