import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { go, route } from '../app/route';
import type { Person, User } from '../app/session';
import * as text from '../fhir/datatypes';
import { string } from '../fhir/json';
import { shownNumber } from '../fhir/personnumber';
import { t } from '../i18n';
import { Gathering } from '../shared/gather';
import { Icon } from '../shared/icon';
import { facts } from '../shared/person';
import { RecordView } from '../shared/record';
import { Find } from './find';

interface Opened {
  readonly person: Person;
  readonly gathering: Gathering;
}

export function ClinicianPages({ user }: { user: User }) {
  const opened = useSignal<Opened | undefined>(undefined);
  const close = () => {
    opened.value?.gathering.stop();
    opened.value = undefined;
  };
  // Leaving the record, also by the browser's own Back, drops what was read.
  useEffect(() => {
    if (route.value !== 'record') close();
  }, [route.value]);
  useEffect(() => close, []);
  const open = (person: Person) => {
    close();
    opened.value = { person, gathering: new Gathering({ token: user.token, purpose: 'TREAT', identifier: person.identifier }) };
    go('record');
  };
  if (!opened.value || route.value !== 'record') return <Find open={open} />;
  const { person, gathering } = opened.value;
  return <RecordView gathering={gathering} reasons={false} head={<PersonBar person={person} gathering={gathering} />} />;
}

function PersonBar({ person, gathering }: { person: Person; gathering: Gathering }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  // What the sources say fills in when only a number was typed.
  const shown = useComputed(() => {
    const patient = gathering.patient.value;
    return {
      name: person.name ?? text.humanName(patient?.['name']),
      birthDate: person.birthDate ?? string(patient?.['birthDate']),
      gender: person.gender ?? string(patient?.['gender']),
      number: shownNumber(person.identifier.value),
    };
  }).value;
  return (
    <div class="person-bar">
      <button type="button" class="quiet" onClick={() => go('start')}><Icon name="back" />{t('person.back')}</button>
      <h1 ref={heading} tabIndex={-1}>{shown.name ?? shown.number}</h1>
      <span class="tabular"><span class="visually-hidden">{t('person.number')} </span>{shown.number}</span>
      <span class="muted">{facts(shown)}</span>
    </div>
  );
}
