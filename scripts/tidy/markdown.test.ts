// Links in Markdown lead somewhere: the file exists, and the heading does.
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { files, read, root } from './repository.ts';

const pages = files.filter((file) => file.endsWith('.md'));

const withoutCode = (text: string) =>
  text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');

function linksOf(page: string): string[] {
  const text = withoutCode(read(page));
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => match[1]!);
  const references = [...text.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map((match) => match[1]!);
  return [...inline, ...references].filter((link) => !/^[a-z][a-z+.-]*:/i.test(link));
}

// GitHub's anchors: lower case, punctuation dropped, spaces to hyphens, repeats numbered.
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const text = read(page).replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
  return new Set(
    [...text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading]) => {
      const words = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

function isBroken(page: string, link: string): boolean {
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? page : posix.join(posix.dirname(page), decodeURIComponent(path));
  if (target.startsWith('..') || !existsSync(join(root, target))) return true;
  if (anchor === undefined || statSync(join(root, target)).isDirectory()) return false;
  return target.endsWith('.md') && !anchorsOf(target).has(anchor);
}

test('every relative link and every anchor resolves', () => {
  expect(pages.length).toBeGreaterThan(0);
  expect(
    pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => isBroken(page, link))
        .map((link) => `${page}: ${link}`),
    ),
  ).toEqual([]);
});

test('pages are named in lower case, but for those that the world expects in capitals', () => {
  const known = /^(README|ARCHITECTURE|CONTRIBUTING|SECURITY)\.md$/;
  const wrong = pages.filter((page) => {
    const name = posix.basename(page);
    return !known.test(name) && !/^[a-z0-9-]+\.md$/.test(name);
  });
  expect(wrong).toEqual([]);
});
