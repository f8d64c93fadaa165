/** Writes `vectors/test-keys.json` and `vectors/layouts.json`. A test holds the files to what is computed here. */

import { writeFileSync } from 'node:fs';
import { layoutVectors } from './layout-vectors.ts';
import { testKeys } from './test-keys.ts';

const folder = new URL('../../../vectors/', import.meta.url);
const write = (name: string, content: object) =>
  writeFileSync(new URL(name, folder), `${JSON.stringify(content, null, 2)}\n`);

write('test-keys.json', testKeys());
write('layouts.json', await layoutVectors());
