// Language and appearance: the only things this page remembers between visits.
import { effect, signal } from '@preact/signals';
import type { Language } from '../i18n';
import { language, preferred, t } from '../i18n';

export type Theme = 'auto' | 'light' | 'dark';
export const themes: readonly Theme[] = ['auto', 'light', 'dark'];
export const theme = signal<Theme>('auto');

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing still works; it only forgets the choice.
  }
}

export function setLanguage(wanted: Language): void {
  language.value = wanted;
  write('idun.language', wanted);
}

export function setTheme(wanted: Theme): void {
  theme.value = wanted;
  write('idun.theme', wanted);
}

export function startPreferences(): void {
  const kept = read('idun.language');
  language.value = kept === 'sv' || kept === 'en' ? kept : preferred(navigator.languages);
  const look = read('idun.theme');
  theme.value = look === 'light' || look === 'dark' ? look : 'auto';

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const device = signal(dark.matches);
  dark.addEventListener('change', (event) => (device.value = event.matches));
  effect(() => {
    const shown = theme.value === 'auto' ? (device.value ? 'dark' : 'light') : theme.value;
    document.documentElement.dataset['theme'] = shown;
  });
  effect(() => {
    document.documentElement.lang = language.value;
    document.title = `${t('app.name')} – ${t('app.tagline')}`;
  });
}
