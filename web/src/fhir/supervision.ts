// What supervisors are shown (docs/formats/supervision.md, ledger-shipping.md).
import type { Json } from './json';
import { number, object, objects, path, string } from './json';

export interface LogFault {
  readonly fault: string;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly count: number;
  readonly index: number;
}
// What of a log is open, and since when.
export type LogFact = 'missing' | 'unanswered' | 'silent' | 'behind' | 'clock' | 'faulty';
export interface OpenFact {
  readonly fact: LogFact;
  readonly count: number;
  readonly since: string | undefined;
}
export interface LogAccount {
  readonly log: string;
  // Nothing is open.
  readonly accounted: boolean;
  readonly open: readonly OpenFact[];
  readonly size: number;
  readonly shipped: number;
  readonly tickets: number;
  readonly receipts: number;
  readonly matched: number;
  readonly served: number;
  readonly heard: string | undefined;
  readonly followedBy: string | undefined;
  readonly faults: readonly LogFault[];
  // That its clock was wrong, ever; ahead in milliseconds, or below 0 behind.
  readonly clock: { readonly offMs: number; readonly first: string | undefined; readonly last: string | undefined } | undefined;
}

export function logAccounts(answer: unknown): LogAccount[] {
  return objects(object(answer)?.['logs']).flatMap((one) => {
    const log = string(one['log']);
    const count = (name: string) => number(one[name]) ?? 0;
    const clock = object(one['clock']);
    const open = openFacts(one);
    const served = Array.isArray(one['served']) ? one['served'].reduce<number>((sum, part) => sum + (number(part) ?? 0), 0) : 0;
    return log === undefined ? [] : [{
      log, open, accounted: open.length === 0 && one['complete'] === true, size: count('size'), shipped: count('shipped'), tickets: count('tickets'),
      receipts: count('receipts'), matched: count('matched'), served, heard: string(one['heard']), followedBy: string(one['followedBy']),
      faults: objects(one['faults']).map(fault),
      clock: clock && { offMs: number(clock['offMs']) ?? 0, first: string(clock['first']), last: string(clock['last']) },
    }];
  });
}

function openFacts(one: Json): OpenFact[] {
  const out: OpenFact[] = [];
  const put = (fact: LogFact, count: number, since: unknown) => {
    if (count > 0) out.push({ fact, count, since: string(since) });
  };
  const faults = objects(one['faults']);
  put('missing', number(one['missing']) ?? 0, one['missingSince']);
  put('unanswered', number(one['unanswered']) ?? 0, one['unansweredSince']);
  put('silent', one['silent'] === true ? 1 : 0, one['silentSince'] ?? one['heard']);
  put('behind', one['behind'] === true ? 1 : 0, one['behindSince']);
  put('clock', path(one, 'clock', 'wrong') === true ? 1 : 0, path(one, 'clock', 'first'));
  put('faulty', faults.length, faults.flatMap((seen) => string(seen['first']) ?? []).sort()[0]);
  return out;
}

function fault(one: Json): LogFault {
  return {
    fault: string(one['fault']) ?? '', first: string(one['first']), last: string(one['last']), count: number(one['count']) ?? 0,
    index: number(one['index']) ?? 0,
  };
}

export interface Withheld {
  readonly id: string;
  readonly reason: string;
  readonly decision: string;
  readonly by: string;
  readonly since: string | undefined;
  readonly until: string | undefined; // by then the access is there again by itself
  readonly lifted: string | undefined;
}

export function holds(one: Withheld, now: Date): boolean {
  return one.lifted === undefined && (one.until === undefined || new Date(one.until) > now);
}

export function withheldOf(answer: unknown): { active: number; all: Withheld[] } {
  const given = objects(object(answer)?.['parameter']);
  const all = given.filter((one) => one['name'] === 'withheld').flatMap((one) => {
    const of = (name: string, type: string) => string(objects(one['part']).find((part) => part['name'] === name)?.[type]);
    const id = of('id', 'valueId');
    return id === undefined ? [] : [{
      id, reason: of('reason', 'valueString') ?? '', decision: of('decision', 'valueString') ?? '', by: of('by', 'valueString') ?? '',
      since: of('since', 'valueInstant'), until: of('until', 'valueInstant'), lifted: of('lifted', 'valueInstant'),
    }];
  });
  return { active: number(given.find((one) => one['name'] === 'active')?.['valueInteger']) ?? 0, all };
}

// The pseudonym of the person that an AuditEvent is about.
export function aboutWhom(event: Json): string | undefined {
  return objects(event['entity'])
    .filter((one) => string(path(one, 'what', 'identifier', 'system')) === 'urn:idun:pseudonym')
    .map((one) => string(path(one, 'what', 'identifier', 'value')))[0];
}

export interface PatternFound {
  readonly count: number;
  readonly user: string | undefined;
  readonly name: string | undefined;
  readonly provider: string | undefined;
  readonly person: string | undefined;
  // What the entries behind the count are asked for with.
  readonly subject: string | undefined;
}
export interface PatternRule {
  readonly id: string;
  readonly words: { readonly sv: string | undefined; readonly en: string | undefined };
  readonly shownFrom: number;
  readonly found: readonly PatternFound[];
}
export interface Patterns {
  readonly entries: number;
  readonly complete: boolean;
  readonly rules: readonly PatternRule[];
}

export function patternsOf(answer: unknown): Patterns {
  const all = object(answer);
  return { entries: number(all?.['entries']) ?? 0, complete: all?.['complete'] === true, rules: objects(all?.['rules']).map(rule) };
}

function rule(one: Json): PatternRule {
  return {
    id: string(one['rule']) ?? '',
    words: { sv: string(path(one, 'counts', 'sv')), en: string(path(one, 'counts', 'en')) },
    shownFrom: number(one['shownFrom']) ?? 1,
    found: objects(one['found']).map((found) => ({
      count: number(found['count']) ?? 0, user: string(found['user']), name: string(found['name']), provider: string(found['provider']),
      person: string(found['person']), subject: string(found['user']) ?? string(found['person']),
    })),
  };
}
