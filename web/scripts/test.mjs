// Bundles every src/**/*.test.ts and runs the result with node's own test runner (works on Node 18 and later).
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

async function testsUnder(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await testsUnder(path)));
    else if (entry.name.endsWith('.test.ts')) found.push(path);
  }
  return found;
}

const out = await mkdtemp(join(tmpdir(), 'idun-web-'));
try {
  await build({
    absWorkingDir: root,
    entryPoints: await testsUnder(join(root, 'src')),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    sourcemap: 'inline',
  });
  const programs = [];
  const walk = async (folder) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) await walk(join(folder, entry.name));
      else programs.push(join(folder, entry.name));
    }
  };
  await walk(out);
  const run = spawnSync(process.execPath, ['--test', ...programs], {
    stdio: 'inherit',
    env: { ...process.env, TZ: 'Europe/Stockholm' },
  });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
