import type { Signal } from '@preact/signals';
import { batch, signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { ApiError } from '../app/api';
import { t } from '../i18n';
import { Icon } from './icon';

export interface Loading<T> {
  readonly value: Signal<T | undefined>;
  readonly error: Signal<unknown>;
  readonly loading: Signal<boolean>;
  readonly load: () => void;
}

// Loads one thing; only the latest load counts.
export function useLoading<T>(load: () => Promise<T>): Loading<T> {
  return useMemo(() => {
    const value = signal<T | undefined>(undefined);
    const error = signal<unknown>(undefined);
    const loading = signal(true);
    let turn = 0;
    const start = () => {
      const mine = ++turn;
      loading.value = true;
      load().then(
        (loaded) => mine === turn && batch(() => { value.value = loaded; error.value = undefined; loading.value = false; }),
        (caught: unknown) => mine === turn && batch(() => { error.value = caught; loading.value = false; }),
      );
    };
    return { value, error, loading, load: start };
  }, []);
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <Icon name="alert" />
      <p>
        {t(error instanceof ApiError ? error.key : 'error.server')}
        {error instanceof ApiError && error.detail && <span class="server-words">{error.detail}</span>}
      </p>
      {retry && <button type="button" onClick={retry}>{t('app.retry')}</button>}
    </div>
  );
}
