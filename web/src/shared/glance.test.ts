import assert from 'node:assert/strict';
import { test } from 'node:test';
import { item, newestFirst } from '../fhir/item';
import { bundle } from '../fhir/types';
import { filtered, noFilter } from './filter';
import { glance } from './glance';

const concept = (text: string) => ({ text, coding: [{ code: text }] });
const status = (code: string) => ({ coding: [{ code }] });
const vital = [{ coding: [{ code: 'vital-signs' }] }];

function items(...resources: object[]) {
  const entry = resources.map((resource, i) => ({ fullUrl: `u${i}`, resource }));
  return bundle({ resourceType: 'Bundle', entry }).entries.flatMap((one, i) => item(one, i) ?? []).sort(newestFirst);
}

test('active, current and latest', () => {
  const found = glance(items(
    { resourceType: 'AllergyIntolerance', code: concept('Nuts'), clinicalStatus: status('active'), recordedDate: '2000' },
    { resourceType: 'AllergyIntolerance', code: concept('Cats'), clinicalStatus: status('resolved') },
    { resourceType: 'AllergyIntolerance', code: concept('Dogs'), verificationStatus: status('refuted') },
    { resourceType: 'Condition', code: concept('Asthma'), clinicalStatus: status('active'), recordedDate: '2001' },
    { resourceType: 'Condition', code: concept('Asthma'), clinicalStatus: status('active'), recordedDate: '2005' },
    { resourceType: 'Condition', code: concept('Flu'), abatementDateTime: '2001' },
    { resourceType: 'MedicationRequest', medicationCodeableConcept: concept('Alvedon'), status: 'active' },
    { resourceType: 'MedicationRequest', medicationCodeableConcept: concept('Waran'), status: 'stopped' },
    { resourceType: 'Observation', category: vital, code: concept('Weight'), effectiveDateTime: '2001', valueQuantity: { value: 1 } },
    { resourceType: 'Observation', category: vital, code: concept('Weight'), effectiveDateTime: '2009', valueQuantity: { value: 2 } },
  ));
  const titles = (list: readonly { title: string; when?: { year: number } | undefined }[]) => list.map((one) => `${one.title} ${one.when?.year ?? ''}`.trim());
  assert.deepEqual(titles(found.allergies), ['Nuts 2000']);
  assert.deepEqual(titles(found.conditions), ['Asthma 2005']);
  assert.deepEqual(titles(found.medications), ['Alvedon']);
  assert.deepEqual(titles(found.values), ['Weight 2009']);
});

test('filters', () => {
  const all = items({ resourceType: 'Condition', code: concept('Heart failure') }, { resourceType: 'Procedure', code: concept('Heart surgery') });
  assert.equal(filtered(all, noFilter).length, 2);
  assert.deepEqual(filtered(all, { ...noFilter, text: ' SURG heart ' }).map((one) => one.title), ['Heart surgery']);
  assert.deepEqual(filtered(all, { ...noFilter, categories: new Set(['condition'] as const) }).map((one) => one.title), ['Heart failure']);
  assert.deepEqual(filtered(all, { ...noFilter, providers: new Set(['nobody']) }), []);
});
