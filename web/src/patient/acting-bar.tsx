// Says, on every page, for whom the user acts now, and leads back.
import { acting } from '../app/acting';
import { go } from '../app/route';
import type { Key } from '../i18n';
import { t } from '../i18n';
import { Icon } from '../shared/icon';

export function actingName(): string {
  return acting.value?.name ?? t('acting.someone');
}

// A heading in the words for oneself, or for whom one acts.
export function headed(own: Key, other: Key): string {
  return acting.value ? t(other, { name: actingName() }) : t(own);
}

export function ActingBar() {
  if (!acting.value) return null;
  const name = actingName();
  const stop = () => {
    acting.value = undefined;
    go('people');
  };
  return (
    <div class="acting" role="region" aria-label={t('acting.now', { name })} data-acting-now>
      <Icon name="person" />
      <p><strong>{t('acting.now', { name })}.</strong> {t('acting.lead', { name })}</p>
      <button type="button" data-stop-acting onClick={stop}><Icon name="back" />{t('acting.stop')}</button>
    </div>
  );
}
