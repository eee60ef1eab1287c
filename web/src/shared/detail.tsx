// One record read in full: its content as words, where it comes from, and the FHIR it was made from.
import { useSignal } from '@preact/signals';
import * as text from '../fhir/datatypes';
import { object, string } from '../fhir/json';
import type { Item } from '../fhir/item';
import { summary } from '../fhir/item';
import type { Field } from '../fhir/readable';
import { narrative, readable } from '../fhir/readable';
import { elementWord, t } from '../i18n';
import * as format from './format';
import type { Gathering } from './gather';
import type { ItemAction } from './record';
import { hue } from './hues';
import { Icon } from './icon';

export function Detail({ item, gathering, action }: { item: Item; gathering: Gathering; action: ItemAction | undefined }) {
  const raw = useSignal(false);
  const { resource } = item;
  const resolve = (reference: string) => contained(item, reference) ?? gathering.resolve(reference, item.provider);
  const fields = readable(resource, format.words, resolve);
  const value = summary(resource, format.words);
  const words = narrative(resource);
  return (
    <div class="detail">
      <p class="detail-category"><Icon name={item.category} />{t(`category.${item.category}`)}</p>
      <h3 class="detail-title">{item.title}</h3>
      {value && <p class="detail-value">{value}</p>}
      <p class="muted">{item.when ? (item.when.time ? format.dateTime(item.when.time) : format.day(item.when.day)) : t('timeline.undated')}</p>
      {action?.(item)}
      <Trend item={item} gathering={gathering} />
      <h4>{t('detail.content')}</h4>
      <Fields fields={fields} />
      {words && <><h4>{t('detail.narrative')}</h4><p class="narrative">{words}</p></>}
      <Origin item={item} gathering={gathering} />
      <button type="button" class="quiet" aria-expanded={raw.value} onClick={() => (raw.value = !raw.value)}>
        <Icon name="document" />{t(raw.value ? 'detail.rawHide' : 'detail.raw')}
      </button>
      {raw.value && <pre class="raw" tabIndex={0}>{JSON.stringify(resource, null, 2)}</pre>}
    </div>
  );
}

function Fields({ fields }: { fields: readonly Field[] }) {
  return (
    <dl class="pairs">
      {fields.map((field, index) => (
        <div key={index} class={field.children.length ? 'nested' : undefined}>
          <dt>{elementWord(field.name)}</dt>
          <dd>{field.children.length ? <Fields fields={field.children} /> : field.text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Origin({ item, gathering }: { item: Item; gathering: Gathering }) {
  const source = gathering.sources.value.find((one) => one.provider === item.provider);
  const meta = object(item.resource['meta']);
  const updated = string(meta?.['lastUpdated']);
  const version = string(meta?.['versionId']);
  return (
    <section class="origin">
      <h4>{t('detail.origin')}</h4>
      <dl class="pairs">
        <div><dt>{t('detail.provider')}</dt><dd><i class={`swatch ${hue(item.provider)}`} aria-hidden="true" />{item.providerName}</dd></div>
        {item.fullUrl && <div><dt>{t('detail.address')}</dt><dd class="code">{item.fullUrl}</dd></div>}
        {version && <div><dt>{t('detail.version')}</dt><dd>{version}</dd></div>}
        {updated && <div><dt>{t('detail.updated')}</dt><dd>{format.date(updated)}</dd></div>}
        {source?.asOf && <div><dt>{t('detail.asOf')}</dt><dd>{format.date(source.asOf)}</dd></div>}
        {source?.receipt && <div><dt>{t('detail.receipt')}</dt><dd class="code">{source.receipt}</dd></div>}
      </dl>
    </section>
  );
}

// The same measurement before and after, when the unit is the same: a line to see where it is heading.
function Trend({ item, gathering }: { item: Item; gathering: Gathering }) {
  const points = trend(item, gathering.items.value);
  if (points.length < 3) return null;
  const [low, high] = [Math.min(...points.map((p) => p.value)), Math.max(...points.map((p) => p.value))];
  const [from, to] = [points[0]!.at, points[points.length - 1]!.at];
  const x = (at: number) => 6 + (308 * (at - from)) / (to - from || 1);
  const y = (value: number) => 50 - (42 * (value - low)) / (high - low || 1);
  const here = points.find((point) => point.key === item.key);
  const label = points.map((point) => `${format.day(point.day)}: ${format.number(point.value)}`).slice(-12).join(', ');
  return (
    <figure class="trend">
      <figcaption>{t('detail.trend')}</figcaption>
      <svg viewBox="0 0 320 58" role="img" aria-label={label}>
        <polyline points={points.map((point) => `${x(point.at).toFixed(1)},${y(point.value).toFixed(1)}`).join(' ')} />
        {points.map((point) => <circle key={point.key} cx={x(point.at)} cy={y(point.value)} r="2.2" />)}
        {here && <circle class="here" cx={x(here.at)} cy={y(here.value)} r="4.5" />}
      </svg>
      <p class="trend-ends small muted">
        <span>{format.day(points[0]!.day)}</span>
        <span>{format.number(low)} – {format.number(high)}</span>
        <span>{format.day(points[points.length - 1]!.day)}</span>
      </p>
    </figure>
  );
}

interface Point {
  readonly key: string;
  readonly at: number;
  readonly day: string;
  readonly value: number;
}

const pointsMax = 200;

function trend(item: Item, items: readonly Item[]): Point[] {
  const code = text.code(item.resource['code']);
  const unit = string(object(item.resource['valueQuantity'])?.['unit']);
  if (item.resource.resourceType !== 'Observation' || !code || !unit) return [];
  const points: Point[] = [];
  for (const other of items) {
    if (other.resource.resourceType !== 'Observation' || !other.when || text.code(other.resource['code']) !== code) continue;
    const quantity = object(other.resource['valueQuantity']);
    const value = quantity?.['value'];
    if (typeof value !== 'number' || string(quantity?.['unit']) !== unit) continue;
    points.push({ key: other.key, at: other.when.order, day: other.when.day, value });
    if (points.length === pointsMax) break;
  }
  return points.reverse();
}

function contained(item: Item, reference: string) {
  if (!reference.startsWith('#')) return undefined;
  const list = item.resource['contained'];
  const found: unknown = Array.isArray(list) ? list.find((inner) => object(inner)?.['id'] === reference.slice(1)) : undefined;
  const inner = object(found);
  return inner && string(inner['resourceType']) ? (inner as Item['resource']) : undefined;
}

