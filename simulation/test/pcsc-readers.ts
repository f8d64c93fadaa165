// Two reader programs that we did not write, as a terminal: what each is given, and how what it prints is read.
// opensc-tool (OpenSC) and scriptor (pcsc-tools, Perl) share nothing but the PC/SC daemon.

export type Program = 'opensc-tool' | 'scriptor';
/** A command and its answer with SW1 SW2, upper-case hex. */
export type Exchange = { readonly c: string; readonly r: string };

/** vpcd's first reader, as pcscd names it. */
export const READER = 'Virtual PCD 00 00';

export function script(program: Program, commands: readonly string[]) {
  if (program === 'scriptor') return { args: ['-r', READER], input: ['reset', ...commands, ''].join('\n') };
  // `default`: no driver that would ask the card what it is, with dozens of commands of its own.
  const sends = commands.flatMap((command) => ['--send-apdu', command]);
  return { args: ['--card-driver', 'default', '--reader', READER, ...sends], input: '' };
}

export function exchangesOf(program: Program, commands: readonly string[], printed: string): Exchange[] {
  const answers = program === 'scriptor' ? scriptorAnswers(printed) : openscAnswers(printed);
  if (answers.length !== commands.length)
    throw new Error(`${program}: ${answers.length} answers to ${commands.length} commands\n${printed}`);
  return commands.map((c, i) => ({ c, r: answers[i]! }));
}

/** `Received (SW1=0x90, SW2=0x00):`, then the data, sixteen bytes a line, in hex and again as characters. */
function openscAnswers(printed: string): string[] {
  return printed
    .split(/^Received \(/m)
    .slice(1)
    .map((answer) => {
      const [, sw1, sw2] = /^SW1=0x(..), SW2=0x(..)\)/.exec(answer)!;
      const lines = answer.split('\n').slice(1);
      const data = lines.map((line) => /^((?:[0-9A-F]{2} ){1,16})/.exec(line)?.[1] ?? '');
      return `${data.join('').replaceAll(' ', '')}${sw1}${sw2}`;
    });
}

/** `< 6F 2A … 90 00 : Normal processing.`, over as many lines as it takes. The answer to `reset` is an ATR. */
function scriptorAnswers(printed: string): string[] {
  return [...printed.matchAll(/^< ((?:[0-9A-F]{2}\s+)+): /gm)].map(([, bytes]) => bytes!.replace(/\s/g, ''));
}
