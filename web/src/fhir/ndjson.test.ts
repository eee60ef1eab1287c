import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ndjson } from './ndjson';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function read(text: string, size: number): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of ndjson(pieces(new TextEncoder().encode(text), size))) lines.push(line);
  return lines;
}

test('a line may be split anywhere, also inside a letter', async () => {
  const values = [{ name: 'Åsa 🜁' }, [1, 2], 'x', { nested: { ö: null } }];
  const text = values.map((value) => JSON.stringify(value)).join('\n') + '\n';
  for (let size = 1; size < 40; size++) assert.deepEqual(await read(text, size), values, `chunks of ${size}`);
});

test('empty lines, carriage returns and a missing last newline are fine', async () => {
  assert.deepEqual(await read('{"a":1}\r\n\n  \n{"b":2}', 3), [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(await read('', 1), []);
});

test('what is not JSON or not UTF-8 is refused', async () => {
  await assert.rejects(read('{"a":1}\n{"b":', 4), /not JSON/);
  await assert.rejects(read('{"a":1}\nnot\n', 100), /not JSON/);
  const broken = async () => {
    for await (const line of ndjson(pieces(new Uint8Array([0x22, 0xc3, 0x28, 0x22, 0x0a]), 2))) assert.ok(line);
  };
  await assert.rejects(broken, /UTF-8/);
});

test('lines before a broken one are given', async () => {
  const seen: unknown[] = [];
  await assert.rejects(async () => {
    for await (const line of ndjson(pieces(new TextEncoder().encode('1\n2\n{'), 2))) seen.push(line);
  });
  assert.deepEqual(seen, [1, 2]);
});
