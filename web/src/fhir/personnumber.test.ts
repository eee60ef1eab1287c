import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coordinationNumberSystem, personNumberSystem, shownNumber, typedNumber } from './personnumber';

test('numbers as people type them', () => {
  for (const typed of ['191212121212', '19121212-1212', ' 19121212 1212 ']) {
    assert.deepEqual(typedNumber(typed), { kind: 'number', value: '191212121212', system: personNumberSystem }, typed);
  }
  assert.deepEqual(typedNumber('197010632391'), { kind: 'number', value: '197010632391', system: coordinationNumberSystem });
});

test('wrong numbers', () => {
  for (const typed of ['191212121213', '191213121212', '191202301212', '191212001212']) assert.deepEqual(typedNumber(typed), { kind: 'wrong' }, typed);
});

test('what is no number', () => {
  for (const typed of ['', 'Anna', '1212121212', '19121212121', '1912121212122', '3912121212120', '19121212-121x']) assert.equal(typedNumber(typed), undefined, typed);
});

test('shown with a hyphen', () => {
  assert.equal(shownNumber('191212121212'), '19121212-1212');
  assert.equal(shownNumber('SE-7'), 'SE-7');
});
