// Representatives: who may act for the person, and for whom she may act.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { acting } from '../app/acting';
import { call } from '../app/api';
import { go } from '../app/route';
import type { User } from '../app/session';
import type { Choice } from '../fhir/consent';
import { choice } from '../fhir/consent';
import type { Represented } from '../fhir/represented';
import { represented, together } from '../fhir/represented';
import { bundle } from '../fhir/types';
import { t } from '../i18n';
import { endWord, purposeWord, sentence } from '../shared/choice-words';
import { Confirm } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
import type { Basis } from './basis';
import { loadBasis } from './basis';
import { ChoiceList } from './choice-list';
import { MandateForm } from './mandate-form';

interface Loaded {
  readonly mandates: readonly Choice[];
  readonly represented: readonly Represented[];
  readonly basis: Basis;
}

async function load(token: string): Promise<Loaded> {
  const [consents, related, basis] = await Promise.all([
    call('/fhir/Consent', { token }), call('/fhir/RelatedPerson?acting=me', { token }), loadBasis(token),
  ]);
  return {
    mandates: bundle(consents).entries.flatMap((entry) => choice(entry.resource) ?? []).filter((one) => one.kind === 'mandate'),
    represented: together(bundle(related).entries.flatMap((entry) => represented(entry.resource) ?? []), new Date()),
    basis,
  };
}

type Asked = { readonly what: 'give'; readonly before: Choice | undefined } | { readonly what: 'revoke'; readonly one: Choice };

export function People({ user }: { user: User }) {
  const loaded = useLoading(() => load(user.token));
  const asked = useSignal<Asked | undefined>(undefined);
  const done = useDone();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    loaded.load();
  }, []);
  const close = () => (asked.value = undefined);
  const finished = (said: string) => {
    close();
    done.say(said);
    loaded.load();
  };
  const now = loaded.value.value;
  // What staff has registered for a guardian or a parent, staff changes and ends.
  const chosen = (one: Choice) => (one.given ?? 'chosen') === 'chosen';
  const given = (one: Choice) => !one.given || one.given === 'chosen' ? null : <p class="small muted">{t(`people.kind.${one.given}`)}</p>;
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1}>{t('people.title')}</h1>
      <p class="lead">{t('people.lead')}</p>
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      <Done of={done} />
      {!now && loaded.loading.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {now && (
        <>
          <section aria-labelledby="mandates">
            <h2 id="mandates">{t('people.mine')}</h2>
            <ChoiceList choices={now.mandates} icon="person" none={t('people.mine.none')} note={given} acts={[
              { label: t('people.change'), name: 'change', offered: chosen, act: (one) => (asked.value = { what: 'give', before: one }) },
              { label: t('people.revoke'), name: 'revoke', offered: (one) => chosen(one) || one.given === 'foreign', act: (one) => (asked.value = { what: 'revoke', one }) },
            ]} />
            <div class="acts">
              <button type="button" class="primary" data-add-mandate onClick={() => (asked.value = { what: 'give', before: undefined })}>
                <Icon name="person" />{t('people.add')}
              </button>
            </div>
          </section>
          <section aria-labelledby="acting">
            <h2 id="acting">{t('people.acting')}</h2>
            <Acting list={now.represented} />
          </section>
        </>
      )}
      {now && asked.value?.what === 'give' && <MandateForm token={user.token} basis={now.basis} before={asked.value.before} close={close} done={finished} />}
      {asked.value?.what === 'revoke' && <Revoke token={user.token} one={asked.value.one} close={close} done={finished} />}
    </div>
  );
}

function Revoke({ token, one, close, done }: { token: string; one: Choice; close: () => void; done: (said: string) => void }) {
  const carryOut = async () => {
    await call(`/fhir/Consent/${encodeURIComponent(one.id)}`, { method: 'DELETE', token });
    done(t('people.revoked'));
  };
  return (
    <Confirm title={t('people.revoke.title')} action={t('people.revoke')} close={close} carryOut={carryOut}>
      <p class="quoted">{sentence(one)}</p>
      <p>{t('people.revoke.lead')}</p>
    </Confirm>
  );
}

function Acting({ list }: { list: readonly Represented[] }) {
  if (list.length === 0) return <p class="muted">{t('people.acting.none')}</p>;
  const act = (one: Represented) => {
    acting.value = one;
    go('record');
  };
  return (
    <ul class="choice-list">
      {list.map((one) => {
        const name = one.name ?? t('acting.someone');
        return (
          <li key={one.identifier.value} data-acting={one.identifier.value}>
            <Icon name="person" />
            <div class="card-text">
              <p><strong class="sentence">{name}</strong></p>
              <p>{t(one.everything ? 'people.sees.everything' : 'people.sees.part')} {one.manage && t('people.manages')}</p>
              {(one.to || one.purpose) && (
                <p class="small muted sentence">{[one.to && t('people.to', { end: endWord(one.to) }), one.purpose && purposeWord(one.purpose)].filter(Boolean).join(' ')}</p>
              )}
            </div>
            <div class="acts"><button type="button" data-act="act" onClick={() => act(one)}>{t('people.act', { name })}</button></div>
          </li>
        );
      })}
    </ul>
  );
}
