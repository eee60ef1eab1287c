// Builds dist/: index.html, the public pages and assets/ with hashed names.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { informationFiles } from './information.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

const hashed = (name, bytes) => {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const dot = name.lastIndexOf('.');
  return `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
};

const result = await build({
  absWorkingDir: root,
  entryPoints: { app: 'src/app/main.tsx', style: 'src/styles/app.css' },
  outdir: 'dist/assets',
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  target: ['es2022', 'chrome105', 'firefox110', 'safari16'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  charset: 'utf8',
});

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, 'assets'), { recursive: true });
const names = {};
let total = 0;
const put = async (name, bytes) => {
  const file = hashed(name, bytes);
  names[name] = file;
  total += bytes.length;
  await writeFile(join(dist, 'assets', file), bytes);
};
for (const file of result.outputFiles) {
  await put(file.path.endsWith('.css') ? 'app.css' : 'app.js', file.contents);
}
await put('icon.svg', await readFile(join(root, 'src/icon.svg')));

let html = await readFile(join(root, 'src/index.html'), 'utf8');
for (const [name, file] of Object.entries(names)) html = html.replaceAll(`/assets/${name}`, `/assets/${file}`);
await writeFile(join(dist, 'index.html'), html);
total += Buffer.byteLength(html);
const information = JSON.parse(await readFile(join(root, 'src/information/information.json'), 'utf8'));
for (const [name, text] of informationFiles(information, names['app.css'], names['icon.svg'])) {
  await writeFile(join(dist, name), text);
  total += Buffer.byteLength(text);
}
console.log(`dist: ${Object.values(names).join(', ')}, index.html, information; ${(total / 1024).toFixed(1)} KiB`);
