import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Draft } from '../fhir/consent';
import { language } from '../i18n';
import { author, dayEnd, dayStart, endWord, sentence, times } from './choice-words';

const now = new Date('2026-06-01T12:00:00Z');
const north = { id: 'p1', name: 'Region Norr' };
const ward = { id: 'u1', name: 'Ward 4' };
const adam = { identifier: { system: 's', value: 'v' }, name: 'Adam' };
const userName = (id: string) => (id === 'u7' ? 'Anna Lind' : undefined);

const table: [Draft, string, string][] = [
  [{ kind: 'opt-out' }, 'Utanför delningen mellan vårdgivare.', 'Outside sharing between care providers.'],
  [{ kind: 'block', layer: 'outer', scopes: [{ provider: north }] },
    'Alla uppgifter hos Region Norr döljs för alla andra vårdgivare.', 'All data at Region Norr are hidden from all other care providers.'],
  [{ kind: 'block', layer: 'outer', scopes: [{ category: 'test-result' }], to: dayEnd('2026-12-03') },
    'Provsvar döljs för alla vårdgivare utom den som har skrivit dem, till och med 3 dec. 2026.',
    'Test results are hidden from all care providers but the one that wrote them, to 3 Dec 2026 inclusive.'],
  [{ kind: 'block', layer: 'inner', scopes: [{ provider: north, unit: ward, element: 'allergies' }] },
    'Allergier hos Ward 4, Region Norr döljs för andra enheter hos Region Norr.', 'Allergies at Ward 4, Region Norr are hidden from the other units of Region Norr.'],
  [{ kind: 'block', layer: 'abroad', scopes: [{}] }, 'Alla uppgifter döljs för vården i andra länder.', 'All data are hidden from care in other countries.'],
  [{ kind: 'block', layer: 'abroad', country: 'NO', scopes: [{}] }, 'Alla uppgifter döljs för vården i Norge.', 'All data are hidden from care in Norway.'],
  [{ kind: 'block', layer: 'outer', scopes: [{ provider: north, entry: 'Condition/1' }], exceptProviders: [{ id: 'p2', name: undefined }], exceptUsers: ['u7', 'u8'] },
    'En enda uppgift (tillstånd) hos Region Norr döljs för alla andra vårdgivare, utom för p2, Anna Lind och u8.',
    'The details of one single entry (conditions) at Region Norr are hidden from all other care providers, except from p2, Anna Lind and u8.'],
  [{ kind: 'block', layer: 'outer', scopes: [{ provider: north, from: dayStart('2020-01-01'), to: dayEnd('2020-12-31') }], from: dayStart('2026-07-01') },
    'Alla uppgifter hos Region Norr från vård 1 jan. 2020 till och med 31 dec. 2020 döljs för alla andra vårdgivare, från 1 juli 2026.',
    'All data at Region Norr from care 1 Jan 2020 to 31 Dec 2020 inclusive are hidden from all other care providers, from 1 Jul 2026.'],
  [{ kind: 'lift', toProvider: north, to: '2026-06-02T10:30:00Z' },
    'Region Norr får se det som spärrarna döljer, till 2 juni 2026 12:30.', 'Region Norr may see what the blocks hide, until 2 Jun 2026, 12:30.'],
  [{ kind: 'lift', block: 'b', toUser: 'u7', toProvider: north }, 'Anna Lind hos Region Norr får se det som en av spärrarna döljer.', 'Anna Lind at Region Norr may see what one of the blocks hides.'],
  [{ kind: 'mandate', scopes: [], manage: true, representative: adam },
    'Adam får se alla uppgifter, och får göra val åt personen.', 'Adam may see all data, and may choose for the person.'],
  [{ kind: 'mandate', scopes: [{ category: 'imaging', provider: north }, { element: 'allergies' }], purpose: 'PATRQT', representative: adam },
    'Adam får se bilder och deras utlåtanden hos Region Norr och allergier, bara för ett ändamål: på personens begäran.',
    'Adam may see images and their reports at Region Norr and allergies, for one purpose only: at the person’s request.'],
];

test('every choice is a plain sentence in both languages', () => {
  for (const [draft, sv, en] of table) {
    language.value = 'sv';
    assert.equal(sentence(draft, userName, now), sv);
    language.value = 'en';
    assert.equal(sentence(draft, userName, now), en);
  }
});

test('days are the reader’s own, and an end at midnight is the end of the day before', () => {
  language.value = 'en';
  assert.equal(dayStart('2026-12-03'), '2026-12-02T23:00:00.000Z');
  assert.equal(dayEnd('2026-12-03'), '2026-12-03T23:00:00.000Z');
  assert.equal(dayEnd('2026-02-28'), '2026-02-28T23:00:00.000Z');
  for (const wrong of ['', '3 Dec', '2026-12']) assert.equal(dayStart(wrong), undefined);
  assert.equal(endWord('2026-12-03T23:00:00Z'), 'to 3 Dec 2026 inclusive');
  assert.equal(endWord('2026-12-04T00:00:00Z'), 'until 4 Dec 2026, 01:00');
});

test('a start that has passed is not told again', () => {
  language.value = 'en';
  assert.equal(times({ kind: 'block', from: '2026-05-01T00:00:00Z' }, now), '');
  assert.equal(times({ kind: 'block', from: '2026-07-01T00:00:00Z' }, now), 'from 1 Jul 2026, 02:00');
});

test('who made a version', () => {
  language.value = 'en';
  const one = { id: 'c', kind: 'block', active: true, set: undefined, who: 'Eva', whoId: undefined, where: undefined, onBehalf: false } as const;
  assert.equal(author(one), 'Eva');
  assert.equal(author({ ...one, where: 'Region Norr', paper: 'K-1' }), 'Eva, Region Norr, from the paper K-1');
  assert.equal(author({ ...one, onBehalf: true }), 'Eva, on behalf of the person');
  assert.equal(author({ ...one, who: undefined }), 'Unknown');
});
