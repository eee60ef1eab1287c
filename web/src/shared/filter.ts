// Which records of a timeline are shown.
import type { Category, Item } from '../fhir/item';

export interface Filter {
  readonly text: string;
  readonly categories: ReadonlySet<Category>;
  readonly providers: ReadonlySet<string>;
}

export const noFilter: Filter = { text: '', categories: new Set(), providers: new Set() };

export function isFiltering(filter: Filter): boolean {
  return filter.text.trim() !== '' || filter.categories.size > 0 || filter.providers.size > 0;
}

// An empty set means all.
export function filtered(items: readonly Item[], filter: Filter): readonly Item[] {
  if (!isFiltering(filter)) return items;
  const wanted = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter(
    (entry) =>
      (filter.categories.size === 0 || filter.categories.has(entry.category)) &&
      (filter.providers.size === 0 || filter.providers.has(entry.provider)) &&
      wanted.every((word) => entry.haystack.includes(word)),
  );
}
