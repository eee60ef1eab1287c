import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMissing, messagesOf, sourcesOf } from './sources';
import type { Resource } from './types';

const issue = (code: string, parts: object[], more: object = {}) => ({
  severity: 'information', code: 'informational',
  details: { coding: [{ system: 'urn:idun:source-state', code }], text: 'x' },
  extension: [{ url: 'urn:idun:gather-source', extension: parts }],
  ...more,
});
const outcome = (...issues: object[]) => ({ resourceType: 'OperationOutcome', issue: issues }) as unknown as Resource;

test('a source and what it said', () => {
  const [source] = sourcesOf(outcome(issue('answered', [
    { url: 'provider', valueString: 'p1' }, { url: 'name', valueString: 'Region Norr' }, { url: 'records', valueInteger: 12 },
    { url: 'asOf', valueInstant: '2026-11-23T03:00:00Z' }, { url: 'elapsed', valueInteger: 40 }, { url: 'receipt', valueString: 'r' },
    { url: 'something-new', valueString: 'ignored' }])));
  assert.deepEqual(source, { provider: 'p1', name: 'Region Norr', state: 'answered', complete: true, records: 12,
    asOf: '2026-11-23T03:00:00Z', elapsedMs: 40, receipt: 'r', reason: undefined });
});

test('one that had more than it could send is not complete', () => {
  const [source] = sourcesOf(outcome(issue('answered', [{ url: 'provider', valueString: 'p1' }], { code: 'incomplete', severity: 'warning' })));
  assert.equal(source?.complete, false);
});

test('states that leave a gap', () => {
  for (const [state, missing] of [['asked', false], ['answered', false], ['empty', false], ['late', true], ['down', true], ['refused', true]] as const) {
    const [source] = sourcesOf(outcome(issue(state, [{ url: 'provider', valueString: 'p' }])));
    assert.equal(source && isMissing(source), missing, state);
  }
});

test('other issues are no sources', () => {
  const strange = outcome(issue('asleep', [{ url: 'provider', valueString: 'p' }]), issue('late', []), { severity: 'error', code: 'forbidden' });
  assert.deepEqual(sourcesOf(strange), []);
  assert.deepEqual(sourcesOf({ resourceType: 'OperationOutcome', issue: 'x' }), []);
});

test('only errors are messages', () => {
  assert.deepEqual(messagesOf(outcome({ severity: 'information', details: { text: 'no provider has data' } })), []);
  assert.deepEqual(messagesOf(outcome({ severity: 'error', code: 'forbidden', details: { text: 'no care relation' } })), ['no care relation']);
  assert.deepEqual(messagesOf(outcome({ severity: 'fatal', code: 'exception' })), ['exception']);
  for (const odd of [undefined, null, 1, [], { issue: 3 }]) assert.deepEqual(messagesOf(odd), []);
});
