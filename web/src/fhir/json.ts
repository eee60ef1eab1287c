// Reading JSON that somebody else wrote. Nothing here throws: a wrong shape is simply absent.

export type Json = { readonly [key: string]: unknown };

export function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

// The objects of a list; a lone object counts as a list of one.
export function objects(value: unknown): Json[] {
  const one = object(value);
  if (one) return [one];
  return array(value).map(object).filter((entry): entry is Json => entry !== undefined);
}

export function string(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

export function strings(value: unknown): string[] {
  return array(value).map(string).filter((entry): entry is string => entry !== undefined);
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

// path(resource, 'code', 'text') follows objects; in a list it takes the first element.
export function path(value: unknown, ...keys: string[]): unknown {
  let here: unknown = value;
  for (const key of keys) {
    if (Array.isArray(here)) here = here[0];
    here = object(here)?.[key];
  }
  return here;
}

// The value[x] of the extension with this url.
export function extension(element: unknown, url: string): unknown {
  const found = objects(object(element)?.['extension']).find((candidate) => candidate['url'] === url);
  if (!found) return undefined;
  const key = Object.keys(found).find((name) => name.startsWith('value'));
  return key === undefined ? undefined : found[key];
}
