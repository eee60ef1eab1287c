import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Words } from './datatypes';
import type { Category, Item } from './item';
import { item, merge, newestFirst, summary } from './item';
import type { Resource } from './types';
import { bundle } from './types';

const words: Words = { code: (code) => code, number: (value) => String(value), date: (value) => value.slice(0, 10) };

function made(resource: object, extra: object = {}): Item | undefined {
  const entry = { fullUrl: 'https://node.example/fhir/X/1', resource, search: { mode: 'match' }, ...extra };
  const found = bundle({ resourceType: 'Bundle', entry: [entry] }).entries[0];
  return found && item(found, 0);
}

const concept = (text: string, code = 'c') => ({ text, coding: [{ system: 'http://loinc.org', code, display: text }] });
const category = (code: string) => [{ coding: [{ code }] }];

test('type, category, title, day and value', () => {
  const table: [object, Category, string, string | undefined, string | undefined][] = [
    [{ resourceType: 'Observation', category: category('vital-signs'), code: concept('Body Height'), effectiveDateTime: '2011-04-19', valueQuantity: { value: 167.5, unit: 'cm' } },
      'vital', 'Body Height', '2011-04-19', '167.5 cm'],
    [{ resourceType: 'Observation', category: category('laboratory'), code: concept('CRP'), effectivePeriod: { start: '2012-01' }, valueQuantity: { value: 5, comparator: '<', unit: 'mg/L' } },
      'laboratory', 'CRP', '2012-01', '< 5 mg/L'],
    [{ resourceType: 'Observation', category: category('survey'), code: concept('Smoking'), valueCodeableConcept: concept('Never smoker') },
      'assessment', 'Smoking', undefined, 'Never smoker'],
    [{ resourceType: 'Observation', code: concept('BP', '85354-9'), component: [
      { code: concept('Diastolic', '8462-4'), valueQuantity: { value: 80, unit: 'mm[Hg]' } },
      { code: concept('Systolic', '8480-6'), valueQuantity: { value: 120, unit: 'mm[Hg]' } }] },
      'laboratory', 'BP', undefined, '120/80 mmHg'],
    [{ resourceType: 'Condition', code: concept('Asthma'), clinicalStatus: { coding: [{ code: 'active' }] }, onsetDateTime: '1988-07-26' },
      'condition', 'Asthma', '1988-07-26', 'active'],
    [{ resourceType: 'AllergyIntolerance', code: concept('Shellfish'), criticality: 'high', recordedDate: '1951' },
      'allergy', 'Shellfish', '1951', 'criticality-high'],
    [{ resourceType: 'MedicationRequest', status: 'active', medicationCodeableConcept: concept('Alvedon'), authoredOn: '2020-01-01', dosageInstruction: [{ text: '1 x 3' }] },
      'medication', 'Alvedon', '2020-01-01', '1 x 3'],
    [{ resourceType: 'MedicationStatement', status: 'active', medicationReference: { reference: '#m' }, contained: [{ resourceType: 'Medication', id: 'm', code: concept('Waran') }] },
      'medication', 'Waran', undefined, 'active'],
    [{ resourceType: 'DiagnosticReport', category: category('RAD'), code: concept('Chest X-ray'), conclusion: 'Clear', effectiveDateTime: '2020-05-05' },
      'imaging', 'Chest X-ray', '2020-05-05', 'Clear'],
    [{ resourceType: 'DiagnosticReport', category: category('LAB'), code: concept('Lipids'), result: [{ display: 'LDL' }, { display: 'HDL' }] },
      'laboratory', 'Lipids', undefined, 'LDL, HDL'],
    [{ resourceType: 'Immunization', status: 'completed', vaccineCode: concept('Influenza'), occurrenceDateTime: '2019-10-10' },
      'immunization', 'Influenza', '2019-10-10', undefined],
    [{ resourceType: 'Encounter', class: { code: 'AMB' }, type: [concept('Check-up')], period: { start: '2019-10-10' } },
      'encounter', 'Check-up', '2019-10-10', 'AMB'],
    [{ resourceType: 'Procedure', code: concept('Colonoscopy'), performedPeriod: { start: '2019-10-10' }, reasonReference: [{ display: 'Polyp' }] },
      'procedure', 'Colonoscopy', '2019-10-10', 'Polyp'],
    [{ resourceType: 'Composition', title: 'Discharge letter', type: concept('Discharge summary'), date: '2021-02-03' },
      'document', 'Discharge letter', '2021-02-03', 'Discharge summary'],
    [{ resourceType: 'DocumentReference', type: concept('Note'), context: { period: { start: '2021-02-03' } } },
      'document', 'Note', '2021-02-03', 'Note'],
    [{ resourceType: 'ImagingStudy', started: '2018-12-18', series: [{ modality: { display: 'X-ray' }, bodySite: { display: 'Wrist' } }] },
      'imaging', 'X-ray, Wrist', '2018-12-18', 'X-ray, Wrist'],
    [{ resourceType: 'CarePlan', category: [concept('Self care')], period: { start: '2018' }, activity: [{ detail: { code: concept('Diet') } }] },
      'plan', 'Self care', '2018', 'Diet'],
    [{ resourceType: 'Goal', description: { text: 'HbA1c < 7' } }, 'plan', 'HbA1c < 7', undefined, undefined],
    [{ resourceType: 'VisionPrescription', created: '2018-01-01', status: 'active' }, 'other', 'VisionPrescription', '2018-01-01', 'active'],
  ];
  for (const [resource, wanted, title, day, value] of table) {
    const found = made(resource);
    const name = JSON.stringify(resource);
    assert.equal(found?.category, wanted, name);
    assert.equal(found?.title, title, name);
    assert.equal(found?.when?.day, day, name);
    assert.equal(summary(resource as Resource, words) || undefined, value, name);
  }
});

