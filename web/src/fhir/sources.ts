// What each source said, from the OperationOutcome of a gathered answer.
import type { Json } from './json';
import { extension, number, object, objects, string } from './json';
import type { Resource } from './types';

export type SourceState = 'asked' | 'answered' | 'empty' | 'late' | 'down' | 'refused';

export interface Source {
  readonly provider: string;
  readonly name: string;
  readonly state: SourceState;
  // Whether it gave all it may give; a source may hold more than one answer can carry.
  readonly complete: boolean;
  readonly records: number | undefined;
  readonly asOf: string | undefined;
  readonly elapsedMs: number | undefined;
  readonly receipt: string | undefined;
  readonly reason: string | undefined;
}

const states: readonly string[] = ['asked', 'answered', 'empty', 'late', 'down', 'refused'];

export function isMissing(source: Source): boolean {
  return source.state === 'late' || source.state === 'down' || source.state === 'refused';
}

export function sourcesOf(outcome: Resource): Source[] {
  return objects(outcome['issue']).map(source).filter((found): found is Source => found !== undefined);
}

function source(issue: Json): Source | undefined {
  const codings = objects(object(issue['details'])?.['coding']);
  const state = string(codings.find((coding) => coding['system'] === 'urn:idun:source-state')?.['code']);
  const detail = objects(issue['extension']).find((entry) => entry['url'] === 'urn:idun:gather-source');
  const provider = string(extension(detail, 'provider'));
  if (!state || !states.includes(state) || !provider) return undefined;
  return {
    provider,
    name: string(extension(detail, 'name')) ?? provider,
    state: state as SourceState,
    complete: issue['code'] !== 'incomplete',
    records: number(extension(detail, 'records')),
    asOf: string(extension(detail, 'asOf')),
    elapsedMs: number(extension(detail, 'elapsed')),
    receipt: string(extension(detail, 'receipt')),
    reason: string(extension(detail, 'reason')),
  };
}

// What went wrong with the question as a whole; issues about one source, and mere information, are not that.
export function messagesOf(outcome: unknown): string[] {
  return objects(object(outcome)?.['issue'])
    .filter((issue) => !source(issue) && (issue['severity'] === 'error' || issue['severity'] === 'fatal'))
    .map((issue) => string(object(issue['details'])?.['text']) ?? string(issue['diagnostics']) ?? string(issue['code']))
    .filter((message): message is string => message !== undefined);
}
