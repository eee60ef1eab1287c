// Supervision: what is worth a look, searching across people, whether logs are whole, cases, and what is withheld.
import { useSignal } from '@preact/signals';
import type { Route } from '../app/route';
import { go, route } from '../app/route';
import type { User } from '../app/session';
import type { Key } from '../i18n';
import { t } from '../i18n';
import type { IconName } from '../shared/icon';
import { Icon } from '../shared/icon';
import { AllCases } from './all-cases';
import { Entries } from './entries';
import { Logs } from './logs';
import type { Matter } from './matter';
import { Patterns } from './patterns';
import { WithheldList } from './withheld';

const pages: readonly { route: Route; key: Key; icon: IconName }[] = [
  { route: 'patterns', key: 'watch.patterns', icon: 'eye' },
  { route: 'entries', key: 'watch.entries', icon: 'search' },
  { route: 'logs', key: 'watch.logs', icon: 'plan' },
  { route: 'cases', key: 'watch.cases', icon: 'document' },
  { route: 'withheld', key: 'watch.withheld', icon: 'off' },
];

export function SupervisorPages({ user }: { user: User }) {
  const now = pages.find((page) => page.route === route.value)?.route ?? 'patterns';
  const matter = useSignal<Matter | undefined>(undefined);
  return (
    <>
      <nav class="tabs" aria-label={t('watch.nav')}>
        {pages.map((page) => (
          <a key={page.route} href={`#${page.route}`} aria-current={now === page.route ? 'page' : undefined}
            onClick={(event) => { event.preventDefault(); go(page.route); }}>
            <Icon name={page.icon} />{t(page.key)}
          </a>
        ))}
      </nav>
      <div class="page wide">
        {now === 'patterns' && <Patterns user={user} matter={matter} />}
        {now === 'entries' && <Entries user={user} matter={matter} />}
        {now === 'logs' && <Logs user={user} />}
        {now === 'cases' && <AllCases user={user} />}
        {now === 'withheld' && <WithheldList user={user} />}
      </div>
    </>
  );
}
