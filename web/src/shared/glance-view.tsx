import { useMemo } from 'preact/hooks';
import type { Item } from '../fhir/item';
import { summary } from '../fhir/item';
import { t } from '../i18n';
import * as format from './format';
import { glance } from './glance';
import { hue } from './hues';
import type { IconName } from './icon';
import { Icon } from './icon';
import { wide } from './media';

const shownMax = 8;
type Part = 'allergies' | 'conditions' | 'medications' | 'values';
const parts: readonly { part: Part; icon: IconName }[] = [
  { part: 'allergies', icon: 'allergy' },
  { part: 'conditions', icon: 'condition' },
  { part: 'medications', icon: 'medication' },
  { part: 'values', icon: 'vital' },
];

export function GlanceView({ items, select }: { items: readonly Item[]; select: (item: Item) => void }) {
  const found = useMemo(() => glance(items), [items]);
  return (
    <section class="glance" aria-labelledby="glance-title">
      <h2 id="glance-title" class="visually-hidden">{t('glance.title')}</h2>
      {parts.map(({ part, icon }) => {
        const lines = <Lines items={found[part]} none={t(`glance.none.${part}`)} values={part === 'values'} select={select} />;
        const name = <><Icon name={icon} />{t(`glance.${part}`)}</>;
        // Where room is short the rest is folded, but never what warns.
        return wide.value || part === 'allergies' ? (
          <section key={part} class={`glance-part glance-${part}`} aria-labelledby={`glance-${part}`}>
            <h3 id={`glance-${part}`}>{name}</h3>
            {lines}
          </section>
        ) : (
          <details key={part} class={`glance-part glance-${part}`}>
            <summary><h3>{name}<span class="count">{found[part].length}</span></h3></summary>
            {lines}
          </details>
        );
      })}
    </section>
  );
}

function Lines(props: { items: readonly Item[]; none: string; values: boolean; select: (item: Item) => void }) {
  if (props.items.length === 0) return <p class="muted small">{props.none}</p>;
  return (
    <>
      <ul>
        {props.items.slice(0, shownMax).map((item) => (
          <li key={item.key}>
            <button type="button" class="glance-line" onClick={() => props.select(item)} title={item.title}>
              <i class={`swatch ${hue(item.provider)}`} aria-hidden="true" />
              <span class="glance-title">{item.title}</span>
              <span class={props.values ? 'glance-value' : 'muted small'}>
                {props.values ? summary(item.resource, format.words) : item.when?.year}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {props.items.length > shownMax && <p class="muted small">{t('glance.more', { count: props.items.length - shownMax })}</p>}
    </>
  );
}
