// Who has looked: every access as a plain sentence, newest first.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { about, acting } from '../app/acting';
import { call, samePath } from '../app/api';
import type { User } from '../app/session';
import type { Access, Lacking } from '../fhir/audit';
import { access, lacking } from '../fhir/audit';
import { bundle } from '../fhir/types';
import { codeWord, language, plural, t } from '../i18n';
import * as format from '../shared/format';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
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
  const first = useLoading(() => load(about('/fhir/AuditEvent'), user.token));
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
      {first.error.value !== undefined && <Problem error={first.error.value} retry={refresh} />}
      {first.loading.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {!first.loading.value && first.error.value === undefined && (
        <p class="muted small" role="status">{events.length ? plural('access.count', events.length) : t(all.length ? 'access.noneOthers' : 'access.none')}</p>
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
      <Days events={events} user={user} />
      {next && <button type="button" class="more" onClick={() => void more()}>{t('access.more')}</button>}
    </div>
  );
}

// What the person did herself stands aside unless it is asked for, so that it does not hide what others did.
function isOwn(event: Access, user: User): boolean {
  if (acting.value) return event.roleCode === 'patient' && event.purposeCode === 'PATRQT';
  return event.whoId === user.id || (event.purposeCode === 'PATRQT' && event.who === user.name);
}

function Days({ events, user }: { events: readonly Access[]; user: User }) {
  const days = new Map<string, Access[]>();
  for (const event of events) {
    const day = event.recorded ? format.day(localDay(event.recorded)) : t('timeline.undated');
    const list = days.get(day);
    if (list) list.push(event);
    else days.set(day, [event]);
  }
  return (
    <>
      {[...days].map(([day, list]) => (
        <section key={day} class="access-day">
          <h2>{day}</h2>
          <ul class="access-list">{list.map((event) => <Event key={event.id} event={event} own={isOwn(event, user)} />)}</ul>
        </section>
      ))}
    </>
  );
}

function localDay(instant: string): string {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return instant;
  return `${time.getFullYear()}-${String(time.getMonth() + 1).padStart(2, '0')}-${String(time.getDate()).padStart(2, '0')}`;
}

function Event({ event, own }: { event: Access; own: boolean }) {
  const told = event.sentence[language.value] ?? event.sentence.sv ?? event.sentence.en;
  const sentence = told ?? t('access.fallback', { who: event.who ?? t('access.unknown') });
  const time = event.recorded ? new Date(event.recorded) : undefined;
  return (
    <li class={`access${own ? ' own' : ''}${event.glass ? ' broken' : ''}`} data-who={event.who} data-glass={event.glass}>
      <time class="tabular muted" dateTime={event.recorded}>{time && !Number.isNaN(time.getTime()) ? format.clock(time) : ''}</time>
      <div>
        {event.glass && <p class="mark"><Icon name="alert" />{t('access.glass')}</p>}
        {!own && event.roleCode === 'representative' && <p class="mark quiet"><Icon name="person" />{t('access.behalf')}</p>}
        <p class="access-sentence">{sentence}</p>
        <dl class="inline-pairs small">
          {!told && event.role && <div><dt>{t('access.as')}</dt><dd>{word(event.roleCode, event.role)}</dd></div>}
          {!told && event.where && <div><dt>{t('access.where')}</dt><dd>{event.where}</dd></div>}
          {!told && event.purpose && <div><dt>{t('access.why')}</dt><dd>{word(event.purposeCode, event.purpose)}</dd></div>}
          {event.from.length > 0 && <div><dt>{t('access.from')}</dt><dd>{event.from.map(sourceText).join(', ')}</dd></div>}
          {event.what.length > 0 && <div><dt>{t('access.what')}</dt><dd>{event.what.slice(0, 12).join(', ')}{event.what.length > 12 ? ' …' : ''}</dd></div>}
        </dl>
        {event.receipt && (
          <details class="small muted">
            <summary>{t('sources.receipt')}</summary>
            <p class="code">{event.receipt}</p>
          </details>
        )}
      </div>
    </li>
  );
}

// Our word for the code where we have one, else the hub's words.
function word(code: string | undefined, shown: string): string {
  return code !== undefined && codeWord(code) !== code ? codeWord(code) : shown;
}

function sourceText(source: { name: string; records: number | undefined }): string {
  return source.records === undefined ? source.name : `${source.name} (${format.number(source.records)})`;
}
