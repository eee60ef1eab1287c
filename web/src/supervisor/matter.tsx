// Why a supervisor looks across people: asked for once, sent with every question, written in the hub's log.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Text } from '../shared/fields';

export interface Matter {
  readonly ground: string;
  readonly reference: string;
}

export function inMatter(matter: Matter, asked: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ ...asked, ground: matter.ground, reference: matter.reference }).toString();
}

// Shows what is inside once the matter is known.
export function WithMatter({ matter, children }: { matter: Signal<Matter | undefined>; children: (now: Matter) => ComponentChildren }) {
  const now = matter.value;
  if (!now) return <MatterForm matter={matter} />;
  return (
    <>
      <p class="matter">
        <span>{t('matter.now', { reference: now.reference, ground: now.ground })}</span>
        <button type="button" class="quiet" data-other-matter onClick={() => (matter.value = undefined)}>{t('matter.change')}</button>
      </p>
      {children(now)}
    </>
  );
}

function MatterForm({ matter }: { matter: Signal<Matter | undefined> }) {
  const ground = useSignal('');
  const reference = useSignal('');
  const missing = useSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = { ground: ground.value.trim(), reference: reference.value.trim() };
    missing.value = given.ground === '' || given.reference === '';
    if (!missing.value) matter.value = given;
  };
  return (
    <form class="form" onSubmit={submit} noValidate data-matter>
      <h2>{t('matter.title')}</h2>
      <p class="muted">{t('matter.lead')}</p>
      <div class="pair">
        <Text label={t('matter.ground')} name="ground" value={ground} max={100} invalid={missing.value && ground.value.trim() === ''} />
        <Text label={t('matter.reference')} name="reference" value={reference} max={100} invalid={missing.value && reference.value.trim() === ''} />
      </div>
      {missing.value && <p class="complaint" role="alert">{t('matter.missing')}</p>}
      <div class="acts"><button type="submit" class="primary" data-set-matter>{t('matter.set')}</button></div>
    </form>
  );
}
