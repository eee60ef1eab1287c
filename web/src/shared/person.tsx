import { ageAt } from '../fhir/dates';
import { codeWord, plural, t } from '../i18n';
import * as format from './format';

export interface Shown {
  readonly name: string | undefined;
  readonly birthDate: string | undefined;
  readonly gender: string | undefined;
  readonly number: string | undefined;
}

// 'woman, 71 years, born 5 May 1954'
export function facts(person: Shown): string {
  const age = ageAt(person.birthDate, new Date());
  const gender = person.gender && ['female', 'male', 'other', 'unknown'].includes(person.gender)
    ? t(`person.${person.gender as 'female'}`)
    : person.gender && codeWord(person.gender);
  return [
    gender,
    age === undefined ? undefined : plural('person.age', age),
    person.birthDate && t('person.born', { date: format.day(person.birthDate) }),
  ].filter(Boolean).join(', ');
}
