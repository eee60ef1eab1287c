// Opening blocked data when life or health is at risk. Offered for every person in the same way: it tells nothing.
import { useSignal } from '@preact/signals';
import { call } from '../app/api';
import type { Person } from '../app/session';
import { object, objects, string } from '../fhir/json';
import { t } from '../i18n';
import { Dialog } from '../shared/dialog';
import * as format from '../shared/format';
import { Problem } from '../shared/loading';

export interface Glass {
  readonly id: string;
  readonly until: string;
  // Until then a second person may confirm it; before she has it opens nothing.
  readonly confirmBefore: string | undefined;
}

function glass(answer: unknown): Glass | undefined {
  const parameters = objects(object(answer)?.['parameter']);
  const value = (name: string, type: string) => string(parameters.find((one) => one['name'] === name)?.[type]);
  const id = value('id', 'valueString'), until = value('until', 'valueInstant');
  return id && until ? { id, until, confirmBefore: value('confirmBefore', 'valueInstant') } : undefined;
}

export function BreakGlass(props: { token: string; person: Person; close: () => void; broken: (glass: Glass) => void }) {
  const ground = useSignal<'life' | 'health' | undefined>(undefined);
  const reason = useSignal('');
  const complaint = useSignal(false);
  const busy = useSignal(false);
  const failure = useSignal<unknown>(undefined);
  const waiting = useSignal<Glass | undefined>(undefined);
  const confirm = async (event: Event) => {
    event.preventDefault();
    complaint.value = !ground.value || reason.value.trim() === '';
    if (complaint.value) return;
    busy.value = true;
    const parameter = [
      { name: 'identifier', valueIdentifier: props.person.identifier },
      { name: 'ground', valueCode: ground.value },
      { name: 'reason', valueString: reason.value.trim() },
    ];
    try {
      const answer = await call('/fhir/Patient/$break-glass', { method: 'POST', token: props.token, body: { resourceType: 'Parameters', parameter } });
      const made = glass(answer);
      if (made?.confirmBefore) waiting.value = made;
      else if (made) props.broken(made);
      else props.close();
    } catch (error) {
      failure.value = error;
      busy.value = false;
    }
  };
  if (waiting.value) return <Waits glass={waiting.value} close={props.close} broken={props.broken} />;
  return (
    <Dialog title={t('glass.title')} close={props.close}>
      <form class="glass" onSubmit={(event) => void confirm(event)} noValidate>
        <p>{t('glass.lead')}</p>
        <fieldset>
          <legend>{t('glass.ground')}</legend>
          {(['life', 'health'] as const).map((one) => (
            <label key={one} class="tick">
              <input type="radio" name="ground" value={one} checked={ground.value === one} onChange={() => (ground.value = one)} />
              <span>{t(one === 'life' ? 'glass.life' : 'glass.health')}</span>
            </label>
          ))}
        </fieldset>
        <label>
          {t('glass.reason')}
          <textarea name="reason" rows={3} maxLength={160} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
        </label>
        {complaint.value && <p class="complaint" role="alert">{t('glass.missing')}</p>}
        {failure.value !== undefined && <Problem error={failure.value} />}
        <div class="dialog-foot">
          <button type="button" onClick={props.close}>{t('warning.cancel')}</button>
          <button type="submit" class="primary" disabled={busy.value} data-confirm>{t('glass.confirm')}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Waits({ glass, close, broken }: { glass: Glass; close: () => void; broken: (glass: Glass) => void }) {
  return (
    <Dialog title={t('glass.title')} close={close}>
      <p role="status" data-waits={glass.id}>{t('glass.waits', { time: glass.confirmBefore ? format.clock(new Date(glass.confirmBefore)) : '', id: glass.id })}</p>
      <div class="dialog-foot">
        <button type="button" onClick={close}>{t('warning.cancel')}</button>
        <button type="button" class="primary" data-confirm onClick={() => broken(glass)}>{t('glass.waits.go')}</button>
      </div>
    </Dialog>
  );
}
