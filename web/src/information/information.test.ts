import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../i18n/en';
import { sv } from '../i18n/sv';
import information from './information.json';

const entries = information.entries;

test('every right and duty says what it is in both languages, from when, by which article, and which version it is', () => {
  assert.equal(new Set(entries.map((one) => one.id)).size, entries.length);
  for (const one of entries) {
    assert.match(one.id, /^[a-z-]+$/);
    assert.ok(['person', 'professional', 'provider'].includes(one.for), one.id);
    assert.match(one.article, /^\d/, one.id);
    assert.ok(one.applies in information.applies, one.id);
    assert.ok(Number.isInteger(one.version) && one.version > 0, one.id);
    assert.match(one.date, /^\d{4}-\d\d-\d\d$/, one.id);
    for (const text of [one.sv, one.en]) assert.ok(text.title.length > 2 && text.text.length > 20, one.id);
    assert.equal(one.sv.here === '', one.en.here === '', one.id);
  }
});

test('no change goes unseen: the page is as new as its newest entry', () => {
  assert.equal(information.date, entries.map((one) => one.date).sort().at(-1));
});

test('the chapter on primary use is whole: each article that gives a right or a duty in care is there', () => {
  const articles = new Set(entries.flatMap((one) => one.article.split(', ').map((part) => Number.parseInt(part, 10))));
  for (const wanted of [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 21]) assert.ok(articles.has(wanted), `Article ${wanted}`);
});

test('what the page says that one should choose is what the pages call it', () => {
  for (const [texts, language, pattern] of [[sv, 'sv', /(?:välj) (\p{Lu}[^.]*)\./u], [en, 'en', /(?:choose) (\p{Lu}[^.]*)\./u]] as const) {
    const labels = new Set<string>(Object.values(texts));
    const found = entries.map((one) => one[language].here.match(pattern)?.[1]).filter((one) => one !== undefined);
    assert.ok(found.length >= 7);
    for (const label of found) assert.ok(labels.has(label), label);
  }
});
