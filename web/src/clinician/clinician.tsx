import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { go, route } from '../app/route';
import type { Person, User } from '../app/session';
import * as text from '../fhir/datatypes';
import { string } from '../fhir/json';
import { shownNumber } from '../fhir/personnumber';
import { t } from '../i18n';
import * as format from '../shared/format';
import { Gathering } from '../shared/gather';
import { Icon } from '../shared/icon';
import { facts } from '../shared/person';
import { RecordView } from '../shared/record';
import { BreakGlass } from './break-glass';
import type { Glass } from './break-glass';
import { Find } from './find';
import { FollowUps } from './follow-ups';
import { SecondPerson } from './second-person';

interface Opened {
  readonly person: Person;
  readonly glass: Glass | undefined;
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
  const open = (person: Person, glass?: Glass) => {
    close();
    const question = { token: user.token, purpose: 'TREAT' as const, identifier: person.identifier };
    opened.value = { person, glass, gathering: new Gathering(glass ? { ...question, breakGlass: glass.id } : question) };
    go('record');
  };
  if (!opened.value || route.value !== 'record') return <><Find open={(person) => open(person)} /><SecondPerson token={user.token} /><FollowUps user={user} /></>;
  const { person, glass, gathering } = opened.value;
  const head = <PersonBar token={user.token} person={person} glass={glass} gathering={gathering} broken={(made) => open(person, made)} />;
  return <RecordView key={glass?.id} gathering={gathering} reasons={false} head={head} />;
}

interface BarProps {
  readonly token: string;
  readonly person: Person;
  readonly glass: Glass | undefined;
  readonly gathering: Gathering;
  readonly broken: (glass: Glass) => void;
}

function PersonBar({ token, person, glass, gathering, broken }: BarProps) {
  const breaking = useSignal(false);
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
      {glass
        ? <span class="glass-until"><Icon name="alert" />{t('glass.until', { time: format.clock(new Date(glass.until)) })}</span>
        : <button type="button" class="quiet" data-break-glass onClick={() => (breaking.value = true)}><Icon name="alert" />{t('glass.open')}</button>}
      {breaking.value && <BreakGlass token={token} person={person} close={() => (breaking.value = false)}
        broken={(made) => { breaking.value = false; broken(made); }} />}
    </div>
  );
}
