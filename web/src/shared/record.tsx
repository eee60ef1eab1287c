// A record gathered from all its sources: states, filters, timeline, and a record in detail. The same for clinician and patient.
import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { Item } from '../fhir/item';
import { plural, t } from '../i18n';
import { Detail } from './detail';
import { Dialog } from './dialog';
import type { Filter } from './filter';
import { filtered, isFiltering, noFilter } from './filter';
import { Filters } from './filters';
import * as format from './format';
import type { Gathering } from './gather';
import { GlanceView } from './glance-view';
import { Icon } from './icon';
import { wide } from './media';
import { Completeness, Sources } from './sources-view';
import { Timeline } from './timeline';

// What can be done with one record, beside reading it.
export type ItemAction = (item: Item) => ComponentChildren;

export function RecordView(props: { gathering: Gathering; reasons: boolean; head: ComponentChildren; action?: ItemAction }) {
  const { gathering, reasons, head, action } = props;
  const filter = useSignal<Filter>(noFilter);
  const selected = useSignal<Item | undefined>(undefined);
  const shown = useComputed(() => filtered(gathering.items.value, filter.value));
  const select = useCallback((item: Item) => (selected.value = item), []);
  const items = gathering.items.value;
  // Until a source has answered, 'none found' would be a false comfort.
  const heard = gathering.sources.value.some((source) => source.state === 'answered' || source.state === 'empty');
  return (
    <div class="record">
      {head}
      <div class="columns">
        <aside class="side" aria-label={t('sources.title')}>
          <Sources gathering={gathering} reasons={reasons} />
          {wide.value && items.length > 0 && <Filters items={items} filter={filter} />}
        </aside>
        <section class="middle" aria-labelledby="timeline-title">
          <Completeness gathering={gathering} />
          {!wide.value && heard && <GlanceView items={items} select={select} />}
          {!wide.value && items.length > 0 && (
            <details class="filters-fold">
              <summary><Icon name="search" />{t('filter.title')}</summary>
              <Filters items={items} filter={filter} />
            </details>
          )}
          <div class="panel-head">
            <h2 id="timeline-title">{t('timeline.title')}</h2>
            <span class="muted tabular" data-shown={shown.value.length}>
              {isFiltering(filter.value)
                ? t('timeline.shownOf', { shown: format.number(shown.value.length), total: format.number(items.length) })
                : plural('timeline.shown', items.length)}
            </span>
          </div>
          {items.length === 0 && gathering.phase.value === 'done' && <p class="muted">{t('timeline.none')}</p>}
          {items.length === 0 && gathering.phase.value === 'asking' && <Ghost />}
          {items.length > 0 && shown.value.length === 0 && (
            <p class="muted">
              {t('timeline.noMatch')}{' '}
              <button type="button" class="link" onClick={() => (filter.value = noFilter)}>{t('timeline.clear')}</button>
            </p>
          )}
          <Timeline items={shown.value} selected={selected.value?.key} select={select} />
        </section>
        {wide.value && (
          <aside class="right" aria-label={selected.value ? t('detail.title') : t('glance.title')}>
            {selected.value
              ? <InPlace key={selected.value.key} item={selected.value} gathering={gathering} action={action} close={() => (selected.value = undefined)} />
              : heard && <GlanceView items={items} select={select} />}
          </aside>
        )}
      </div>
      {!wide.value && selected.value && (
        <Dialog sheet title={t('detail.title')} close={() => (selected.value = undefined)}>
          <Detail item={selected.value} gathering={gathering} action={action} />
        </Dialog>
      )}
    </div>
  );
}

// The detail beside the timeline: takes focus when it opens, gives it back to the row when it closes.
function InPlace({ item, gathering, action, close }: { item: Item; gathering: Gathering; action: ItemAction | undefined; close: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const leave = () => {
    close();
    document.querySelector<HTMLElement>(`button.row[data-key="${CSS.escape(item.key)}"]`)?.focus();
  };
  return (
    <div class="panel" onKeyDown={(event) => event.key === 'Escape' && !(event.target as Element).closest('dialog') && leave()}>
      <div class="dialog-head">
        <h2 ref={heading} tabIndex={-1}>{t('detail.title')}</h2>
        <button type="button" class="quiet icon-only" onClick={leave} aria-label={t('app.close')}><Icon name="close" /></button>
      </div>
      <Detail item={item} gathering={gathering} action={action} />
    </div>
  );
}

function Ghost() {
  return (
    <div class="ghost" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => <div key={i} class="ghost-row" />)}
    </div>
  );
}
