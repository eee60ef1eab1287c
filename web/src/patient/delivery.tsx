// Whether, how often and where the person is told by mail that she has a message (docs/formats/notifications.md).
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, call } from '../app/api';
import { object, objects, string } from '../fhir/json';
import { t } from '../i18n';
import { useCarrying } from '../shared/confirm';
import { Radios } from '../shared/fields';
import { Icon } from '../shared/icon';
import { announce } from '../shared/live';
import { Problem, useLoading } from '../shared/loading';

const path = '/fhir/Patient/$notification-delivery';
const paces = ['off', 'immediate', 'digest'] as const;
type Pace = (typeof paces)[number];

interface Choice {
  readonly pace: Pace;
  readonly address: string;
  readonly refused: boolean;
}

function choiceOf(answer: unknown): Choice {
  const given = objects(object(answer)?.['parameter']);
  const of = (name: string) => given.find((one) => one['name'] === name);
  return {
    pace: paces.find((one) => one === string(of('pace')?.['valueCode'])) ?? 'off',
    address: string(of('address')?.['valueString']) ?? '',
    refused: of('refused')?.['valueBoolean'] === true,
  };
}

// Undefined: this hub sends nothing.
async function load(token: string): Promise<Choice | undefined> {
  try {
    return choiceOf(await call(path, { token }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

export function Delivery({ token }: { token: string }) {
  const loaded = useLoading(() => load(token));
  useEffect(() => loaded.load(), []);
  if (loaded.error.value !== undefined) return <Problem error={loaded.error.value} retry={loaded.load} />;
  if (loaded.loading.value) return null;
  const now = loaded.value.value;
  return (
    <details class="fold card-fold" open={now?.refused ?? false}>
      <summary><Icon name="letter" />{t('delivery.title')}</summary>
      {now ? <DeliveryForm token={token} now={now} /> : <p class="muted">{t('delivery.none')}</p>}
    </details>
  );
}

function DeliveryForm({ token, now }: { token: string; now: Choice }) {
  const pace = useSignal<Pace>(now.pace);
  const address = useSignal(now.address);
  const refused = useSignal(now.refused);
  const missing = useSignal(false);
  const saved = useSignal(false);
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    saved.value = false;
    missing.value = pace.value !== 'off' && address.value.trim() === '';
    if (missing.value) return;
    const parameter = [
      { name: 'pace', valueCode: pace.value },
      ...(pace.value !== 'off' ? [{ name: 'address', valueString: address.value.trim() }] : []),
    ];
    void carrying.out(async () => {
      const made = choiceOf(await call(path, { method: 'POST', token, body: { resourceType: 'Parameters', parameter } }));
      refused.value = made.refused;
      saved.value = true;
      announce(t('delivery.saved'));
    });
  };
  return (
    <form class="form" onSubmit={submit} noValidate data-delivery>
      <p class="muted">{t('delivery.lead')}</p>
      {refused.value && <p class="complaint" role="alert">{t('delivery.refused')}</p>}
      <Radios legend={t('delivery.pace')} name="pace" value={pace} options={paces.map((value) => ({ value, label: t(`delivery.${value}`) }))} />
      {pace.value !== 'off' && (
        <label class="field">
          <span>{t('delivery.address')}</span>
          <input type="email" name="address" autocomplete="email" maxLength={254} value={address.value} aria-invalid={missing.value}
            onInput={(event) => (address.value = event.currentTarget.value)} />
        </label>
      )}
      {missing.value && <p class="complaint" role="alert">{t('delivery.missing')}</p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      <div class="acts"><button type="submit" class="primary" disabled={carrying.busy.value} data-save-delivery>{t('delivery.save')}</button></div>
      {saved.value && <p class="small muted" role="status" data-delivery-saved>{t('delivery.saved')}</p>}
    </form>
  );
}
