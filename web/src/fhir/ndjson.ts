// Reads newline-delimited JSON as it arrives. A line may be split anywhere, also inside a UTF-8 sequence.

export class NdjsonError extends Error {}

const lineLengthMax = 64 * 1024 * 1024;

export async function* ndjson(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest: string[] = [];
  let restLength = 0;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new NdjsonError('not UTF-8');
    }
  };
  for await (const chunk of chunks) {
    const lines = decode(chunk).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const whole = rest.join('') + line;
      rest = [];
      restLength = 0;
      if (whole.trim() !== '') yield parse(whole);
    }
    rest.push(last);
    restLength += last.length;
    if (restLength > lineLengthMax) throw new NdjsonError('a line is too long');
  }
  const whole = rest.join('') + decode();
  if (whole.trim() !== '') yield parse(whole);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    throw new NdjsonError('a line is not JSON');
  }
}

// A fetch body as an async iterable; not every browser iterates a ReadableStream itself.
export async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
