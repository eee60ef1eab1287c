import assert from 'node:assert/strict';
import { test } from 'node:test';
import { when } from '../fhir/dates';
import { yearBars } from './year-bars';

const items = (...years: number[]) => years.map((year) => ({ when: when(String(year)) }));

test('one bar a year while there is room', () => {
  assert.deepEqual(yearBars(items(2001, 2003, 2003), 24), [
    { from: 2001, to: 2001, newest: 2001, count: 1 }, { from: 2002, to: 2002, newest: undefined, count: 0 }, { from: 2003, to: 2003, newest: 2003, count: 2 },
  ]);
});

test('wider bars when there is not', () => {
  const bars = yearBars(items(1950, 1951, 1988, 2020), 12);
  assert.deepEqual(bars.map((one) => one.from), [1950, 1960, 1970, 1980, 1990, 2000, 2010, 2020]);
  assert.deepEqual(bars[0], { from: 1950, to: 1959, newest: 1951, count: 2 });
});

test('never more than asked for, and every record is counted', () => {
  for (let span = 0; span < 150; span += 7) {
    const all = items(...Array.from({ length: span + 1 }, (_, i) => 1880 + i));
    const bars = yearBars(all, 12);
    assert.ok(bars.length > 0 && bars.length <= 12, String(span));
    assert.equal(bars.reduce((sum, one) => sum + one.count, 0), all.length);
  }
});

test('nothing, undated and absurd', () => {
  assert.deepEqual(yearBars([], 12), []);
  assert.deepEqual(yearBars([{ when: undefined }], 12), []);
  assert.deepEqual(yearBars(items(1000, 9999), 12), []);
});
