// Staff who register mandates that came on paper.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { call } from '../app/api';
import type { Person, User } from '../app/session';
import type { Draft, MandateKind } from '../fhir/consent';
import { consentFor } from '../fhir/consent';
import { t } from '../i18n';
import { dayEnd, sentence } from '../shared/choice-words';
import { useCarrying } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Day, Radios, Text, Tick } from '../shared/fields';
import { Icon } from '../shared/icon';
import { Problem } from '../shared/loading';
import { PersonChoice } from '../shared/person-box';

export function RegistrarPages({ user }: { user: User }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const done = useDone();
  const turn = useSignal(0);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const registered = (said: string) => {
    done.say(said);
    turn.value += 1;
  };
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1}>{t('paper.title')}</h1>
      <p class="lead">{t('paper.lead')}</p>
      <Done of={done} />
      <PaperForm key={turn.value} token={user.token} done={registered} />
    </div>
  );
}

function PaperForm({ token, done }: { token: string; done: (said: string) => void }) {
  const person = useSignal<Person | undefined>(undefined);
  const acts = useSignal<Person | undefined>(undefined);
  const paper = useSignal('');
  const kind = useSignal<MandateKind>('chosen');
  const manage = useSignal(false);
  const despite = useSignal(false);
  const to = useSignal('');
  const missing = useSignal(false);
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    const about = person.value, who = acts.value;
    missing.value = !about || !who || paper.value.trim() === '';
    if (!about || !who || missing.value) return;
    const draft: Draft = {
      kind: 'mandate', given: kind.value, paper: paper.value.trim(), manage: manage.value, despiteProtection: despite.value, to: dayEnd(to.value),
      representative: { identifier: who.identifier, name: who.name },
    };
    void carrying.out(async () => {
      await call('/fhir/Consent', { method: 'POST', token, body: consentFor(draft, undefined, about.identifier) });
      done(t('paper.done', { sentence: sentence(draft) }));
    });
  };
  const kinds = (['chosen', 'guardian', 'parent'] as const).map((value) => ({ value, label: t(`paper.kind.${value}`) }));
  return (
    <form class="form" onSubmit={submit} noValidate>
      <PersonChoice label={t('paper.person')} name="about" person={person.value} missing={missing.value && !person.value} choose={(one) => (person.value = one)} />
      <PersonChoice label={t('paper.acts')} name="acts" person={acts.value} missing={missing.value && !acts.value} choose={(one) => (acts.value = one)} />
      <Text label={t('paper.evidence')} name="evidence" value={paper} max={100} invalid={missing.value && paper.value.trim() === ''} />
      <Radios legend={t('paper.kind')} name="kind" value={kind} options={kinds} />
      <Tick name="manage" value={manage}>{t('paper.manage')}</Tick>
      <Tick name="despite-protection" value={despite}>{t('paper.protected')}</Tick>
      <Day label={t('block.to')} name="to" value={to} />
      {missing.value && !(person.value && acts.value && paper.value.trim()) && <p class="complaint" role="alert">{t('paper.missing')}</p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      <div class="acts"><button type="submit" class="primary" disabled={carrying.busy.value} data-register><Icon name="document" />{t('paper.register')}</button></div>
    </form>
  );
}
