// The timeline: years, days, records. Long ones are drawn a page at a time as the reader comes near the end.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import * as text from '../fhir/datatypes';
import type { Item } from '../fhir/item';
import { summary } from '../fhir/item';
import { language, plural, t } from '../i18n';
import * as format from './format';
import { hue } from './hues';
import { Icon } from './icon';
import { wide } from './media';
import { yearBars } from './year-bars';

interface Day {
  readonly day: string;
  readonly items: Item[];
}
interface Year {
  readonly year: number | undefined;
  readonly days: Day[];
}

const page = 120;

export function Timeline(props: { items: readonly Item[]; selected: string | undefined; select: (item: Item) => void }) {
  const { items, selected, select } = props;
  const shown = useSignal(page);
  const list = useRef<HTMLDivElement>(null);
  const years = useMemo(() => grouped(items.slice(0, shown.value)), [items, shown.value]);
  const first = items[0]?.key;
  const jump = (year: number) => {
    const last = lastOfYear(items, year);
    if (last >= shown.value) shown.value = last + page;
    requestAnimationFrame(() => {
      const heading = document.getElementById(`year-${year}`);
      heading?.scrollIntoView({ block: 'start' });
      heading?.focus({ preventScroll: true });
    });
  };
  return (
    <>
      <YearStrip items={items} jump={jump} />
      <div ref={list} class="timeline" onKeyDown={(event) => walk(event, list.current)}>
        {years.map(({ year, days }) => (
          <section key={year ?? 'undated'} class="year" aria-labelledby={`year-${year ?? 'undated'}`}>
            <h3 id={`year-${year ?? 'undated'}`} tabIndex={-1}>{year ?? t('timeline.undated')}</h3>
            {days.map((day) => (
              <DayRows key={day.day} day={day} selected={selected} first={first} select={select} lang={language.value} />
            ))}
          </section>
        ))}
      </div>
      <More left={items.length - shown.value} more={() => (shown.value += page)} />
      {items.length > 0 && items.length <= shown.value && <p class="muted small timeline-end">{t('timeline.end')}</p>}
    </>
  );
}

function DayRows(props: { day: Day; selected: string | undefined; first: string | undefined; select: (item: Item) => void; lang: string }) {
  const { day, selected, first, select } = props;
  return (
    <div class="day">
      <div class="day-label">
        <span>{(day.day && format.dayInYear(day.day)) || ''}</span>
        <span class="muted small">{(day.day && format.weekday(day.day)) || ''}</span>
      </div>
      <ul>
        {day.items.map((item) => (
          <Row key={item.key} item={item} selected={item.key === selected} first={item.key === first} select={select} lang={props.lang} />
        ))}
      </ul>
    </div>
  );
}

function Row(props: { item: Item; selected: boolean; first: boolean; select: (item: Item) => void; lang: string }) {
  const { item, selected, first, select } = props;
  const value = summary(item.resource, format.words);
  const mark = text.interpretation(item.resource);
  const measured = item.resource.resourceType === 'Observation';
  return (
    <li>
      <button type="button" class="row" aria-current={selected ? 'true' : undefined} tabIndex={first || selected ? 0 : -1}
        data-key={item.key} onClick={() => select(item)}>
        <span class="row-icon"><Icon name={item.category} /></span>
        <span class="row-main">
          <span class="row-title">{item.title}</span>
          <span class="visually-hidden">, {t(`category.${item.category}`)}{item.when ? `, ${format.day(item.when.day)}` : ''}, </span>
          {value && !measured && <span class="row-summary">{value}</span>}
        </span>
        {value && measured && (
          <span class={mark ? `row-value mark-${mark}` : 'row-value'}>
            {mark && mark !== 'abnormal' && <Icon name={mark === 'high' ? 'up' : 'fall'} />}
            {value}
            {mark && <span class="visually-hidden"> ({t(`value.${mark}`)})</span>}
          </span>
        )}
        <span class="row-provider"><i class={`swatch ${hue(item.provider)}`} aria-hidden="true" /><span>{item.providerName}</span></span>
      </button>
    </li>
  );
}

function grouped(items: readonly Item[]): Year[] {
  const years: Year[] = [];
  for (const item of items) {
    let year = years[years.length - 1];
    if (!year || year.year !== item.when?.year) years.push((year = { year: item.when?.year, days: [] }));
    const name = item.when?.day ?? '';
    let day = year.days[year.days.length - 1];
    if (!day || day.day !== name) year.days.push((day = { day: name, items: [] }));
    day.items.push(item);
  }
  return years;
}

function lastOfYear(items: readonly Item[], year: number): number {
  for (let i = items.length - 1; i >= 0; i--) if (items[i]?.when?.year === year) return i;
  return -1;
}

// Arrow keys, Home and End move between records, so that Tab passes the list in one step.
function walk(event: KeyboardEvent, list: HTMLElement | null): void {
  if (!list || !['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) return;
  const rows = [...list.querySelectorAll<HTMLElement>('button.row')];
  const at = rows.findIndex((row) => row === document.activeElement);
  if (at < 0) return;
  const to = event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : at + (event.key === 'ArrowDown' ? 1 : -1);
  const target = rows[Math.max(0, Math.min(rows.length - 1, to))];
  event.preventDefault();
  target?.focus();
}

function More({ left, more }: { left: number; more: () => void }) {
  const mark = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const button = mark.current;
    if (!button) return;
    const observer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { rootMargin: '1200px' });
    observer.observe(button);
    return () => observer.disconnect();
  }, [left]);
  if (left <= 0) return null;
  return <button ref={mark} type="button" class="more" onClick={more}>{t('app.more')}</button>;
}

// How much there is of each time; a bar leads to its newest year. Bars stay wide enough to touch.
function YearStrip({ items, jump }: { items: readonly Item[]; jump: (year: number) => void }) {
  const bars = useMemo(() => yearBars(items, wide.value ? 24 : 12), [items, wide.value]);
  if (bars.length < 3) return null;
  const most = Math.max(...bars.map((one) => one.count));
  return (
    <nav class="years" aria-label={t('timeline.years')}>
      <ol>
        {bars.map(({ from, to, newest, count }, index) => {
          const height = Math.max(3, Math.round((28 * Math.sqrt(count)) / Math.sqrt(most)));
          const label = plural('timeline.year', count, { year: from === to ? String(from) : `${from}–${to}` });
          return (
            <li key={from}>
              {newest === undefined ? <span class="no-bar" /> : (
                <button type="button" onClick={() => jump(newest)} aria-label={label} title={label}>
                  <svg viewBox="0 0 10 28" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <rect x="0.5" width="9" y={28 - height} height={height} />
                  </svg>
                </button>
              )}
              {index % 2 === 0 && <span class="year-mark" aria-hidden="true">{from}</span>}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
