import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSearching, namesUserAndReader, noSearch, searchPath } from './access-query';

const parameters = (path: string) => [...new URL(path, 'http://hub').searchParams];

test('nothing asked is the whole list', () => {
  assert.equal(searchPath(noSearch), '/fhir/AuditEvent');
  assert.equal(isSearching(noSearch), false);
});

test('each wish is one of the hub’s parameters', () => {
  const wished = { ...noSearch, site: 'SE1', category: 'test-result', purpose: 'TREAT', glass: true, denied: true };
  assert.deepEqual(parameters(searchPath(wished)), [
    ['site', 'SE1'], ['category', 'test-result'], ['purpose', 'TREAT'], ['break-glass', 'true'], ['outcome', '8'],
  ]);
  assert.equal(isSearching(wished), true);
});

test('who asked is a user or a provider, and both at once is a contradiction; whose data is a provider', () => {
  const asked = (wished: object) => parameters(searchPath({ ...noSearch, ...wished }));
  assert.deepEqual(asked({ reader: 'SE1', data: 'SE2' }), [['agent:identifier', 'urn:idun:provider|SE1'], ['entity:provider', 'SE2']]);
  assert.deepEqual(asked({ user: 'anna' }), [['agent:identifier', 'urn:idun:user|anna']]);
  assert.equal(namesUserAndReader({ ...noSearch, user: 'anna', reader: 'SE1' }), true);
  assert.equal(namesUserAndReader({ ...noSearch, user: 'anna' }), false);
  assert.equal(namesUserAndReader({ ...noSearch, reader: 'SE1' }), false);
});

test('both days count whole, by the reader’s own clock', () => {
  const [from, to] = parameters(searchPath({ ...noSearch, from: '2026-03-28', to: '2026-03-29' }));
  assert.deepEqual(from, ['date', `ge${new Date(2026, 2, 28).toISOString()}`]);
  assert.deepEqual(to, ['date', `lt${new Date(2026, 2, 30).toISOString()}`]);
});
