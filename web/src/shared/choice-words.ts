// Choices in plain sentences.
import type { Choice, Draft, Named, Scope } from '../fhir/consent';
import type { Key } from '../i18n';
import { language, t } from '../i18n';
import * as format from './format';

// Words of the wire, in the order in which they are offered.
export const recordCategories = [
  'patient-summary', 'eprescription', 'edispensation', 'test-result', 'imaging', 'discharge-report', 'other',
] as const;
export const elementGroups = [
  'allergies', 'alerts', 'vaccinations', 'problems', 'history', 'devices', 'procedures', 'functional-status', 'medication',
  'social-history', 'pregnancies', 'patient-provided', 'observations', 'care-plans', 'rare-disease', 'personal', 'insurance',
] as const;
// Of the European area, where the hub may one day be asked from.
export const countries = [
  'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IS', 'IT', 'LI', 'LT', 'LU', 'LV',
  'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SI', 'SK',
] as const;
export const mandatePurposes = ['PATRQT', 'PWATRNY', 'FAMRQT', 'HPAYMT'] as const;

export const nameOf = (named: Named): string => named.name ?? named.id;

// Users are known by id alone; this finds the name of one who has looked.
export type UserName = (id: string) => string | undefined;

function known(prefix: string, words: readonly string[], word: string): string {
  return words.includes(word) ? t(`${prefix}.${word}` as Key) : word;
}
export const categoryWord = (word: string): string => known('kind', recordCategories, word);
export const elementWord = (word: string): string => known('group', elementGroups, word);
export const purposeWord = (word: string): string => known('purpose', mandatePurposes, word);

// What an entry is, by its type: 'Encounter' -> 'visits'.
const types: Readonly<Record<string, Key>> = {
  AllergyIntolerance: 'category.allergy', Condition: 'category.condition', MedicationRequest: 'category.medication',
  MedicationStatement: 'category.medication', MedicationDispense: 'category.medication', Immunization: 'category.immunization',
  Procedure: 'category.procedure', Encounter: 'category.encounter', DiagnosticReport: 'category.document',
  DocumentReference: 'category.document', Composition: 'category.document', CarePlan: 'category.plan', ImagingStudy: 'category.imaging',
};
function typeWord(type: string): string {
  const key = types[type];
  return key ? t(key).toLocaleLowerCase(language.value) : type;
}

