// For whom the caller may act (RelatedPerson?acting=me).
import { extension, objects, path, string } from './json';
import type { Identifier, Resource } from './types';

export interface Represented {
  readonly mandate: string;
  readonly identifier: Identifier;
  readonly name: string | undefined;
  readonly kind: string;
  readonly everything: boolean;
  readonly manage: boolean;
  readonly purpose: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export function represented(related: Resource): Represented | undefined {
  const mandate = string(related['id']);
  const system = string(path(related, 'patient', 'identifier', 'system'));
  const value = string(path(related, 'patient', 'identifier', 'value'));
  if (related.resourceType !== 'RelatedPerson' || !mandate || !system || !value) return undefined;
  const allows = objects(related['extension']).find((one) => one['url'] === 'urn:idun:mandate');
  return {
    mandate,
    identifier: { system, value },
    name: string(path(related, 'patient', 'display')),
    kind: string(path(related, 'relationship', 'coding', 'code')) ?? 'chosen',
    everything: extension(allows, 'everything') === true,
    manage: extension(allows, 'manage') === true,
    purpose: string(extension(allows, 'purpose')),
    from: string(path(related, 'period', 'start')),
    to: string(path(related, 'period', 'end')),
  };
}

// Does it hold now? What begins later is listed too.
export function holds(one: Represented, now: Date): boolean {
  return !(one.from && Date.parse(one.from) > now.getTime()) && !(one.to && Date.parse(one.to) <= now.getTime());
}

// Several mandates of one person's, as one: what any of them allows now.
export function together(all: readonly Represented[], now: Date): Represented[] {
  const people = new Map<string, Represented>();
  for (const one of all) {
    if (!holds(one, now)) continue;
    const before = people.get(one.identifier.value);
    people.set(one.identifier.value, before
      ? { ...before, name: before.name ?? one.name, everything: before.everything || one.everything, manage: before.manage || one.manage,
          purpose: before.purpose && one.purpose, to: before.to && one.to && (before.to > one.to ? before.to : one.to) }
      : one);
  }
  return [...people.values()];
}
