import { useEffect } from 'preact/hooks';
import { Problem, useLoading } from '../shared/loading';
import { hue } from '../shared/hues';
import { t } from '../i18n';
import { acting } from './acting';
import { go } from './route';
import type { User } from './session';
import { demoUsers, user } from './session';

export function Start() {
  const users = useLoading(demoUsers);
  useEffect(() => users.load(), []);
  if (users.error.value) return <div class="start"><Problem error={users.error.value} retry={users.load} /></div>;
  if (users.loading.value) return <p class="start muted" role="status">{t('app.loading')}</p>;
  const all = users.value.value;
  if (!all || all.length === 0) {
    return (
      <div class="start">
        <h1>{t('start.none.title')}</h1>
        <p class="lead">{t('start.none.text')}</p>
      </div>
    );
  }
  const others = all.filter((one) => one.role === 'system');
  return (
    <div class="start">
      <h1>{t('start.title')}</h1>
      <p class="lead">{t('start.lead')}</p>
      <Group title={t('start.clinicians')} users={all.filter((one) => one.role === 'clinician')} />
      <Group title={t('start.patients')} users={all.filter((one) => one.role === 'patient')} />
      <Group title={t('start.registrars')} users={all.filter((one) => one.role === 'administrator')} />
      <Group title={t('start.supervisors')} users={all.filter((one) => one.role === 'supervisor')} />
      {others.length > 0 && (
        <section class="start-group">
          <h2>{t('start.others')}</h2>
          <p class="muted">{t('start.others.text')}</p>
          <ul class="plain-list muted">
            {others.map((one) => <li key={one.id}>{[one.name, t(`role.${one.role}`), one.provider?.name].filter(Boolean).join(' · ')}</li>)}
          </ul>
        </section>
      )}
    </div>
  );
}

function Group({ title, users }: { title: string; users: readonly User[] }) {
  if (users.length === 0) return null;
  return (
    <section class="start-group">
      <h2>{title}</h2>
      <ul class="cards">
        {users.map((one) => (
          <li key={one.id}>
            <button type="button" class="card" onClick={() => choose(one)} data-user={one.id}>
              <span class={`initials ${one.provider ? hue(one.provider.id) : ''}`} aria-hidden="true">{initials(one.name)}</span>
              <span class="card-text">
                <strong>{one.name}</strong>
                <span class="muted">{one.story ? t(`story.${one.story}`) : [t(`role.${one.role}`), one.unit].filter(Boolean).join(' · ')}</span>
                {one.provider && <span class="muted">{one.provider.name}</span>}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function choose(one: User): void {
  acting.value = undefined;
  user.value = one;
  go(one.role === 'patient' ? 'record' : one.role === 'supervisor' ? 'patterns' : 'start');
  scrollTo(0, 0);
  document.getElementById('content')?.focus({ preventScroll: true });
}

function initials(name: string): string {
  const parts = name.split(/\s+/).filter(Boolean);
  return ((parts[0]?.[0] ?? '') + (parts.length > 1 ? (parts[parts.length - 1]?.[0] ?? '') : '')).toUpperCase();
}

