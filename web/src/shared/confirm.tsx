// The foot of a form in a dialog: what went wrong, back, and on. Asks once; while it is carried out it cannot be asked again.
import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Dialog } from './dialog';
import { Problem } from './loading';

export interface Carrying {
  readonly busy: Signal<boolean>;
  readonly failure: Signal<unknown>;
  readonly out: (work: () => Promise<void>) => Promise<void>;
}

export function useCarrying(): Carrying {
  const busy = useSignal(false);
  const failure = useSignal<unknown>(undefined);
  const out = async (work: () => Promise<void>) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = undefined;
    try {
      await work();
    } catch (error) {
      failure.value = error;
    }
    busy.value = false;
  };
  return { busy, failure, out };
}

export function Foot({ carrying, action, cancel }: { carrying: Carrying; action: string; cancel: () => void }) {
  return (
    <>
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      <div class="dialog-foot">
        <button type="button" onClick={cancel}>{t('warning.cancel')}</button>
        <button type="submit" class="primary" disabled={carrying.busy.value} data-confirm>{action}</button>
      </div>
    </>
  );
}

export function Confirm(props: { title: string; action: string; children: ComponentChildren; close: () => void; carryOut: () => Promise<void>; ready?: () => boolean }) {
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    if (!props.ready || props.ready()) void carrying.out(props.carryOut);
  };
  return (
    <Dialog title={props.title} close={props.close}>
      <form class="form" onSubmit={submit} noValidate>
        {props.children}
        <Foot carrying={carrying} action={props.action} cancel={props.close} />
      </form>
    </Dialog>
  );
}
