import type { Signal } from '@preact/signals';
import type { Category, Item } from '../fhir/item';
import { categories } from '../fhir/item';
import { t } from '../i18n';
import type { Filter } from './filter';
import { isFiltering, noFilter } from './filter';
import { hue } from './hues';
import { Icon } from './icon';

export function Filters({ items, filter }: { items: readonly Item[]; filter: Signal<Filter> }) {
  const now = filter.value;
  const byCategory = new Map<Category, number>();
  const byProvider = new Map<string, { name: string; count: number }>();
  for (const item of items) {
    byCategory.set(item.category, (byCategory.get(item.category) ?? 0) + 1);
    const provider = byProvider.get(item.provider);
    byProvider.set(item.provider, { name: item.providerName, count: (provider?.count ?? 0) + 1 });
  }
  const providers = [...byProvider].sort(([, a], [, b]) => a.name.localeCompare(b.name));
  return (
    <section class="filters" aria-labelledby="filter-title">
      <div class="panel-head">
        <h2 id="filter-title">{t('filter.title')}</h2>
        {isFiltering(now) && <button type="button" class="quiet" onClick={() => (filter.value = noFilter)}>{t('timeline.clear')}</button>}
      </div>
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">{t('filter.text')}</span>
        <input type="search" value={now.text} placeholder={t('filter.text')} autocomplete="off" spellcheck={false}
          onInput={(event) => (filter.value = { ...filter.value, text: event.currentTarget.value })} />
      </label>
      <fieldset>
        <legend>{t('filter.categories')}</legend>
        <div class="toggles">
          {categories.filter((category) => byCategory.has(category) || now.categories.has(category)).map((category) => (
            <button key={category} type="button" class="toggle" aria-pressed={now.categories.has(category)} data-category={category}
              onClick={() => (filter.value = { ...filter.value, categories: toggled(filter.value.categories, category) })}>
              <Icon name={category} />
              <span>{t(`category.${category}`)}</span>
              <span class="count">{byCategory.get(category) ?? 0}</span>
            </button>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{t('filter.providers')}</legend>
        <div class="toggles">
          {providers.map(([provider, { name, count }]) => (
            <button key={provider} type="button" class="toggle" aria-pressed={now.providers.has(provider)}
              onClick={() => (filter.value = { ...filter.value, providers: toggled(filter.value.providers, provider) })}>
              <i class={`swatch ${hue(provider)}`} aria-hidden="true" />
              <span>{name}</span>
              <span class="count">{count}</span>
            </button>
          ))}
        </div>
      </fieldset>
    </section>
  );
}

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
