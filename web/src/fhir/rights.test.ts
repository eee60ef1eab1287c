import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providersOf } from './directory';
import { explained } from './explained';
import { caseOf, complaintFor, isOver, message } from './messages';
import { holds, represented, together } from './represented';
import type { Resource } from './types';

const as = (value: object) => value as Resource;

test('providers with their units, by name', () => {
  const found = providersOf([
    as({ resourceType: 'Organization', id: 'u', name: 'Ward', partOf: { reference: 'Organization/p' } }),
    as({ resourceType: 'Organization', id: 'p', name: 'Region' }), as({ resourceType: 'Organization', id: 'a', name: 'Apotek' }), as({ resourceType: 'Patient', id: 'x' }),
  ]);
  assert.deepEqual(found, [{ id: 'a', name: 'Apotek', units: [] }, { id: 'p', name: 'Region', units: [{ id: 'u', name: 'Ward' }] }]);
});

const record = (provider: string, category: string, visible: string, rule: string, hidden: string[] = []) => ({
  name: 'records', part: [
    { name: 'provider', valueString: provider }, { name: 'name', valueString: `The ${provider}` }, { name: 'category', valueCode: category },
    { name: 'visible', valueCode: visible }, ...(hidden.length ? [] : [{ name: 'rule', valueCode: rule }, { name: 'en', valueString: `by ${rule}` }]),
    ...hidden.map((one) => ({ name: 'hidden', part: [{ name: 'rule', valueCode: one }, { name: 'en', valueString: `by ${one}` }] })),
  ],
});

test('an explanation takes alike parts together and keeps different reasons apart', () => {
  const told = explained({ resourceType: 'Parameters', parameter: [
    { name: 'question', part: [{ name: 'permit', valueBoolean: true }, { name: 'rule', valueCode: 'shared-care' }] },
    record('p', 'test-result', 'all', 'shared-care'), record('p', 'imaging', 'all', 'shared-care'), record('p', 'other', 'none', 'block'),
    record('q', 'other', 'some', '', ['block', 'block']), record('q', 'strange', 'perhaps', 'x'),
  ] });
  assert.equal(told.permit, true);
  assert.deepEqual(told.holders.map((one) => [one.id, one.name, one.parts.map((part) => [part.visible, part.categories.join(), part.reasons.map((r) => r.rule).join()])]), [
    ['p', 'The p', [['all', 'test-result,imaging', 'shared-care'], ['none', 'other', 'block']]],
    ['q', 'The q', [['some', 'other', 'block']]],
  ]);
  assert.deepEqual(explained(undefined), { permit: false, question: { rule: undefined, sv: undefined, en: undefined }, holders: [] });
});

test('a message in both languages', () => {
  const language = (code: string) => [{ url: 'http://hl7.org/fhir/StructureDefinition/language', valueCode: code }];
  const made = message(as({ resourceType: 'Communication', id: 'm', priority: 'urgent', sent: '2026-01-01T00:00:00Z', category: [{ coding: [{ code: 'break-glass' }] }],
    payload: [{ extension: language('sv'), contentString: 'Hej' }, { extension: language('en'), contentString: 'Hello' }] }));
  assert.deepEqual(made, { id: 'm', kind: 'break-glass', urgent: true, sent: '2026-01-01T00:00:00Z', text: { sv: 'Hej', en: 'Hello' } });
  assert.equal(message(as({ resourceType: 'Task', id: 'm' })), undefined);
});

test('a case with its steps', () => {
  const made = caseOf(as({ resourceType: 'Task', id: '7', status: 'completed', code: { coding: [{ code: 'complaint' }] }, description: 'Late',
    input: [{ type: { coding: [{ code: 'category' }] }, valueCode: 'right' }], output: [{ valueString: 'IMY' }],
    note: [{ authorString: 'Eva', time: 't', text: 'received' }, { authorString: 'Tom', text: 'in-progress: Asked: the clinic' }] }));
  assert.deepEqual(made?.steps, [{ time: 't', who: 'Eva', status: 'received', note: undefined }, { time: undefined, who: 'Tom', status: 'in-progress', note: 'Asked: the clinic' }]);
  assert.equal(made?.forwarded, 'IMY');
  assert.equal(made && isOver(made), true);
  assert.equal(caseOf(as({ resourceType: 'Task', id: '7', code: { coding: [{ code: 'other' }] } })), undefined);
});

test('a complaint names only what was said', () => {
  const inputs = (more: object) => (complaintFor({ text: 'x', category: 'other', provider: undefined, organisation: undefined, ...more }) as { input: object[] }).input.length;
  assert.equal(inputs({}), 1);
  assert.equal(inputs({ provider: 'p', organisation: 'o' }), 3);
});

test('for whom one may act now, several mandates of one person together', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  const related = (id: string, person: string, more: { everything?: boolean; manage?: boolean; start?: string; end?: string }) => represented(as({
    resourceType: 'RelatedPerson', id, patient: { identifier: { system: 'urn:idun:pseudonym', value: person } }, period: { start: more.start, end: more.end },
    extension: [{ url: 'urn:idun:mandate', extension: [{ url: 'everything', valueBoolean: more.everything ?? false }, { url: 'manage', valueBoolean: more.manage ?? false }] }],
  }));
  const all = [related('a', 'x', { everything: true, end: '2026-07-01T00:00:00Z' }), related('b', 'x', { manage: true, end: '2026-08-01T00:00:00Z' }),
    related('c', 'y', { everything: true, start: '2026-09-01T00:00:00Z' }), related('d', 'z', { end: '2026-06-01T00:00:00Z' })].flatMap((one) => one ?? []);
  assert.equal(all.length, 4);
  assert.deepEqual(all.map((one) => holds(one, now)), [true, true, false, false]);
  const found = together(all, now);
  assert.deepEqual(found.map((one) => [one.identifier.value, one.everything, one.manage, one.to]), [['x', true, true, '2026-08-01T00:00:00Z']]);
  assert.equal(represented(as({ resourceType: 'RelatedPerson', id: 'a' })), undefined);
});
