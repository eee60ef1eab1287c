// Searching across people: what one user did in all logs, who looked at one person, or what stands in one log.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { lines } from '../app/api';
import type { User } from '../app/session';
import { t } from '../i18n';
import { useCarrying } from '../shared/confirm';
import { Choose, Radios, Text } from '../shared/fields';
import { Icon } from '../shared/icon';
import { Problem } from '../shared/loading';
import type { Entry } from './entry-list';
import { EntryList, entriesOf } from './entry-list';
import type { Matter } from './matter';
import { WithMatter, inMatter } from './matter';
import { loadNames } from './names';
import { Title } from './title';

type Asked = Readonly<Record<string, string>>;
interface Found {
  readonly asked: Asked;
  readonly entries: readonly Entry[];
  readonly page: string | undefined;
}

// docs/formats/supervision.md. A person is named by pseudonym: a number of hers would stand in an address.
const asking: Readonly<Record<'user' | 'person' | 'site', (value: string) => Asked>> = {
  user: (value) => ({ 'agent:identifier': `urn:idun:user|${value}` }),
  person: (value) => ({ 'patient.identifier': `urn:idun:pseudonym|${value}` }),
  site: (value) => ({ site: value }),
};

export function Entries({ user, matter }: { user: User; matter: Signal<Matter | undefined> }) {
  return (
    <>
      <Title text={t('entries.title')} lead={t('matter.lead')} />
      <WithMatter matter={matter}>{(now) => <Search token={user.token} matter={now} />}</WithMatter>
    </>
  );
}

function Search({ token, matter }: { token: string; matter: Matter }) {
  const by = useSignal<'user' | 'person' | 'site'>('user');
  const who = useSignal('');
  const person = useSignal('');
  const site = useSignal('');
  const names = useSignal<ReadonlyMap<string, string>>(new Map());
  const missing = useSignal(false);
  const found = useSignal<Found | undefined>(undefined);
  const carrying = useCarrying();
  useEffect(() => void loadNames(token).then((known) => (names.value = known), () => undefined), []);
  const ask = async (asked: Asked, so: readonly Entry[], page: string | undefined) => {
    const part = await lines(`/supervision/accesses?${inMatter(matter, page ? { ...asked, _page: page } : asked)}`, { token });
    found.value = { asked, entries: [...so, ...entriesOf(part.text, so.length)], page: part.page };
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const value = { user: who, person, site }[by.value].value.trim();
    missing.value = value === '';
    if (!missing.value) void carrying.out(() => ask(asking[by.value](value), [], undefined));
  };
  const more = (now: Found) => void carrying.out(() => ask(now.asked, now.entries, now.page));
  const now = found.value;
  return (
    <>
      <form class="form" onSubmit={submit} noValidate data-entries>
        <Radios legend={t('entries.by')} name="by" value={by} options={(['user', 'person', 'site'] as const).map((value) => ({ value, label: t(`entries.by.${value}`) }))} />
        {by.value === 'user' && <Text label={t('entries.user')} name="user" value={who} max={128} invalid={missing.value} />}
        {by.value === 'person' && <Text label={t('entries.person')} name="pseudonym" value={person} max={64} invalid={missing.value} />}
        {by.value === 'site' && (
          <Choose label={t('entries.site')} name="site" value={site}
            options={[{ value: '', label: '' }, ...[...names.value].map(([value, label]) => ({ value, label }))]} />
        )}
        {missing.value && <p class="complaint" role="alert">{t('entries.missing')}</p>}
        <div class="acts"><button type="submit" class="primary" disabled={carrying.busy.value} data-search><Icon name="search" />{t('access.search.go')}</button></div>
      </form>
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      {now && <EntryList token={token} entries={now.entries} more={now.page ? () => more(now) : undefined} busy={carrying.busy.value} />}
    </>
  );
}
