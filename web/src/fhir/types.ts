import type { Json } from './json';
import { object, objects, string } from './json';

export interface Resource extends Json {
  readonly resourceType: string;
}

export interface Identifier {
  readonly system: string;
  readonly value: string;
}

export interface Entry {
  readonly fullUrl: string | undefined;
  readonly mode: string | undefined;
  readonly resource: Resource;
  readonly raw: Json;
}

export interface Bundle {
  readonly entries: readonly Entry[];
  readonly next: string | undefined;
}

export function resource(value: unknown): Resource | undefined {
  const candidate = object(value);
  return candidate && string(candidate['resourceType']) ? (candidate as Resource) : undefined;
}

// A Bundle's entries that hold a resource, and where its next page is. A lone resource is a Bundle of one.
export function bundle(value: unknown): Bundle {
  const outer = resource(value);
  if (!outer) return { entries: [], next: undefined };
  if (outer.resourceType !== 'Bundle') {
    return { entries: [{ fullUrl: undefined, mode: undefined, resource: outer, raw: {} }], next: undefined };
  }
  const entries: Entry[] = [];
  for (const raw of objects(outer['entry'])) {
    const inner = resource(raw['resource']);
    if (!inner) continue;
    entries.push({
      fullUrl: string(raw['fullUrl']),
      mode: string(object(raw['search'])?.['mode']),
      resource: inner,
      raw,
    });
  }
  const next = objects(outer['link']).find((link) => link['relation'] === 'next');
  return { entries, next: string(next?.['url']) };
}
