import assert from 'node:assert/strict';
import { test } from 'node:test';
import { access, lacking } from './audit';
import type { Resource } from './types';

test('an access as the person reads it', () => {
  const found = access({
    resourceType: 'AuditEvent', id: 'a1', recorded: '2026-11-23T03:00:00Z', outcome: '0',
    agent: [
      { who: { identifier: { value: 'clinician-a' }, display: 'Anna Lind' }, role: [{ coding: [{ code: 'clinician' }] }] },
      { who: { reference: 'Organization/p1', display: 'Region Norr' } },
    ],
    purposeOfEvent: [{ coding: [{ code: 'TREAT', display: 'treatment' }] }],
    entity: [{ role: { code: '1' }, what: { display: 'you' } }, { what: { display: 'Condition' } }, { name: 'Condition' },
      { what: { type: 'Organization', display: 'Region Väst' }, detail: [{ type: 'state', valueString: 'answered' }, { type: 'count', valueString: '17' }] },
      { what: { type: 'Organization', identifier: { value: 'p9' } }, detail: [{ type: 'count', valueString: '-1' }] }],
    extension: [{ url: 'urn:idun:sentence-sv', valueString: 'Anna läste.' }, { url: 'urn:idun:sentence-en', valueString: 'Anna read.' }],
  } as unknown as Resource, 0);
  assert.deepEqual(found, {
    id: 'a1', recorded: '2026-11-23T03:00:00Z', who: 'Anna Lind', whoId: 'clinician-a', role: 'clinician', roleCode: 'clinician',
    where: 'Region Norr', purpose: 'treatment', purposeCode: 'TREAT', what: ['Condition'], receipt: undefined,
    from: [{ name: 'Region Väst', records: 17 }, { name: 'p9', records: undefined }],
    sentence: { sv: 'Anna läste.', en: 'Anna read.' }, failed: false, glass: undefined,
  });
});

test('odd shapes', () => {
  assert.equal(access({ resourceType: 'Patient' }, 0), undefined);
  for (const more of [{}, { agent: 'x' }, { agent: [{ who: [] }], entity: [1], purposeOfEvent: 3, extension: {} }]) {
    assert.equal(access({ resourceType: 'AuditEvent', ...more } as Resource, 3)?.id, '#3');
  }
});

test('what the list lacks is told in both languages', () => {
  const translation = { url: 'http://hl7.org/fhir/StructureDefinition/translation', extension: [{ url: 'lang', valueCode: 'sv' }, { url: 'content', valueString: 'Saknas.' }] };
  const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'warning', details: { text: 'Lacking.', _text: { extension: [translation] } } }, { details: {} }] };
  assert.deepEqual(lacking(outcome as unknown as Resource), [{ en: 'Lacking.', sv: 'Saknas.' }]);
  assert.deepEqual(lacking({ resourceType: 'AuditEvent' } as Resource), []);
});
