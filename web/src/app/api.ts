// Speaks with the hub. Tokens travel in the Authorization header only; persons only in request bodies.
import { chunksOf, ndjson, NdjsonError } from '../fhir/ndjson';
import { messagesOf } from '../fhir/sources';
import { object, string } from '../fhir/json';
import type { Key } from '../i18n';

export class ApiError extends Error {
  constructor(
    readonly key: Key,
    // The hub's own words, when it gave any.
    readonly detail: string | undefined,
    readonly status: number,
  ) {
    super(key);
  }
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

async function send(path: string, accept: string, request: Request): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (request.token) headers['Authorization'] = `Bearer ${request.token}`;
  const init: RequestInit = {
    method: request.method ?? 'GET',
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  };
  if (request.signal) init.signal = request.signal;
  if (request.body !== undefined) {
    headers['Content-Type'] = 'application/fhir+json';
    init.body = JSON.stringify(request.body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError('error.offline', undefined, 0);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<ApiError> {
  let detail: string | undefined;
  try {
    const body: unknown = JSON.parse(await response.text());
    detail = messagesOf(body)[0] ?? string(object(body)?.['detail']) ?? string(object(body)?.['title']);
  } catch {
    // The status says enough.
  }
  return new ApiError(keyOf(response.status), detail, response.status);
}

function keyOf(status: number): Key {
  if (status === 401) return 'error.signIn';
  if (status === 403) return 'error.forbidden';
  if (status === 404 || status === 410) return 'error.notFound';
  if (status === 429 || status === 503) return 'error.busy';
  return status >= 500 ? 'error.server' : 'error.request';
}

// One JSON answer; undefined when the answer has no body.
export async function call(path: string, request: Request = {}): Promise<unknown> {
  const accept = path.startsWith('/fhir/') ? 'application/fhir+json' : 'application/json';
  const response = await send(path, accept, request);
  const text = await response.text().catch(() => {
    throw new ApiError('error.broken', undefined, 0);
  });
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError('error.answer', undefined, response.status);
  }
}

export interface Lines {
  readonly text: string;
  // Where the next part of the file is; none: this is the last.
  readonly next: string | undefined;
  // Or what to send as _page for it.
  readonly page: string | undefined;
}

// A file of lines (NDJSON), as it comes; a long one comes in parts.
export async function lines(path: string, request: Request): Promise<Lines> {
  const response = await send(path, 'application/fhir+ndjson', request);
  const text = await response.text().catch(() => {
    throw new ApiError('error.broken', undefined, 0);
  });
  const link = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('Link') ?? '')?.[1];
  return { text, next: samePath(link), page: response.headers.get('X-Idun-Next-Page') ?? undefined };
}

// A streamed answer, one value per line; a hub that does not stream gives one value.
export async function* stream(path: string, request: Request): AsyncGenerator<unknown> {
  const response = await send(path, 'application/x-ndjson', request);
  const streamed = (response.headers.get('Content-Type') ?? '').includes('ndjson');
  if (!streamed || !response.body) {
    yield JSON.parse(await response.text()) as unknown;
    return;
  }
  try {
    yield* ndjson(chunksOf(response.body));
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError(error instanceof NdjsonError ? 'error.answer' : 'error.broken', undefined, response.status);
  }
}

// A next-page link as a path of this origin; a link to elsewhere is not followed.
export function samePath(link: string | undefined): string | undefined {
  if (link === undefined) return undefined;
  try {
    const url = new URL(link, location.origin);
    return url.origin === location.origin ? url.pathname + url.search : undefined;
  } catch {
    return undefined;
  }
}
