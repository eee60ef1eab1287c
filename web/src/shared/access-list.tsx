// Accesses as plain sentences, by day, as the person they are about reads them.
import type { Access } from '../fhir/audit';
import { codeWord, language, t } from '../i18n';
import { categoryWord } from './choice-words';
import * as format from './format';
import { Icon } from './icon';

// `own`: what the reader did herself, which stands back.
export function AccessDays({ events, own }: { events: readonly Access[]; own: (event: Access) => boolean }) {
  return (
    <>
      {byDay(events).map(([day, list]) => (
        <section key={day} class="access-day">
          <h2>{day}</h2>
          <ul class="access-list">{list.map((event) => <Event key={event.id} event={event} own={own(event)} />)}</ul>
        </section>
      ))}
    </>
  );
}

export function byDay<T extends { readonly recorded: string | undefined }>(events: readonly T[]): [string, T[]][] {
  const days = new Map<string, T[]>();
  for (const event of events) {
    const day = event.recorded ? format.day(localDay(event.recorded)) : t('timeline.undated');
    const list = days.get(day);
    if (list) list.push(event);
    else days.set(day, [event]);
  }
  return [...days];
}

function localDay(instant: string): string {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return instant;
  return `${time.getFullYear()}-${String(time.getMonth() + 1).padStart(2, '0')}-${String(time.getDate()).padStart(2, '0')}`;
}

export function Clock({ instant }: { instant: string | undefined }) {
  const time = instant ? new Date(instant) : undefined;
  return <time class="tabular muted" dateTime={instant}>{time && !Number.isNaN(time.getTime()) ? format.clock(time) : ''}</time>;
}

export function sentenceOf(event: Access): string | undefined {
  return event.sentence[language.value] ?? event.sentence.sv ?? event.sentence.en;
}

function Event({ event, own }: { event: Access; own: boolean }) {
  const told = sentenceOf(event);
  const sentence = told ?? t('access.fallback', { who: event.who ?? t('access.unknown') });
  return (
    <li class={`access${own ? ' own' : ''}${event.glass ? ' broken' : ''}`} data-who={event.who} data-glass={event.glass}>
      <Clock instant={event.recorded} />
      <div>
        {event.glass && <p class="mark"><Icon name="alert" />{t('access.glass')}</p>}
        {!own && event.roleCode === 'representative' && <p class="mark quiet"><Icon name="person" />{t('access.behalf')}</p>}
        <p class="access-sentence">{sentence}</p>
        <dl class="inline-pairs small">
          {!told && event.role && <div><dt>{t('access.as')}</dt><dd>{word(event.roleCode, event.role)}</dd></div>}
          {!told && event.where && <div><dt>{t('access.where')}</dt><dd>{event.where}</dd></div>}
          {!told && event.purpose && <div><dt>{t('access.why')}</dt><dd>{word(event.purposeCode, event.purpose)}</dd></div>}
          {event.from.length > 0 && <div><dt>{t('access.from')}</dt><dd>{event.from.map(sourceText).join(', ')}</dd></div>}
          {event.what.length > 0 && <div><dt>{t('access.what')}</dt><dd>{event.what.slice(0, 12).map(categoryWord).join(', ')}{event.what.length > 12 ? ' …' : ''}</dd></div>}
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
export function word(code: string | undefined, shown: string): string {
  return code !== undefined && codeWord(code) !== code ? codeWord(code) : shown;
}

function sourceText(source: { name: string; records: number | undefined }): string {
  return source.records === undefined ? source.name : `${source.name} (${format.number(source.records)})`;
}
