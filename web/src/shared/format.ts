// Dates and numbers in the reader's language, by Intl.
import type { Words } from '../fhir/datatypes';
import { when } from '../fhir/dates';
import { codeWord, language } from '../i18n';

// British dates for English readers: day before month, as in the rest of Europe.
const locales = { sv: 'sv-SE', en: 'en-GB' } as const;

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = locales[language.value];
  const key = `d${locale}${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(locale, options)));
  return format;
}

export function number(value: number): string {
  const locale = locales[language.value];
  // As the source wrote it, as far as a person writes numbers; what a computation left behind (125.60431) is rounded.
  const written = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
  const digits = written <= 3 ? 3 : Math.abs(value) >= 1 ? 2 : 0;
  const key = `n${locale}${digits}`;
  let format = made.get(key) as Intl.NumberFormat | undefined;
  if (!format) {
    const options = digits === 0 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: digits };
    made.set(key, (format = new Intl.NumberFormat(locale, options)));
  }
  return format.format(value);
}

// A FHIR date or dateTime with the precision it has.
export function date(value: string): string {
  const parsed = when(value);
  if (!parsed) return value;
  if (parsed.time) return dateTime(parsed.time);
  return day(parsed.day);
}

export function dateTime(time: Date): string {
  return dates({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(time);
}

export function clock(time: Date): string {
  return dates({ hour: '2-digit', minute: '2-digit' }).format(time);
}

// '2011-04-19', '2011-04' or '2011', as a person writes it.
export function day(value: string): string {
  const [year, month, dayOfMonth] = value.split('-').map(Number);
  if (month === undefined) return value;
  const parts: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short' };
  if (dayOfMonth !== undefined) parts.day = 'numeric';
  return dates(parts).format(new Date(year ?? 0, month - 1, dayOfMonth ?? 1));
}

// As day(), without the year, for use under a year's heading; undefined when only the year is known.
export function dayInYear(value: string): string | undefined {
  const [year, month, dayOfMonth] = value.split('-').map(Number);
  if (month === undefined) return undefined;
  const at = new Date(year ?? 0, month - 1, dayOfMonth ?? 1);
  return dates(dayOfMonth === undefined ? { month: 'long' } : { day: 'numeric', month: 'short' }).format(at);
}

export function weekday(value: string): string | undefined {
  const [year, month, dayOfMonth] = value.split('-').map(Number);
  if (month === undefined || dayOfMonth === undefined) return undefined;
  return dates({ weekday: 'short' }).format(new Date(year ?? 0, month - 1, dayOfMonth));
}

export function list(names: readonly string[]): string {
  return new Intl.ListFormat(locales[language.value], { type: 'conjunction' }).format(names);
}

export const words: Words = { code: codeWord, number, date };
