import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageAt, when } from './dates';

// The runner sets TZ=Europe/Stockholm.
test('precision is kept', () => {
  const table: [string, number, string][] = [
    ['2011', 2011, '2011'],
    ['2011-04', 2011, '2011-04'],
    ['2011-04-19', 2011, '2011-04-19'],
    ['2011-04-19T09:21:52+02:00', 2011, '2011-04-19'],
    ['2010-12-31T23:30:00Z', 2011, '2011-01-01'],
    ['0999-01-01', 999, '0999-01-01'],
  ];
  for (const [text, year, day] of table) {
    const parsed = when(text);
    assert.equal(parsed?.year, year, text);
    assert.equal(parsed?.day, day, text);
  }
});

test('what is no date is no date', () => {
  for (const text of [undefined, '', 'yesterday', '2011-13', '2011-00-01', '2011-04-32', '20110419', '2011-04-19T', '2011-04-19Tx', '2011-04-19T99:99:99Z']) {
    assert.equal(when(text), undefined, String(text));
  }
});

test('order is the order of time', () => {
  const sorted = ['0050', '2009', '2010-02', '2010-02-03', '2010-02-03T08:00:00Z', '2010-02-03T09:30:00+01:00', '2011'];
  const orders = sorted.map((text) => when(text)!.order);
  assert.deepEqual([...orders].sort((a, b) => a - b), orders);
});

test('age', () => {
  const now = new Date(2026, 10, 23);
  assert.equal(ageAt('1954-05-05', now), 72);
  assert.equal(ageAt('1954-11-23', now), 72);
  assert.equal(ageAt('1954-11-24', now), 71);
  for (const text of [undefined, '1954', 'x', '2027-01-01', '1800-01-01']) assert.equal(ageAt(text, now), undefined);
});
