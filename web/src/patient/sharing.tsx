// The person's choices: outside sharing altogether, or one care provider's records blocked. Consequences are shown first.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { call } from '../app/api';
import type { User } from '../app/session';
import type { Limit, Provider } from '../fhir/consent';
import { consentFor, limit, provider, told } from '../fhir/consent';
import { bundle } from '../fhir/types';
import { t } from '../i18n';
import * as format from '../shared/format';
import { hue } from '../shared/hues';
import { Icon } from '../shared/icon';
import { announce } from '../shared/live';
import { Problem, useLoading } from '../shared/loading';
import type { Change } from './warning';
import { Warning } from './warning';

interface Choices {
  readonly limits: readonly Limit[];
  readonly providers: readonly Provider[];
  readonly warnings: unknown;
}

async function load(token: string): Promise<Choices> {
  const [consents, organizations, warnings] = await Promise.all([
    call('/fhir/Consent', { token }), call('/fhir/Organization', { token }), call('/rights/warnings', { token }),
  ]);
  const limits = bundle(consents).entries.flatMap((entry) => limit(entry.resource) ?? []);
  const providers = bundle(organizations).entries.flatMap((entry) => provider(entry.resource) ?? []);
  providers.sort((a, b) => a.name.localeCompare(b.name, 'sv'));
  return { limits, providers, warnings };
}

export function Sharing({ user }: { user: User }) {
  const choices = useLoading(() => load(user.token));
  const change = useSignal<Change | undefined>(undefined);
  const done = useSignal<string | undefined>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    choices.load();
  }, []);

  const carryOut = async (wanted: Change) => {
    if (wanted.limit) await call(`/fhir/Consent/${encodeURIComponent(wanted.limit)}`, { method: 'DELETE', token: user.token });
    else {
      const read = told(choices.value.value?.warnings, wanted.kind)?.uri ?? '';
      await call('/fhir/Consent', { method: 'POST', token: user.token, body: consentFor(wanted.kind, read, wanted.provider?.id) });
    }
    change.value = undefined;
    done.value = doneText(wanted);
    announce(done.value);
    choices.load();
  };

  const now = choices.value.value;
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1}>{t('sharing.title')}</h1>
      <p class="lead">{t('sharing.lead')}</p>
      {choices.error.value !== undefined && <Problem error={choices.error.value} retry={choices.load} />}
      {done.value && <div class="notice good"><Icon name="check" /><p>{done.value}</p></div>}
      {!now && choices.loading.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {now && <OptOut limits={now.limits} ask={(wanted) => (change.value = wanted)} />}
      {now && <Blocks choices={now} ask={(wanted) => (change.value = wanted)} />}
      {change.value && <Warning change={change.value} text={told(now?.warnings, change.value.kind)} cancel={() => (change.value = undefined)} carryOut={carryOut} />}
    </div>
  );
}

function doneText(wanted: Change): string {
  if (wanted.kind === 'opt-out') return t(wanted.limit ? 'sharing.done.optIn' : 'sharing.done.optOut');
  return t(wanted.limit ? 'sharing.done.unblock' : 'sharing.done.block', { name: wanted.provider?.name ?? '' });
}

function OptOut({ limits, ask }: { limits: readonly Limit[]; ask: (change: Change) => void }) {
  const out = limits.find((one) => one.kind === 'opt-out');
  return (
    <section class="choice" aria-labelledby="opt-out" data-opted-out={out !== undefined}>
      <Icon name={out ? 'lock' : 'share'} />
      <div>
        <h2 id="opt-out">{t('sharing.optOut.title')}</h2>
        <p>{t(out ? 'sharing.optOut.off' : 'sharing.optOut.on')}</p>
        {out?.since && <p class="small muted sentence">{t('sharing.optOut.since', { date: format.date(out.since) })}</p>}
      </div>
      <button type="button" onClick={() => ask({ kind: 'opt-out', limit: out?.id, provider: undefined })}>
        {t(out ? 'sharing.optOut.end' : 'sharing.optOut.set')}
      </button>
    </section>
  );
}

function Blocks({ choices, ask }: { choices: Choices; ask: (change: Change) => void }) {
  const blocks = new Map(choices.limits.filter((one) => one.kind !== 'opt-out' && one.provider).map((one) => [one.provider, one]));
  const out = choices.limits.some((one) => one.kind === 'opt-out');
  const strange = choices.limits.filter((one) => one.kind !== 'opt-out' && !choices.providers.some((p) => p.id === one.provider));
  const known: Provider[] = [...choices.providers, ...strange.map((one) => ({ id: one.provider ?? one.id, name: one.provider ?? t('sharing.other') }))];
  return (
    <section aria-labelledby="blocks">
      <h2 id="blocks">{t('sharing.blocks.title')}</h2>
      <p class="muted">{t('sharing.blocks.lead')}</p>
      {known.length === 0 && <p class="muted">{t('sharing.none.providers')}</p>}
      <ul class="block-list">
        {known.map((one) => {
          const block = blocks.get(one.id) ?? strange.find((other) => other.id === one.id);
          return (
            <li key={one.id} class={block ? 'blocked' : undefined} data-provider={one.id} data-blocked={block !== undefined}>
              <i class={`swatch ${hue(one.id)}`} aria-hidden="true" />
              <span class="card-text">
                <strong>{one.name}</strong>
                <span class="small muted block-state">
                  <Icon name={block || out ? 'lock' : 'check'} />
                  {t(block ? 'sharing.blocks.blocked' : out ? 'sharing.blocks.outside' : 'sharing.blocks.open')}
                  {block?.since && ` · ${t('sharing.optOut.since', { date: format.date(block.since) })}`}
                </span>
              </span>
              <button type="button"
                onClick={() => ask({ kind: 'block', limit: block?.id, provider: one })}>
                {t(block ? 'sharing.blocks.end' : 'sharing.blocks.set')}<span class="visually-hidden"> {one.name}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
