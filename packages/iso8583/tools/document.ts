/**
 * The tables of `docs/iso8583.md`, made from the tables of the code. A test compares; this writes:
 *
 *     node packages/iso8583/tools/document.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  FIELD_TABLE,
  FRAME_REASONS,
  MTI_TABLE,
  NEEDS,
  PACK_REASONS,
  PRESENCE_COLUMNS,
  PRESENCE_GRID,
  PRESENCE_REASONS,
  RESPONSE_CODE_TABLE,
  UNPACK_REASONS,
} from '../src/index.ts';

export const DOCUMENT = new URL('../../../docs/iso8583.md', import.meta.url);

/** The document with every generated table made new; throws if one of them has no place in it. */
export function withTables(document: string): string {
  let text = document;
  for (const [name, rows] of Object.entries(TABLES)) {
    const begin = `<!-- generated: ${name} -->`;
    const end = '<!-- end -->';
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`no place for the table "${name}"`);
    text = `${text.slice(0, from)}${begin}\n${rows().join('\n')}\n${text.slice(to)}`;
  }
  return text;
}

const TABLES: Readonly<Record<string, () => string[]>> = {
  fields: () => [
    ...head('field', 'name', 'format', 'length', 'spells', 'in logs'),
    ...FIELD_TABLE.map(([field, name, format, size, length, layout, show]) =>
      row(String(field), name, format, lengthOf(size, length, format), layout === 'any' ? '' : layout, show),
    ),
  ],
  types: () => [
    ...head('type', 'name', 'answered by'),
    ...MTI_TABLE.map(([mti, name, , , , response]) => row(mti, name, response ?? '')),
  ],
  presence: () => [
    ...head('field', ...PRESENCE_COLUMNS),
    ...PRESENCE_GRID.map(([field, cells]) => row(String(field), ...cells.trim().split(/ +/).map(cell))),
  ],
  needs: () => [
    ...head('field', 'needs', 'because'),
    ...NEEDS.map(([field, needed, why]) => row(String(field), String(needed), why)),
  ],
  refusals: () => [
    ...head('from', 'reasons, in order'),
    row('`FrameDecoder`', list(FRAME_REASONS)),
    row('`unpack`', list(UNPACK_REASONS)),
    row('`validate`', list(PRESENCE_REASONS)),
    row('`pack`', list(PACK_REASONS)),
  ],
  responses: () => [
    ...head('code', 'name', 'means'),
    ...RESPONSE_CODE_TABLE.map(([code, name, action]) => row(code, name, action)),
  ],
};

function lengthOf(size: string, length: number, format: string): string {
  const unit = format === 'b' ? ' bytes' : '';
  return size === 'fixed' ? `${length}${unit}` : `${size} to ${length}${unit}`;
}

function cell(letter: string): string {
  return letter === '-' ? '' : letter;
}

function list(reasons: readonly string[]): string {
  return reasons.map((reason) => `\`${reason}\``).join(', ');
}

function head(...names: string[]): string[] {
  return [row(...names), row(...names.map(() => '---'))];
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8')));
}
