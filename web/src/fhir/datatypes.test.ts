import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Words } from './datatypes';
import { address, dosage, humanName, interpretation, period, plainUnit, quantity, range, ratio, valueOf } from './datatypes';

const words: Words = { code: (code) => `(${code})`, number: String, date: (value) => value };

test('units as people write them', () => {
  const table: [string, string][] = [
    ['mm[Hg]', 'mmHg'], ['{beats}/min', 'beats/min'], ['10*6/uL', '10⁶/µL'], ['10*-3', '10⁻³'], ['umol/L', 'µmol/L'], ['kg/m2', 'kg/m²'],
    ['mL/min/{1.73_m2}', 'mL/min/1.73 m²'], ['U/L', 'U/L'], ['unit', 'unit'], ['mm', 'mm'], ['um', 'µm'], ['%', '%'], ['mmol/L', 'mmol/L'],
  ];
  for (const [ucum, plain] of table) assert.equal(plainUnit(ucum), plain);
});

test('quantities and what is made of them', () => {
  assert.equal(quantity({ value: 5, unit: 'mg' }, words), '5 mg');
  assert.equal(quantity({ value: 5, code: '1' }, words), '5');
  assert.equal(quantity({ value: 0, comparator: '<', unit: 'g' }, words), '< 0 g');
  assert.equal(range({ low: { value: 1 }, high: { value: 2 } }, words), '1 – 2');
  assert.equal(range({ high: { value: 2 } }, words), '≤ 2');
  assert.equal(ratio({ numerator: { value: 1, unit: 'mg' }, denominator: { value: 2, unit: 'mL' } }, words), '1 mg / 2 mL');
  assert.equal(period({ start: 'a', end: 'a' }, words), 'a');
  assert.equal(period({ end: 'b' }, words), '– b');
  for (const odd of [undefined, null, 5, 'x', [], {}, { value: '5' }, { value: NaN }]) assert.equal(quantity(odd, words), undefined);
});

test('names, addresses, doses', () => {
  assert.equal(humanName([{ given: ['Eva', 'Maria'], family: 'Ek' }]), 'Eva Maria Ek');
  assert.equal(humanName({ text: 'E. Ek', family: 'Ek' }), 'E. Ek');
  assert.equal(humanName({}), undefined);
  assert.equal(address({ line: ['Storgatan 1'], postalCode: '111 22', city: 'Stad' }), 'Storgatan 1, 111 22 Stad');
  assert.equal(dosage({ text: '1 x 3' }, words), '1 x 3');
  assert.equal(dosage({ doseAndRate: [{ doseQuantity: { value: 1, unit: 'tablet' } }], timing: { repeat: { frequency: 2, period: 1, periodUnit: 'd' } } }, words), '1 tablet, 2 × / d');
  assert.equal(dosage({ timing: {} }, words), undefined);
});

test('values and their marks', () => {
  assert.equal(valueOf({ valueBoolean: false }, words), '(false)');
  assert.equal(valueOf({ valueInteger: 3 }, words), '3');
  assert.equal(valueOf({ valueCodeableConcept: { coding: [{ code: 'x' }] } }, words), 'x');
  assert.equal(valueOf({}, words), undefined);
  assert.equal(interpretation({ interpretation: [{ coding: [{ code: 'HH' }] }] }), 'high');
  assert.equal(interpretation({ interpretation: [{ coding: [{ code: 'N' }] }] }), undefined);
  assert.equal(interpretation({ interpretation: 'H' }), undefined);
});
