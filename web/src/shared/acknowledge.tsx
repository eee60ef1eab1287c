// The text that is read before a choice, and the tick that says so.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { Told } from '../fhir/consent';
import { language, t } from '../i18n';
import { Icon } from './icon';

export interface Acknowledgement {
  readonly read: Signal<boolean>;
  readonly missing: Signal<boolean>;
  readonly box: RefObject<HTMLInputElement | null>;
  // Complains, and leads to the box, unless the text was read.
  readonly given: () => boolean;
}

export function useAcknowledgement(): Acknowledgement {
  const read = useSignal(false);
  const missing = useSignal(false);
  const box = useRef<HTMLInputElement>(null);
  const given = () => {
    missing.value = !read.value;
    if (missing.value) box.current?.focus();
    return read.value;
  };
  return { read, missing, box, given };
}

export function Acknowledge({ text, of }: { text: Told | undefined; of: Acknowledgement }) {
  return (
    <>
      <div class="warning">
        <Icon name="alert" />
        <p lang={language.value}>{text?.[language.value]}</p>
      </div>
      <label class="tick">
        <input ref={of.box} type="checkbox" name="warning-read" checked={of.read.value} aria-invalid={of.missing.value}
          onChange={(event) => { of.read.value = event.currentTarget.checked; of.missing.value = false; }} />
        <span>{t('warning.read')}</span>
      </label>
      {of.missing.value && <p class="complaint" role="alert">{t('warning.read.missing')}</p>}
    </>
  );
}
