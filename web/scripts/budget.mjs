// Fails when the built console is larger than it may be: what the first page loads, and all of it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../../console/dist/', import.meta.url));
const kib = 1024;
const limits = { first: 600 * kib, packed: 1024 * kib, raw: 4_000_000 };

const files = new Map(
  readdirSync(dist, { recursive: true })
    .map((name) => [name.toString(), join(dist, name.toString())])
    .filter(([, path]) => statSync(path).isFile())
    .map(([name, path]) => {
      const text = readFileSync(path);
      return [name, { text, raw: text.length, packed: gzipSync(text, { level: 9 }).length }];
    }),
);

// needs adds a file, and what it imports at once, to those of the first page.
function needs(name, found) {
  const file = files.get(name);
  if (!file || found.has(name)) return;
  found.add(name);
  if (!name.endsWith('.js')) return;
  for (const [, other] of file.text.toString().matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g)) needs('assets/' + other, found);
}

const first = new Set(['index.html']);
for (const [, name] of files.get('index.html').text.toString().matchAll(/\/console\/(assets\/[^"']+)/g)) needs(name, first);
needs('assets/page-overview.js', first);

const sum = (names, size) => [...names].reduce((total, name) => total + files.get(name)[size], 0);
const got = { first: sum(first, 'packed'), packed: sum(files.keys(), 'packed'), raw: sum(files.keys(), 'raw') };
const words = { first: 'first page, gzip', packed: 'all, gzip', raw: 'all, raw' };
let over = false;
for (const [name, limit] of Object.entries(limits)) {
  const bad = got[name] > limit;
  over ||= bad;
  console.log(`${bad ? 'OVER' : 'ok  '}  ${words[name]}: ${(got[name] / kib).toFixed(0)} KiB of ${(limit / kib).toFixed(0)}`);
}
process.exit(over ? 1 : 0);
