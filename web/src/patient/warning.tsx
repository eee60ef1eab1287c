// What a limit may mean for one's care, read before it is set. Ending one asks once, without the warning.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Kind, Provider, Told } from '../fhir/consent';
import { language, t } from '../i18n';
import { Dialog } from '../shared/dialog';
import { Icon } from '../shared/icon';
import { Problem } from '../shared/loading';

export interface Change {
  readonly kind: Kind;
  // The limit to end; none: set a new one.
  readonly limit: string | undefined;
  readonly provider: Provider | undefined;
}

export function Warning(props: { change: Change; text: Told | undefined; cancel: () => void; carryOut: (change: Change) => Promise<void> }) {
  const { change } = props;
  const ends = change.limit !== undefined;
  const read = useSignal(false);
  const complaint = useSignal(false);
  const busy = useSignal(false);
  const failure = useSignal<unknown>(undefined);
  const box = useRef<HTMLInputElement>(null);
  const confirm = async () => {
    if (!ends && !read.value) {
      complaint.value = true;
      box.current?.focus();
      return;
    }
    busy.value = true;
    try {
      await props.carryOut(change);
    } catch (error) {
      failure.value = error;
      busy.value = false;
    }
  };
  return (
    <Dialog title={title(change)} close={props.cancel}>
      {ends ? <p>{t('confirm.lead')}</p> : (
        <>
          <div class="warning">
            <Icon name="alert" />
            <div>
              <p lang={language.value}>{props.text?.[language.value]}</p>
            </div>
          </div>
          <label class="tick">
            <input ref={box} type="checkbox" name="warning-read" checked={read.value} aria-invalid={complaint.value}
              onChange={(event) => { read.value = event.currentTarget.checked; complaint.value = false; }} />
            <span>{t('warning.read')}</span>
          </label>
          {complaint.value && <p class="complaint" role="alert">{t('warning.read.missing')}</p>}
        </>
      )}
      {failure.value !== undefined && <Problem error={failure.value} />}
      <div class="dialog-foot">
        <button type="button" onClick={props.cancel}>{t('warning.cancel')}</button>
        <button type="button" class="primary" disabled={busy.value} data-confirm onClick={() => void confirm()}>{action(change)}</button>
      </div>
    </Dialog>
  );
}

function title(change: Change): string {
  const name = change.provider?.name ?? '';
  if (change.kind === 'opt-out') return t(change.limit ? 'confirm.optIn.title' : 'warning.optOut.title');
  return t(change.limit ? 'confirm.unblock.title' : 'warning.block.title', { name });
}

function action(change: Change): string {
  if (change.kind === 'opt-out') return t(change.limit ? 'sharing.optOut.end' : 'warning.optOut.set');
  return t(change.limit ? 'sharing.blocks.end' : 'warning.block.set');
}
