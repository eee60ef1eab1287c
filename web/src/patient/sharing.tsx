// The person's choices about sharing: what holds in plain sentences, and how to change it.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { about, acting } from '../app/acting';
import { call } from '../app/api';
import type { User } from '../app/session';
import type { Choice } from '../fhir/consent';
import { choice } from '../fhir/consent';
import { bundle } from '../fhir/types';
import { t } from '../i18n';
import { sentence } from '../shared/choice-words';
import { Confirm } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Problem, useLoading } from '../shared/loading';
import { Icon } from '../shared/icon';
import { headed } from './acting-bar';
import type { Basis } from './basis';
import { loadBasis, loadUsers, userName } from './basis';
import { BlockForm } from './block-form';
import { ChoiceList } from './choice-list';
import { Explain } from './explain';
import { History } from './history';
import { LiftForm } from './lift-form';
import type { Switched } from './switches';
import { OptOut, Switch } from './switches';

interface Loaded {
  readonly choices: readonly Choice[];
  readonly basis: Basis;
}

async function load(token: string): Promise<Loaded> {
  const [consents, basis] = await Promise.all([call(about('/fhir/Consent'), { token }), loadBasis(token)]);
  const choices = bundle(consents).entries.flatMap((entry) => choice(entry.resource) ?? []);
  if (choices.some((one) => one.exceptUsers?.length || one.toUser)) await loadUsers(token);
  return { choices, basis };
}

type Asked =
  | { readonly what: 'block' }
  | { readonly what: 'lift'; readonly block: string | undefined }
  | { readonly what: 'end'; readonly one: Choice }
  | { readonly what: 'switch'; readonly kind: Switched; readonly ends: boolean };

export function Sharing({ user }: { user: User }) {
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
  const blocks = now?.choices.filter((one) => one.kind === 'block') ?? [];
  const lifts = now?.choices.filter((one) => one.kind === 'lift') ?? [];
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1}>{headed('sharing.title', 'sharing.title.for')}</h1>
      {!acting.value && <p class="lead">{t('sharing.lead')}</p>}
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      <Done of={done} />
      {!now && loaded.loading.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {now && (
        <>
          <OptOut kind="opt-out" choices={now.choices} ask={(ends) => (asked.value = { what: 'switch', kind: 'opt-out', ends })} />
          <section aria-labelledby="blocks">
            <h2 id="blocks">{t('blocks.title')}</h2>
            <p class="muted">{headed('blocks.lead', 'for.blocks.lead')}</p>
            <ChoiceList choices={blocks} icon="lock" none={t('blocks.none')} acts={[
              { label: t('blocks.open'), name: 'lift', act: (one) => (asked.value = { what: 'lift', block: one.id }) },
              { label: t('choice.end'), name: 'end', act: (one) => (asked.value = { what: 'end', one }) },
            ]} />
            <div class="acts">
              <button type="button" class="primary" data-add-block onClick={() => (asked.value = { what: 'block' })}><Icon name="lock" />{t('blocks.add')}</button>
              {blocks.length > 0 && <button type="button" data-add-lift onClick={() => (asked.value = { what: 'lift', block: undefined })}>{t('lifts.add')}</button>}
            </div>
          </section>
          {lifts.length > 0 && (
            <section aria-labelledby="lifts">
              <h2 id="lifts">{t('lifts.title')}</h2>
              <ChoiceList choices={lifts} icon="clock" none="" acts={[{ label: t('choice.end'), name: 'end', act: (one) => (asked.value = { what: 'end', one }) }]} />
            </section>
          )}
          <OptOut kind="secondary-opt-out" choices={now.choices} ask={(ends) => (asked.value = { what: 'switch', kind: 'secondary-opt-out', ends })} />
          <Explain token={user.token} providers={now.basis.providers} />
          <History key={now.choices.map((one) => one.id).join()} token={user.token} />
        </>
      )}
      {now && asked.value?.what === 'block' && <BlockForm token={user.token} basis={now.basis} close={close} done={finished} />}
      {now && asked.value?.what === 'lift' && <LiftForm token={user.token} basis={now.basis} blocks={blocks} block={asked.value.block} close={close} done={finished} />}
      {asked.value?.what === 'end' && <End token={user.token} one={asked.value.one} close={close} done={finished} />}
      {now && asked.value?.what === 'switch' && <Switch token={user.token} asked={asked.value} basis={now.basis} close={close} done={finished} />}
    </div>
  );
}

interface Ending {
  readonly token: string;
  readonly close: () => void;
  readonly done: (said: string) => void;
}

function End({ token, one, close, done }: Ending & { one: Choice }) {
  const lift = one.kind === 'lift';
  const carryOut = async () => {
    await call(about(`/fhir/Consent/${encodeURIComponent(one.id)}`), { method: 'DELETE', token });
    done(t(lift ? 'lifts.ended' : 'blocks.ended'));
  };
  return (
    <Confirm title={t(lift ? 'lifts.end.title' : 'blocks.end.title')} action={t('choice.end')} close={close} carryOut={carryOut}>
      <p class="quoted">{sentence(one, userName)}</p>
      <p>{t(lift ? 'lifts.end.lead' : 'confirm.lead')}</p>
    </Confirm>
  );
}
