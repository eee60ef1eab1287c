import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Choice, Draft } from './consent';
import { choice, consentFor, gaps, told } from './consent';
import type { Resource } from './types';

const stored = (consent: object, more: object = {}) => choice({ ...consent, id: 'c1', ...more } as unknown as Resource);
const north = { id: 'p1', name: undefined };

// What was said of a draft; what is absent does not count.
function same(read: Choice | undefined, draft: Draft) {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  assert.ok(read);
  const kept = Object.fromEntries(Object.keys(draft).map((key) => [key, read[key as keyof Choice]]));
  assert.deepEqual(plain(kept), plain(draft));
}

const drafts: Draft[] = [
  { kind: 'opt-out' },
  { kind: 'secondary-opt-out' },
  { kind: 'block', layer: 'outer', scopes: [{ provider: north }] },
  { kind: 'block', layer: 'inner', scopes: [{ provider: north, unit: { id: 'u1', name: undefined } }], to: '2026-12-04T00:00:00Z' },
  { kind: 'block', layer: 'abroad', country: 'NO', scopes: [{ category: 'test-result', from: '2020-01-01', to: '2021-01-01' }] },
  { kind: 'block', layer: 'outer', scopes: [{ element: 'allergies' }], exceptProviders: [north], exceptUsers: ['u7'] },
  { kind: 'block', layer: 'outer', scopes: [{ provider: north, entry: 'AllergyIntolerance/a1' }], from: '2026-12-01T00:00:00Z' },
  { kind: 'lift', block: 'b1', toProvider: north, to: '2026-12-04T00:00:00Z' },
  { kind: 'lift', toUser: 'u7', to: '2026-12-04T00:00:00Z' },
  { kind: 'mandate', scopes: [], manage: true, representative: { identifier: { system: 's', value: 'v' }, name: 'Adam' } },
  { kind: 'mandate', scopes: [{ category: 'imaging', provider: north }], purpose: 'PATRQT', representative: { identifier: { system: 's', value: 'v' }, name: undefined } },
  { kind: 'mandate', scopes: [{ category: 'imaging' }, { element: 'allergies' }], representative: { identifier: { system: 's', value: 'v' }, name: 'Adam' } },
  { kind: 'mandate', scopes: [], given: 'guardian', despiteProtection: true, paper: 'K-1', representative: { identifier: { system: 's', value: 'v' }, name: 'Adam' } },
];

test('what is written is read back', () => {
  for (const draft of drafts) same(stored(consentFor(draft, 'w1')), draft);
});

test('the hub is strict: only what it knows is sent', () => {
  assert.deepEqual(Object.keys(consentFor({ kind: 'opt-out' }, 'w1')), ['resourceType', 'status', 'scope', 'category', 'policy', 'provision']);
  assert.deepEqual(consentFor({ kind: 'opt-out' }, 'w1')['provision'], { type: 'deny' });
  assert.equal(consentFor({ kind: 'lift', toUser: 'u' }, undefined)['policy'], undefined);
  // A country is of a block abroad; without one it is not sent, whatever was picked before.
  assert.ok(!JSON.stringify(consentFor({ kind: 'block', layer: 'outer', country: 'NO', scopes: [{}] }, 'w1')).includes('NO'));
  assert.deepEqual(consentFor({ kind: 'opt-out' }, 'w1', { system: 's', value: 'v' })['patient'], { identifier: { system: 's', value: 'v' } });
});

test('who set it, and on whose behalf', () => {
  const shown = { performer: [{ type: 'RelatedPerson', identifier: { system: 'urn:idun:user', value: 'adam' }, display: 'Adam' }], meta: { lastUpdated: '2026-01-01T10:00:00Z' }, status: 'inactive' };
  const read = stored(consentFor({ kind: 'opt-out' }, 'w1'), shown);
  assert.equal(read?.who, 'Adam');
  assert.equal(read?.onBehalf, true);
  assert.equal(read?.active, false);
  assert.equal(read?.set, '2026-01-01T10:00:00Z');
});

test('what is no choice', () => {
  assert.equal(stored(consentFor({ kind: 'opt-out' }, 'w1'), { id: undefined }), undefined);
  assert.equal(stored({ resourceType: 'Patient' }), undefined);
  assert.equal(stored({ resourceType: 'Consent', category: 'x' }), undefined);
  assert.equal(stored({ resourceType: 'Consent', category: [{ coding: [{ system: 'urn:idun:consent-category', code: 'strange' }] }] }), undefined);
});

test('the gaps of an opt-out', () => {
  const version = (kind: 'opt-out' | 'block', set: string, active: boolean) => ({ ...(stored(consentFor({ kind, scopes: [{}] }, 'w')) as Choice), set, active });
  const versions = [version('opt-out', '2026-05-01', true), version('opt-out', '2026-02-01', false), version('opt-out', '2026-01-01', true), version('block', '2026-03-01', true)];
  assert.deepEqual(gaps(versions, 'opt-out'), [{ from: '2026-05-01', to: undefined }, { from: '2026-01-01', to: '2026-02-01' }]);
  assert.deepEqual(gaps(versions, 'secondary-opt-out'), []);
});

test('the newest text of a kind is found', () => {
  const warnings = { warnings: [{ kind: 'block', uri: 'w1', sv: 'a', en: 'b' }, { kind: 'opt-out', uri: 'w2' }] };
  assert.deepEqual(told(warnings, 'block'), { uri: 'w1', sv: 'a', en: 'b' });
  assert.equal(told(warnings, 'opt-out'), undefined);
  assert.equal(told({ warnings: 'x' }, 'block'), undefined);
  assert.equal(told(undefined, 'block'), undefined);
});
