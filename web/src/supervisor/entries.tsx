// Searching across people: what one user did in all logs, or what stands in one log.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { lines } from '../app/api';
import type { User } from '../app/session';
import type { Access } from '../fhir/audit';
import { access } from '../fhir/audit';
import { aboutWhom } from '../fhir/supervision';
import { resource } from '../fhir/types';
import { plural, t } from '../i18n';
import { Clock, byDay, sentenceOf } from '../shared/access-list';
import { categoryWord } from '../shared/choice-words';
import { useCarrying } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Choose, Radios, Text } from '../shared/fields';
import { Icon } from '../shared/icon';
import { Problem } from '../shared/loading';
import { saveAs } from '../shared/save';
import type { Matter } from './matter';
import { WithMatter, inMatter } from './matter';
import { loadNames } from './names';
import { Title } from './title';
import { Withhold } from './withhold';

interface Entry extends Access {
  readonly person: string | undefined;
  readonly line: string;
}
interface Found {
  readonly asked: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
  readonly page: string | undefined;
}

function entriesOf(text: string, before: number): Entry[] {
  return text.split('\n').filter((line) => line !== '').flatMap((line, index) => {
    const event = resource(JSON.parse(line));
    const one = event && access(event, before + index);
    return event && one ? [{ ...one, person: aboutWhom(event), line }] : [];
  });
}

export function Entries({ user, matter }: { user: User; matter: Signal<Matter | undefined> }) {
  return (
    <>
      <Title text={t('entries.title')} lead={t('patterns.lead')} />
      <WithMatter matter={matter}>{(now) => <Search token={user.token} matter={now} />}</WithMatter>
    </>
  );
}

function Search({ token, matter }: { token: string; matter: Matter }) {
  const by = useSignal<'user' | 'site'>('user');
  const who = useSignal('');
  const site = useSignal('');
  const names = useSignal<ReadonlyMap<string, string>>(new Map());
  const missing = useSignal(false);
  const found = useSignal<Found | undefined>(undefined);
  const carrying = useCarrying();
  useEffect(() => void loadNames(token).then((known) => (names.value = known), () => undefined), []);
  const ask = async (asked: Found['asked'], so: readonly Entry[], page: string | undefined) => {
    const part = await lines(`/supervision/accesses?${inMatter(matter, page ? { ...asked, _page: page } : asked)}`, { token });
    found.value = { asked, entries: [...so, ...entriesOf(part.text, so.length)], page: part.page };
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const value = (by.value === 'user' ? who : site).value.trim();
    missing.value = value === '';
    if (!missing.value) void carrying.out(() => ask({ [by.value]: value }, [], undefined));
  };
  const more = (now: Found) => void carrying.out(() => ask(now.asked, now.entries, now.page));
  return (
    <>
      <form class="form" onSubmit={submit} noValidate data-entries>
        <Radios legend={t('entries.by')} name="by" value={by} options={[{ value: 'user', label: t('entries.by.user') }, { value: 'site', label: t('entries.by.site') }]} />
        {by.value === 'user' && <Text label={t('entries.user')} name="user" value={who} max={128} invalid={missing.value} />}
        {by.value === 'site' && (
          <Choose label={t('entries.site')} name="site" value={site}
            options={[{ value: '', label: '' }, ...[...names.value].map(([value, label]) => ({ value, label }))]} />
        )}
        {missing.value && <p class="complaint" role="alert">{t('entries.missing')}</p>}
        <div class="acts"><button type="submit" class="primary" disabled={carrying.busy.value} data-search><Icon name="search" />{t('access.search.go')}</button></div>
      </form>
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      {found.value && <Listed token={token} found={found.value} more={more} busy={carrying.busy.value} />}
    </>
  );
}

function Listed({ token, found, more, busy }: { token: string; found: Found; more: (now: Found) => void; busy: boolean }) {
  const withholding = useSignal<string | undefined>(undefined);
  const done = useDone();
  const save = () => saveAs('accesses.ndjson', 'application/fhir+ndjson', found.entries.map((one) => `${one.line}\n`).join(''));
  const withheld = () => {
    withholding.value = undefined;
    done.say(t('withhold.done'));
  };
  return (
    <section data-found={found.entries.length}>
      <Done of={done} />
      <div class="page-head">
        <p class="muted" role="status">{found.entries.length ? plural('access.count', found.entries.length) : t('entries.none')}</p>
        {found.entries.length > 0 && <button type="button" class="quiet" onClick={save}><Icon name="down" />{t('entries.save')}</button>}
      </div>
      {byDay(found.entries).map(([day, list]) => (
        <section key={day} class="access-day">
          <h2>{day}</h2>
          <ul class="access-list">{list.map((one) => <Line key={one.id} one={one} withhold={() => (withholding.value = one.id)} />)}</ul>
        </section>
      ))}
      {found.page && <button type="button" class="more" disabled={busy} onClick={() => more(found)}>{t('entries.more')}</button>}
      {withholding.value && <Withhold token={token} id={withholding.value} close={() => (withholding.value = undefined)} done={withheld} />}
    </section>
  );
}

function Line({ one, withhold }: { one: Entry; withhold: () => void }) {
  return (
    <li class={`access${one.glass ? ' broken' : ''}`} data-entry={one.id}>
      <Clock instant={one.recorded} />
      <div>
        {one.glass && <p class="mark"><Icon name="alert" />{t('access.glass')}</p>}
        <p class="access-sentence">{sentenceOf(one) ?? t('access.fallback', { who: one.who ?? t('access.unknown') })}</p>
        <dl class="inline-pairs small">
          {one.whoId && <div><dt>{t('entries.user')}</dt><dd class="code">{one.whoId}</dd></div>}
          {one.person && <div><dt>{t('entries.about')}</dt><dd class="code">{one.person}</dd></div>}
          {one.what.length > 0 && <div><dt>{t('access.what')}</dt><dd>{one.what.slice(0, 6).map(categoryWord).join(', ')}{one.what.length > 6 ? ' …' : ''}</dd></div>}
        </dl>
        {one.person && <button type="button" class="quiet small" data-act="withhold" onClick={withhold}>{t('entries.withhold')}</button>}
      </div>
    </li>
  );
}
