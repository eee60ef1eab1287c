import { signal } from '@preact/signals';
import { codesEn, codesSv, elementsSv } from './codes';
import type { Key } from './en';
import { en } from './en';
import { sv } from './sv';

export type { Key } from './en';
export type Language = 'sv' | 'en';
export const languages: Readonly<Record<Language, { name: string; texts: Readonly<Record<Key, string>> }>> = {
  sv: { name: 'Svenska', texts: sv },
  en: { name: 'English', texts: en },
};

export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'sv' || base === 'en') return base;
  }
  return 'en';
}

export const language = signal<Language>('sv');

type Fill = Readonly<Record<string, string | number>>;

// The text in the reader's language; components that call it are drawn again when the language changes.
export function t(key: Key, fill: Fill = {}): string {
  const found: string = languages[language.value].texts[key];
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => (name in fill ? String(fill[name]) : whole));
}

type BaseOf<K extends string> = K extends `${infer Base}.other` ? (`${Base}.one` extends Key ? Base : never) : never;
type PluralBase = BaseOf<Key>;

const rules = { sv: new Intl.PluralRules('sv'), en: new Intl.PluralRules('en') };

export function plural(base: PluralBase, count: number, fill: Fill = {}): string {
  const form = rules[language.value].select(count) === 'one' ? 'one' : 'other';
  const shown = new Intl.NumberFormat(language.value).format(count);
  return t(`${base}.${form}` as Key, { count: shown, ...fill });
}

export function codeWord(code: string): string {
  return (language.value === 'sv' ? codesSv[code] : codesEn[code]) ?? code.replace(/^criticality-/, '');
}

// 'reasonReference' -> 'Reason reference', or the Swedish word when there is one.
export function elementWord(name: string): string {
  const known = language.value === 'sv' ? elementsSv[name] : undefined;
  if (known) return known;
  const spaced = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
