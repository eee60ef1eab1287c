// Accesses as supervisors read them: with the user's id and the person's pseudonym; withholding one; keeping what is shown.
import { useSignal } from '@preact/signals';
import type { Access } from '../fhir/audit';
import { access } from '../fhir/audit';
import { aboutWhom } from '../fhir/supervision';
import { resource } from '../fhir/types';
import { plural, t } from '../i18n';
import { Clock, byDay, sentenceOf } from '../shared/access-list';
import { categoryWord } from '../shared/choice-words';
import { Done, useDone } from '../shared/done';
import { Icon } from '../shared/icon';
import { saveAs } from '../shared/save';
import { Withhold } from './withhold';

export interface Entry extends Access {
  readonly person: string | undefined;
  readonly line: string;
}

export function entriesOf(text: string, before: number): Entry[] {
  return text.split('\n').filter((line) => line !== '').flatMap((line, index) => {
    const event = resource(JSON.parse(line));
    const one = event && access(event, before + index);
    return event && one ? [{ ...one, person: aboutWhom(event), line }] : [];
  });
}

// `more`: there are more, and how to show them.
export function EntryList({ token, entries, more, busy }: { token: string; entries: readonly Entry[]; more: (() => void) | undefined; busy: boolean }) {
  const withholding = useSignal<string | undefined>(undefined);
  const done = useDone();
  const save = () => saveAs('accesses.ndjson', 'application/fhir+ndjson', entries.map((one) => `${one.line}\n`).join(''));
  const withheld = () => {
    withholding.value = undefined;
    done.say(t('withhold.done'));
  };
  return (
    <section data-found={entries.length}>
      <Done of={done} />
      <div class="page-head">
        <p class="muted" role="status">{entries.length ? plural('access.count', entries.length) : t('entries.none')}</p>
        {entries.length > 0 && <button type="button" class="quiet" onClick={save}><Icon name="down" />{t('entries.save')}</button>}
      </div>
      {byDay(entries).map(([day, list]) => (
        <section key={day} class="access-day">
          <h2>{day}</h2>
          <ul class="access-list">{list.map((one) => <Line key={one.id} one={one} withhold={() => (withholding.value = one.id)} />)}</ul>
        </section>
      ))}
      {more && <button type="button" class="more" disabled={busy} onClick={more}>{t('entries.more')}</button>}
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
