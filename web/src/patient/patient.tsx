import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { acting } from '../app/acting';
import type { Route } from '../app/route';
import { go, route } from '../app/route';
import type { User } from '../app/session';
import type { Represented } from '../fhir/represented';
import type { Key } from '../i18n';
import { t } from '../i18n';
import { Gathering } from '../shared/gather';
import type { IconName } from '../shared/icon';
import { Icon } from '../shared/icon';
import { RecordView } from '../shared/record';
import { AccessLog } from './access-log';
import { ActingBar, actingName } from './acting-bar';
import { HideEntry } from './hide-entry';
import { Messages } from './messages';
import { People } from './people';
import { Sharing } from './sharing';

interface Page {
  readonly route: Route;
  readonly key: Key;
  readonly icon: IconName;
  // Of what somebody else's mandate must allow; a page without it is for oneself only.
  readonly open: ((who: Represented) => boolean) | undefined;
}

const pages: readonly Page[] = [
  { route: 'record', key: 'patient.record', icon: 'document', open: () => true },
  { route: 'access', key: 'patient.access', icon: 'eye', open: (who) => who.everything },
  { route: 'sharing', key: 'patient.sharing', icon: 'share', open: (who) => who.manage },
  { route: 'people', key: 'patient.people', icon: 'person', open: undefined },
  { route: 'messages', key: 'patient.messages', icon: 'letter', open: (who) => who.everything },
];

// Within the mandate, when she acts for somebody else.
function shownPages(): readonly Page[] {
  const who = acting.value;
  return who ? pages.filter((page) => page.open?.(who)) : pages;
}

export function PatientPages({ user }: { user: User }) {
  const shown = shownPages();
  const now = shown.some((page) => page.route === route.value) ? route.value : 'record';
  const gathering = useSignal<Gathering | undefined>(undefined);
  const who = acting.value;
  // The record is asked for once, when she first comes to it.
  useEffect(() => {
    if (now !== 'record' || gathering.value) return;
    gathering.value = new Gathering(who ? { token: user.token, purpose: undefined, identifier: who.identifier } : { token: user.token, purpose: 'PATRQT' });
  }, [now]);
  useEffect(() => () => gathering.value?.stop(), []);
  const mayHide = !who || who.manage;
  return (
    <>
      <ActingBar />
      <nav class="tabs" aria-label={t('patient.nav')}>
        {shown.map((page) => (
          <a key={page.route} href={`#${page.route}`} aria-current={now === page.route ? 'page' : undefined}
            onClick={(event) => { event.preventDefault(); go(page.route); }}>
            <Icon name={page.icon} />{t(who && page.route === 'record' ? 'acting.record' : page.key)}
          </a>
        ))}
      </nav>
      {now === 'record' && gathering.value && (
        <RecordView gathering={gathering.value} reasons head={<OwnBar name={who ? actingName() : user.name} own={!who} />}
          {...(mayHide ? { action: (item) => <HideEntry key={item.key} item={item} token={user.token} /> } : {})} />
      )}
      {now === 'access' && <AccessLog user={user} />}
      {now === 'sharing' && <Sharing user={user} />}
      {now === 'people' && <People user={user} />}
      {now === 'messages' && <Messages user={user} />}
    </>
  );
}

function OwnBar({ name, own }: { name: string; own: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="person-bar">
      <h1 ref={heading} tabIndex={-1} class="sentence">{name}</h1>
      <span class="muted">{t(own ? 'person.yours' : 'acting.record')}</span>
    </div>
  );
}
