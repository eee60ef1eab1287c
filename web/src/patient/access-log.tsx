// Who has looked: every access as a plain sentence, newest first.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { about, acting } from '../app/acting';
import { call, samePath } from '../app/api';
import type { User } from '../app/session';
import type { Access, Lacking } from '../fhir/audit';
import { access, lacking } from '../fhir/audit';
import { bundle } from '../fhir/types';
import { language, plural, t } from '../i18n';
import { AccessDays } from '../shared/access-list';
import * as format from '../shared/format';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
import { AccessFile } from './access-file';
import { AccessProof } from './access-proof';
import type { AccessSearch } from './access-query';
import { isSearching, noSearch, searchPath } from './access-query';
import { AccessSearchForm } from './access-search';
import { actingName, headed } from './acting-bar';

interface Page {
  readonly events: readonly Access[];
  readonly lacking: readonly Lacking[];
  readonly next: string | undefined;
}

async function load(path: string, token: string): Promise<Page> {
  const found = bundle(await call(path, { token }));
  const events = found.entries.flatMap((entry, index) => access(entry.resource, index) ?? []);
  return { events, lacking: found.entries.flatMap((entry) => lacking(entry.resource)), next: samePath(found.next) };
}

export function AccessLog({ user }: { user: User }) {
  const search = useSignal<AccessSearch>(noSearch);
  const first = useLoading(() => load(about(searchPath(search.value)), user.token));
  const older = useSignal<Page | undefined>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  const refresh = () => {
    older.value = undefined;
    first.load();
  };
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    first.load();
  }, []);
  const withOwn = useSignal(false);
  const all = [...(first.value.value?.events ?? []), ...(older.value?.events ?? [])];
  const others = all.filter((event) => !isOwn(event, user));
  const glassOnly = useSignal(false);
  const broken = all.filter((event) => event.glass);
  const events = glassOnly.value ? broken : withOwn.value ? all : others;
  const next = older.value ? older.value.next : first.value.value?.next;
  const more = async () => {
    if (!next) return;
    try {
      const page = await load(next, user.token);
      older.value = { ...page, events: [...(older.value?.events ?? []), ...page.events] };
    } catch (error) {
      first.error.value = error;
    }
  };
  return (
    <div class="page">
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>{headed('access.title', 'access.title.for')}</h1>
        <button type="button" class="quiet" onClick={refresh}><Icon name="refresh" />{t('access.refresh')}</button>
      </div>
      <p class="lead">{t('access.lead')}</p>
      <AccessSearchForm token={user.token} search={search} changed={refresh} />
      {first.error.value !== undefined && <Problem error={first.error.value} retry={refresh} />}
      {first.loading.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {!first.loading.value && first.error.value === undefined && (
        <p class="muted small" role="status">{said(events.length, all.length, isSearching(search.value))}</p>
      )}
      {(first.value.value?.lacking.length ?? 0) > 0 && (
        <div class="notice bad" data-lacking>
          <Icon name="alert" />
          <ul>{first.value.value?.lacking.map((one, index) => <li key={index}>{(language.value === 'sv' ? one.sv : undefined) ?? one.en}</li>)}</ul>
        </div>
      )}
      {all.length > others.length && (
        <label class="tick plain">
          <input type="checkbox" name="own" checked={withOwn.value} onChange={(event) => (withOwn.value = event.currentTarget.checked)} />
          <span>{t(acting.value ? 'access.own.for' : 'access.own', { name: actingName(), count: format.number(all.length - others.length) })}</span>
        </label>
      )}
      {broken.length > 0 && (
        <label class="tick plain">
          <input type="checkbox" name="glass-only" checked={glassOnly.value} onChange={(event) => (glassOnly.value = event.currentTarget.checked)} />
          <span>{t('access.glass.only', { count: format.number(broken.length) })}</span>
        </label>
      )}
      <AccessDays events={events} own={(event) => isOwn(event, user)} />
      {next && <button type="button" class="more" onClick={() => void more()}>{t('access.more')}</button>}
      {!acting.value && <AccessFile token={user.token} />}
      <AccessProof token={user.token} />
    </div>
  );
}

function said(shown: number, all: number, searching: boolean): string {
  if (shown > 0) return plural('access.count', shown);
  if (searching) return t('access.search.none');
  return t(all > 0 ? 'access.noneOthers' : 'access.none');
}

// What the person did herself stands aside unless it is asked for, so that it does not hide what others did.
function isOwn(event: Access, user: User): boolean {
  if (acting.value) return event.roleCode === 'patient' && event.purposeCode === 'PATRQT';
  return event.whoId === user.id || (event.purposeCode === 'PATRQT' && event.who === user.name);
}
