import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from './icon';

// A modal dialog of the browser's own: it keeps focus inside, makes the rest inert, closes on Escape and
// gives focus back to where it was.
export function Dialog(props: { title: string; close: () => void; sheet?: boolean; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    document.documentElement.classList.add('has-dialog');
    return () => {
      document.documentElement.classList.remove('has-dialog');
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} class={props.sheet ? 'sheet' : 'dialog'} aria-labelledby={heading}
      onCancel={(event) => { event.preventDefault(); props.close(); }}>
      <div class="dialog-head">
        <h2 id={heading}>{props.title}</h2>
        <button type="button" class="quiet icon-only" onClick={props.close} aria-label={t('app.close')}><Icon name="close" /></button>
      </div>
      {props.children}
    </dialog>
  );
}
