import type { Language } from '../i18n';
import { language, languages, t } from '../i18n';
import { Icon } from '../shared/icon';
import { setLanguage, setTheme, theme, themes } from './preferences';
import { acting } from './acting';
import { go } from './route';
import { user } from './session';

export function Header() {
  const who = user.value;
  return (
    <header class="top">
      <div class="brand">
        <Icon name="idun" />
        <span class="brand-name">{t('app.name')}</span>
        <span class="brand-note">{t('app.demo')}</span>
      </div>
      {who && (
        <div class="who">
          <span class="visually-hidden">{t('app.signedInAs')}</span>
          <span class="who-text">
            <strong>{who.name}</strong>
            <span class="who-where">{[t(`role.${who.role}`), who.unit ?? who.provider?.name].filter(Boolean).join(', ')}</span>
          </span>
          <button type="button" class="quiet" onClick={leave}>
            <Icon name="leave" />
            <span class="who-leave">{t('app.leave')}</span>
          </button>
        </div>
      )}
      <div class="tools">
        <LanguageChoice />
        <ThemeChoice />
      </div>
    </header>
  );
}

function leave(): void {
  acting.value = undefined;
  user.value = undefined;
  go('start');
}

function LanguageChoice() {
  return (
    <div class="segments" role="group" aria-label={t('app.language')}>
      {(Object.keys(languages) as Language[]).map((name) => (
        <button key={name} type="button" lang={name} aria-pressed={language.value === name} onClick={() => setLanguage(name)}
          title={languages[name].name}>
          <span aria-hidden="true">{name.toUpperCase()}</span>
          <span class="visually-hidden">{languages[name].name}</span>
        </button>
      ))}
    </div>
  );
}

function ThemeChoice() {
  const now = theme.value;
  const label = `${t('app.theme')}: ${t(`app.theme.${now}`)}`;
  const next = () => setTheme(themes[(themes.indexOf(now) + 1) % themes.length] ?? 'auto');
  return (
    <button type="button" class="quiet icon-only" onClick={next} aria-label={label} title={label}>
      <Icon name={now === 'auto' ? 'device' : now === 'light' ? 'sun' : 'moon'} />
    </button>
  );
}
