import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consentFor, limit, provider, told } from './consent';
import type { Resource } from './types';

const stored = (consent: object, more: object = {}) => limit({ ...consent, id: 'c1', ...more } as unknown as Resource);

test('what is written is read back', () => {
  assert.deepEqual(stored(consentFor('block', 'w1', 'p1')), { id: 'c1', kind: 'block', provider: 'p1', since: undefined });
  assert.deepEqual(stored(consentFor('opt-out', 'w1'), { dateTime: '2026-01-01' }), { id: 'c1', kind: 'opt-out', provider: undefined, since: '2026-01-01' });
});

test('the hub is strict: only what it knows is sent', () => {
  assert.deepEqual(Object.keys(consentFor('opt-out', 'w1')), ['resourceType', 'status', 'scope', 'category', 'policy', 'provision']);
  assert.deepEqual(consentFor('opt-out', 'w1')['provision'], { type: 'deny' });
});

test('what is not an active limit', () => {
  assert.equal(stored(consentFor('block', 'w1', 'p1'), { status: 'inactive' }), undefined);
  assert.equal(stored(consentFor('block', 'w1', 'p1'), { id: undefined }), undefined);
  assert.equal(stored({ resourceType: 'Patient' }), undefined);
  assert.equal(stored({ resourceType: 'Consent', category: 'x' })?.kind, undefined);
});

test('units are not providers', () => {
  assert.deepEqual(provider({ resourceType: 'Organization', id: 'p', name: 'Region' } as Resource), { id: 'p', name: 'Region' });
  assert.equal(provider({ resourceType: 'Organization', id: 'u', partOf: { reference: 'Organization/p' } } as unknown as Resource), undefined);
});

test('the newest text of a kind is found', () => {
  const warnings = { warnings: [{ kind: 'block', uri: 'w1', sv: 'a', en: 'b' }, { kind: 'opt-out', uri: 'w2' }] };
  assert.deepEqual(told(warnings, 'block'), { uri: 'w1', sv: 'a', en: 'b' });
  assert.equal(told(warnings, 'opt-out'), undefined);
  assert.equal(told({ warnings: 'x' }, 'block'), undefined);
  assert.equal(told(undefined, 'block'), undefined);
});
