import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Route } from '../app/route';
import { go, route } from '../app/route';
import type { User } from '../app/session';
import type { Key } from '../i18n';
import { t } from '../i18n';
import { Gathering } from '../shared/gather';
import type { IconName } from '../shared/icon';
import { Icon } from '../shared/icon';
import { RecordView } from '../shared/record';
import { AccessLog } from './access-log';
import { Sharing } from './sharing';

const pages: readonly { route: Route; key: Key; icon: IconName }[] = [
  { route: 'record', key: 'patient.record', icon: 'document' },
  { route: 'access', key: 'patient.access', icon: 'eye' },
  { route: 'sharing', key: 'patient.sharing', icon: 'share' },
];

export function PatientPages({ user }: { user: User }) {
  const now = route.value === 'start' ? 'record' : route.value;
  const gathering = useSignal<Gathering | undefined>(undefined);
  // Her own record is asked for once, when she first comes to it.
  useEffect(() => {
    if (now === 'record' && !gathering.value) gathering.value = new Gathering({ token: user.token, purpose: 'PATRQT' });
  }, [now]);
  useEffect(() => () => gathering.value?.stop(), []);
  return (
    <>
      <nav class="tabs" aria-label={t('patient.nav')}>
        {pages.map((page) => (
          <a key={page.route} href={`#${page.route}`} aria-current={now === page.route ? 'page' : undefined}
            onClick={(event) => { event.preventDefault(); go(page.route); }}>
            <Icon name={page.icon} />{t(page.key)}
          </a>
        ))}
      </nav>
      {now === 'record' && gathering.value && <RecordView gathering={gathering.value} reasons head={<OwnBar name={user.name} />} />}
      {now === 'access' && <AccessLog user={user} />}
      {now === 'sharing' && <Sharing user={user} />}
    </>
  );
}

function OwnBar({ name }: { name: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="person-bar">
      <h1 ref={heading} tabIndex={-1}>{name}</h1>
      <span class="muted">{t('person.yours')}</span>
    </div>
  );
}
