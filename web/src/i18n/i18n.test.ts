import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesEn, codesSv } from './codes';
import { accessPurposes } from '../fhir/purposes';
import { en } from './en';
import type { Key } from './index';
import { codeWord, elementWord, language, plural, preferred, t } from './index';
import { sv } from './sv';

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

test('every text exists in every language, with the same places to fill', () => {
  assert.deepEqual(Object.keys(sv).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en) as Key[]) {
    assert.ok(sv[key].trim() !== '' && en[key].trim() !== '', key);
    assert.deepEqual(places(sv[key]), places(en[key]), key);
  }
});

test('every English word for a code has a Swedish one', () => {
  for (const code of Object.keys(codesEn)) assert.ok(codesSv[code], code);
});

test('every purpose has a word of its own in both languages', () => {
  for (const words of [codesSv, codesEn]) {
    for (const purpose of accessPurposes) assert.ok(words[purpose], purpose);
    assert.equal(new Set(accessPurposes.map((purpose) => words[purpose])).size, accessPurposes.length);
  }
});

test('filling and plurals', () => {
  language.value = 'sv';
  assert.equal(t('find.useNumber', { number: '1' }), 'Använd personnummer 1');
  assert.equal(plural('sources.records', 1), '1 uppgift');
  assert.match(plural('sources.records', 12500), /^12.500 uppgifter$/);
  assert.equal(elementWord('reasonReference'), 'Orsak');
  language.value = 'en';
  assert.equal(plural('sources.records', 0), '0 records');
  assert.equal(elementWord('reasonReference'), 'Reason reference');
  assert.equal(codeWord('never-heard-of'), 'never-heard-of');
});

test('language of the browser', () => {
  const table: [string[], string][] = [[['sv-SE', 'en'], 'sv'], [['en-US'], 'en'], [['fi', 'sv-FI'], 'sv'], [['de'], 'en'], [[], 'en']];
  for (const [wanted, found] of table) assert.equal(preferred(wanted), found, wanted.join());
});
