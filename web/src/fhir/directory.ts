// Care providers and their units, from Organizations.
import { path, string } from './json';
import type { Named } from './consent';
import type { Resource } from './types';

export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly units: readonly Named[];
}

export function providersOf(organizations: readonly Resource[]): Provider[] {
  const units = new Map<string, Named[]>();
  const found: { id: string; name: string }[] = [];
  for (const one of organizations) {
    const id = string(one['id']);
    if (one.resourceType !== 'Organization' || !id) continue;
    const name = string(one['name']) ?? id;
    const owner = string(path(one, 'partOf', 'reference'))?.replace(/^Organization\//, '');
    if (owner === undefined) found.push({ id, name });
    else units.set(owner, [...(units.get(owner) ?? []), { id, name }]);
  }
  found.sort((a, b) => a.name.localeCompare(b.name, 'sv'));
  return found.map((one) => ({ ...one, units: units.get(one.id) ?? [] }));
}