export function countryWord(code: string): string {
  try {
    return new Intl.DisplayNames(language.value, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

// Choices begin and end with days of the reader; the hub keeps instants. An end at midnight is the end of the day before.
export function startWord(instant: string): string {
  const time = new Date(instant);
  return isMidnight(time) ? format.day(localDay(time)) : format.date(instant);
}
export function endWord(instant: string): string {
  const time = new Date(instant);
  if (!isMidnight(time)) return t('choice.until', { time: format.date(instant) });
  return t('choice.through', { day: format.day(localDay(new Date(time.getTime() - 1))) });
}
function isMidnight(time: Date): boolean {
  return time.getHours() === 0 && time.getMinutes() === 0 && time.getSeconds() === 0;
}
export function localDay(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

// The instants of a day that was picked ('2026-12-03'), in the reader's own time.
export function dayStart(day: string): string | undefined {
  return dayAt(day, 0);
}
export function dayEnd(day: string): string | undefined {
  return dayAt(day, 1);
}
function dayAt(day: string, later: number): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  return parts ? new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later).toISOString() : undefined;
}

// 'test results at Region X, from care 1 Jan 2020 through 3 Dec 2021'
export function scopeWords(scope: Scope): string {
  const kind = scope.entry ? t('scope.entry', { type: typeWord(scope.entry.split('/')[0] ?? '') })
    : scope.element ? elementWord(scope.element)
    : scope.category ? categoryWord(scope.category)
    : t('scope.everything');
  const both = !scope.entry && scope.element && scope.category ? ` (${categoryWord(scope.category)})` : '';
  const at = scope.provider ? t('scope.at', { place: [scope.unit, scope.provider].flatMap((one) => (one ? [nameOf(one)] : [])).join(', ') }) : '';
  return [kind + both, at, careWords(scope)].filter(Boolean).join(' ');
}

function careWords(scope: Scope): string {
  if (!scope.from && !scope.to) return '';
  if (!scope.to) return t('scope.careFrom', { from: startWord(scope.from ?? '') });
  if (!scope.from) return t('scope.careTo', { to: endWord(scope.to) });
  return t('scope.careBetween', { from: startWord(scope.from), to: endWord(scope.to) });
}

function fromWhom(draft: Draft): string {
  if (draft.layer === 'abroad') return draft.country ? t('whom.country', { country: countryWord(draft.country) }) : t('whom.abroad');
  const provider = draft.scopes?.[0]?.provider;
  if (draft.layer === 'inner') return t('whom.inner', { provider: provider ? nameOf(provider) : '' });
  return t(provider ? 'whom.others' : 'whom.anyOther');
}

function exceptions(draft: Draft, userName: UserName): string {
  const names = [...(draft.exceptProviders ?? []).map(nameOf), ...(draft.exceptUsers ?? []).map((id) => userName(id) ?? id)];
  return names.length ? t('choice.except', { names: format.list(names) }) : '';
}

// What follows a sentence: when it holds. A start that has passed is told elsewhere ("since").
export function times(draft: Draft, now: Date): string {
  const later = draft.from !== undefined && Date.parse(draft.from) > now.getTime() ? t('choice.from', { time: startWord(draft.from) }) : '';
  const end = draft.to ? endWord(draft.to) : '';
  return [later, end].filter(Boolean).join(', ');
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase(language.value) + text.slice(1);
}

function block(draft: Draft, userName: UserName): string {
  return t('choice.block', { what: scopeWords(draft.scopes?.[0] ?? {}), whom: fromWhom(draft) }) + exceptions(draft, userName);
}

function lift(draft: Draft, userName: UserName): string {
  const user = draft.toUser && (userName(draft.toUser) ?? draft.toUser);
  const whom = user && draft.toProvider ? t('lift.userAt', { user, provider: nameOf(draft.toProvider) }) : (user ?? (draft.toProvider ? nameOf(draft.toProvider) : ''));
  return t(draft.block ? 'choice.lift.one' : 'choice.lift.all', { whom });
}

function mandate(draft: Draft): string {
  const what = draft.scopes?.length ? format.list(draft.scopes.map(scopeWords)) : t('scope.everything');
  const who = draft.representative?.name ?? t('mandate.unnamed');
  return t(draft.manage ? 'choice.mandate.manage' : 'choice.mandate.see', { who, what })
    + (draft.purpose ? t('choice.purpose', { purpose: purposeWord(draft.purpose) }) : '');
}

function said(draft: Draft, userName: UserName): string {
  switch (draft.kind) {
    case 'opt-out': return t('choice.optOut');
    case 'secondary-opt-out': return t('choice.secondary');
    case 'block': return block(draft, userName);
    case 'lift': return lift(draft, userName);
    case 'mandate': return mandate(draft);
  }
}

// 'Test results at Region X are hidden from all other care providers, except Region Y, through 3 Dec 2026.'
export function sentence(draft: Draft, userName: UserName = () => undefined, now = new Date()): string {
  const when = times(draft, now);
  return `${capital(said(draft, userName))}${when ? `, ${when}` : ''}.`;
}

// Who made a version, where, on whose behalf.
export function author(one: Choice): string {
  const who = one.who ?? t('access.unknown');
  const whole = one.where ? `${who}, ${one.where}` : who;
  return one.onBehalf ? t('history.onBehalf', { who: whole }) : one.paper ? t('history.paper', { who: whole, paper: one.paper }) : whole;
}
