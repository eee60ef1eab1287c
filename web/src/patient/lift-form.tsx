// Opening blocks for a while, for one care provider; at most seven days.
import { useSignal } from '@preact/signals';
import { patientOf } from '../app/acting';
import { call } from '../app/api';
import type { Choice, Draft } from '../fhir/consent';
import { consentFor } from '../fhir/consent';
import { plural, t } from '../i18n';
import { sentence } from '../shared/choice-words';
import { Foot, useCarrying } from '../shared/confirm';
import { Dialog } from '../shared/dialog';
import { Choose } from '../shared/fields';
import type { Basis } from './basis';
import { userName } from './basis';

const days = [1, 2, 3, 7] as const;
const dayMs = 86_400_000;

interface Props {
  readonly token: string;
  readonly basis: Basis;
  readonly blocks: readonly Choice[];
  // The block at which it began.
  readonly block: string | undefined;
  readonly close: () => void;
  readonly done: (said: string) => void;
}

export function LiftForm({ token, basis, blocks, block, close, done }: Props) {
  const which = useSignal(block ?? '');
  const provider = useSignal(basis.providers[0]?.id ?? '');
  const long = useSignal('1');
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    const from = new Date();
    const draft: Draft = {
      kind: 'lift', block: which.value || undefined, toProvider: basis.providers.find((one) => one.id === provider.value),
      from: from.toISOString(), to: new Date(from.getTime() + Number(long.value) * dayMs).toISOString(),
    };
    void carrying.out(async () => {
      await call('/fhir/Consent', { method: 'POST', token, body: consentFor(draft, undefined, patientOf()) });
      done(t('lift.done', { sentence: sentence(draft, userName) }));
    });
  };
  return (
    <Dialog title={t('lift.title')} close={close}>
      <form class="form" onSubmit={submit} noValidate>
        <p>{t('lift.lead')}</p>
        <Choose label={t('lift.which')} name="block" value={which}
          options={[{ value: '', label: t('lift.which.all') }, ...blocks.map((one) => ({ value: one.id, label: sentence(one, userName) }))]} />
        <Choose label={t('lift.whom')} name="provider" value={provider} options={basis.providers.map((one) => ({ value: one.id, label: one.name }))} />
        <Choose label={t('lift.long')} name="days" value={long} options={days.map((one) => ({ value: String(one), label: plural('lift.days', one) }))} />
        <Foot carrying={carrying} action={t('lift.set')} cancel={close} />
      </form>
    </Dialog>
  );
}
