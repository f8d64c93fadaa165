// What phone, terminal and bank each saw, as a table for a terminal window.
import type { StoryEnd } from './story.ts';

const COLUMNS = [
  ['tap', 'title'],
  ['amount', 'amount'],
  ['the phone saw', 'phone'],
  ['the terminal saw', 'terminal'],
  ['the bank saw', 'bank'],
  ['the wallet says now', 'wallet'],
] as const;

export function storyTable({ taps }: StoryEnd): string {
  const cells = [
    COLUMNS.map(([head]) => head as string),
    ...taps.map((row) => COLUMNS.map(([, key]) => row[key])),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => [...row[column]!].length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
