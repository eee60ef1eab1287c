import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutWhom, holds, logAccounts, patternsOf, withheldOf } from './supervision';

test('what is not there is none, and never throws', () => {
  for (const answer of [undefined, null, 3, 'x', [], {}, { logs: 3, rules: [null], parameter: 'x' }]) {
    assert.deepEqual(logAccounts(answer), []);
    assert.deepEqual(withheldOf(answer).all, []);
    assert.equal(patternsOf(answer).complete, false);
  }
});

test('a log with a fault', () => {
  const [one] = logAccounts({ logs: [{ log: 'SE1', complete: false, size: 9, shipped: 7, tickets: 3, receipts: 3, matched: 2, missing: 1,
    faults: [{ fault: 'cut-back', first: '2026-01-01T00:00:00Z', last: '2026-01-02T00:00:00Z', count: 2, index: 8 }] }] });
  assert.equal(one?.accounted, false);
  assert.deepEqual(one?.open.map((fact) => [fact.fact, fact.count]), [['missing', 1], ['faulty', 1]]);
  assert.equal(one?.faults[0]?.fault, 'cut-back');
});

test('a log is accounted for only while nothing of it is open', () => {
  const of = (more: object) => logAccounts({ logs: [{ log: 'SE1', complete: true, served: [3, 4], ...more }] })[0];
  assert.equal(of({})?.accounted, true);
  assert.equal(of({})?.served, 7);
  const since = '2026-01-01T00:00:00Z';
  const table: [object, string][] = [
    [{ unanswered: 2, unansweredSince: since }, 'unanswered'], [{ silent: true, silentSince: since }, 'silent'],
    [{ behind: true, behindSince: since }, 'behind'], [{ missing: 1, missingSince: since }, 'missing'],
    [{ clock: { wrong: true, first: since, last: since, offMs: 60_000 } }, 'clock'], [{ faults: [{ fault: 'forked', first: since }] }, 'faulty'],
  ];
  for (const [more, fact] of table) {
    assert.equal(of(more)?.accounted, false, fact);
    assert.deepEqual(of(more)?.open.map((one) => [one.fact, one.since]), [[fact, since]]);
  }
  assert.equal(of({ complete: false })?.accounted, false);
  assert.equal(of({ clock: { wrong: false, first: since, last: since, offMs: -60_000 } })?.accounted, true);
});

test('what is withheld, and what was', () => {
  const part = (name: string, type: string, value: string) => ({ name, [type]: value });
  const { active, all } = withheldOf({ parameter: [
    { name: 'active', valueInteger: 1 },
    { name: 'withheld', part: [part('id', 'valueId', 'hub-1'), part('reason', 'valueString', 'r'), part('decision', 'valueString', 'd'),
      part('by', 'valueString', 'u'), part('since', 'valueInstant', '2026-01-01T00:00:00Z')] },
    { name: 'withheld', part: [part('id', 'valueId', 'hub-2'), part('until', 'valueInstant', '2026-02-01T00:00:00Z')] },
    { name: 'withheld', part: [part('id', 'valueId', 'hub-3'), part('lifted', 'valueInstant', '2026-01-05T00:00:00Z')] },
    { name: 'withheld', part: [] },
  ] });
  assert.equal(active, 1);
  assert.deepEqual([all[0]?.id, all[0]?.decision, all[0]?.lifted], ['hub-1', 'd', undefined]);
  assert.deepEqual(all.map((one) => holds(one, new Date('2026-01-31T00:00:00Z'))), [true, true, false]);
  assert.deepEqual(all.map((one) => holds(one, new Date('2026-02-01T00:00:00Z'))), [true, false, false]);
});

test('rules with what they found', () => {
  const found = patternsOf({ entries: 5, complete: true, rules: [{ rule: 'many-glasses', counts: { sv: 'nödöppningar', en: 'glasses' }, shownFrom: 3, found: [{ count: 4, user: 'u1', name: 'Anna', provider: 'SE1' }] }] });
  assert.deepEqual(found.rules[0]?.found, [{ count: 4, user: 'u1', name: 'Anna', provider: 'SE1', person: undefined, subject: 'u1' }]);
  assert.equal(found.rules[0]?.words.en, 'glasses');
});

test('whom an entry is about', () => {
  assert.equal(aboutWhom({ entity: [{ what: { identifier: { system: 'urn:idun:pseudonym', value: 'abc' } } }] }), 'abc');
  assert.equal(aboutWhom({ entity: [{ what: { reference: 'Patient/1' } }] }), undefined);
});
