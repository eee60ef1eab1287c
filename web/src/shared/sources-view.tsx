// Every source and what it said, in sight while the record is read.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Source, SourceState } from '../fhir/sources';
import { isMissing } from '../fhir/sources';
import { plural, t } from '../i18n';
import * as format from './format';
import type { Gathering } from './gather';
import { hue } from './hues';
import type { IconName } from './icon';
import { Icon } from './icon';
import { announce } from './live';

const icons: Readonly<Record<SourceState, IconName>> = {
  asked: 'wait', answered: 'check', empty: 'empty', late: 'clock', down: 'off', refused: 'no',
};

// `reasons`: whether a source's own words are shown. They are not shown to others than the person herself for a refusal:
// nothing here may hint at what a person has chosen to hide.
export function Sources({ gathering, reasons }: { gathering: Gathering; reasons: boolean }) {
  const sources = gathering.sources.value;
  const open = useSignal(false);
  useAnnouncements(gathering);
  const answered = sources.filter((source) => source.state === 'answered' || source.state === 'empty').length;
  return (
    <section class="sources" aria-labelledby="sources-title">
      <div class="panel-head">
        <h2 id="sources-title">{t('sources.title')}</h2>
        <span class="muted tabular">
          {sources.length > 0 && t('sources.progress', { answered, total: sources.length })}
        </span>
        <button type="button" class="quiet sources-toggle" aria-expanded={open.value} aria-controls="sources-list"
          onClick={() => (open.value = !open.value)}>
          <span class="dots" aria-hidden="true">{sources.map((source) => <i key={source.provider} class={`dot state-${source.state}`} />)}</span>
          <Icon name="down" />
          <span class="visually-hidden">{t('sources.title')}</span>
        </button>
      </div>
      {sources.length === 0 && gathering.phase.value === 'asking' && <p class="muted">{t('sources.starting')}</p>}
      <ul id="sources-list" class={open.value ? 'source-list open' : 'source-list'}>
        {sources.map((source) => <SourceRow key={source.provider} source={source} reasons={reasons} />)}
      </ul>
    </section>
  );
}

function SourceRow({ source, reasons }: { source: Source; reasons: boolean }) {
  const reason = source.reason && (reasons || source.state !== 'refused') ? source.reason : undefined;
  const more = source.receipt || reason || source.asOf;
  return (
    <li class={`source state-${source.complete ? source.state : 'late'}`} data-provider={source.provider} data-state={source.state}>
      <Icon name={icons[source.state]} />
      <div class="source-text">
        <span class="source-name"><i class={`swatch ${hue(source.provider)}`} aria-hidden="true" />{source.name}</span>
        {more ? (
          <details>
            <summary class="source-state">{stateText(source)}</summary>
            <dl class="pairs small">
              {source.asOf && <><dt>{t('detail.asOf')}</dt><dd>{format.date(source.asOf)}</dd></>}
              {reason && <><dt>{t('sources.reason')}</dt><dd>{reason}</dd></>}
              {source.receipt && <><dt>{t('sources.receipt')}</dt><dd class="code">{source.receipt}</dd></>}
            </dl>
          </details>
        ) : <span class="source-state">{stateText(source)}</span>}
      </div>
    </li>
  );
}

function stateText(source: Source): string {
  const records = source.state === 'answered' && source.records !== undefined;
  const parts = [records ? plural('sources.records', source.records ?? 0) : t(`sources.state.${source.state}`)];
  if (source.asOf && (source.state === 'answered' || source.state === 'empty')) parts.push(t('sources.asOf', { time: shortTime(source.asOf) }));
  if (!source.complete) parts.push(t('banner.partial.cut'));
  if (source.elapsedMs !== undefined && source.state !== 'asked') parts.push(elapsed(source.elapsedMs));
  return parts.join(' · ');
}

function elapsed(ms: number): string {
  return ms < 1000 ? `${format.number(Math.round(ms))}\u00a0ms` : `${format.number(Math.round(ms / 100) / 10)}\u00a0s`;
}

function shortTime(instant: string): string {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return instant;
  return time.toDateString() === new Date().toDateString() ? format.clock(time) : format.dateTime(time);
}

function useAnnouncements(gathering: Gathering): void {
  const news = gathering.news.value;
  useEffect(() => {
    for (const source of news) announce(t('sources.announce', { name: source.name, state: stateText(source) }));
  }, [news]);
  const phase = gathering.phase.value;
  useEffect(() => {
    if (phase === 'done') announce(bannerText(gathering).join(' '));
  }, [phase]);
}

// Says whether the picture is whole. Never silent, and the note stands there for everybody, always.
export function Completeness({ gathering }: { gathering: Gathering }) {
  const { phase, failure } = gathering;
  const missing = gathering.missing.value;
  const whole = phase.value === 'done' && missing.length === 0 && !failure.value;
  const kind = phase.value === 'asking' ? 'waiting' : whole ? 'good' : 'bad';
  return (
    <div class={`notice ${kind}`} data-complete={whole} data-phase={phase.value}>
      <Icon name={kind === 'waiting' ? 'wait' : kind === 'good' ? 'check' : 'alert'} />
      <div>
        {failure.value && <p><strong>{t(failure.value.key)}</strong>{failure.value.detail && <span class="server-words">{failure.value.detail}</span>}</p>}
        {!(failure.value && gathering.sources.value.length === 0) && (
          <p>{bannerText(gathering).map((part, index) => (index === 0 ? <strong key={index}>{part} </strong> : part))}</p>
        )}
        <p class="small muted">{t('banner.note')}</p>
      </div>
      {phase.value !== 'asking' && (
        <button type="button" class="quiet" onClick={() => gathering.again()}><Icon name="refresh" />{t('banner.again')}</button>
      )}
    </div>
  );
}

function bannerText(gathering: Gathering): string[] {
  const sources = gathering.sources.value;
  if (gathering.phase.value === 'asking') return [t('banner.asking')];
  const missing = gathering.missing.value;
  if (missing.length > 0 || gathering.phase.value === 'failed') {
    const names = missing.map((source) => `${source.name} (${missingWord(source)})`);
    return names.length ? [t('banner.partial'), t('banner.partial.who', { names: format.list(names) })] : [t('banner.partial')];
  }
  if (sources.length === 0) return [t('banner.none')];
  return [plural('banner.whole', sources.length)];
}

function missingWord(source: Source): string {
  if (!isMissing(source)) return t('banner.partial.cut');
  return t(`banner.partial.${source.state as 'late' | 'down' | 'refused'}`);
}