test('source from the entry', () => {
  const extension = [{ url: 'urn:idun:source', valueReference: { identifier: { value: 'p1' }, display: 'Region Norr' } }];
  const found = made({ resourceType: 'Condition', code: concept('A') }, { extension });
  assert.equal(found?.provider, 'p1');
  assert.equal(found?.providerName, 'Region Norr');
  assert.equal(made({ resourceType: 'Condition' })?.provider, '');
});

test('supporting resources and outcomes are no items', () => {
  for (const resourceType of ['Patient', 'Practitioner', 'Organization', 'OperationOutcome', 'Provenance']) assert.equal(made({ resourceType }), undefined);
  assert.equal(made({ resourceType: 'Condition' }, { search: { mode: 'outcome' } }), undefined);
});

test('odd shapes give an item or nothing, never an exception', () => {
  const odd = [null, 1, 'x', [], {}, { resourceType: 7 }, { resourceType: 'Observation', code: 'text' },
    { resourceType: 'Observation', code: [null], valueQuantity: 'five', category: 'laboratory', component: { code: 1 } },
    { resourceType: 'MedicationRequest', dosageInstruction: [1, { doseAndRate: 'x', timing: [] }] },
    { resourceType: 'Condition', onsetDateTime: 19, code: { coding: 'x' }, clinicalStatus: [[]] },
    { resourceType: 'ImagingStudy', series: [[]] }, { resourceType: '__proto__' }, { resourceType: 'constructor' },
    { resourceType: 'CarePlan', activity: { detail: null }, category: [[]] }];
  for (const resource of odd) {
    const found = made(resource as object);
    if (found) summary(found.resource, words);
  }
});

test('merging keeps the order of a full sort', () => {
  let seed = 20261123;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  for (let round = 0; round < 50; round++) {
    const items = Array.from({ length: 60 }, (_, i) =>
      made({ resourceType: 'Condition', code: concept(`t${Math.floor(random() * 5)}`), ...(random() < 0.9 && { recordedDate: `${1990 + Math.floor(random() * 20)}` }) },
        { fullUrl: `u${round}-${i}` })!);
    let merged: Item[] = [];
    for (let i = 0; i < items.length; ) {
      const take = 1 + Math.floor(random() * 20);
      merged = merge(merged, items.slice(i, i + take));
      i += take;
    }
    assert.deepEqual(merged.map((one) => one.key), [...items].sort(newestFirst).map((one) => one.key), `round ${round}`);
  }
});
