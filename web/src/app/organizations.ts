// The directory's organisations, all pages of them.
import { providersOf, type Provider } from '../fhir/directory';
import type { Resource } from '../fhir/types';
import { bundle } from '../fhir/types';
import { call, samePath } from './api';

const pagesMax = 100; // of a thousand: more units than a country has

export async function loadProviders(token: string): Promise<Provider[]> {
  const found: Resource[] = [];
  let path: string | undefined = '/fhir/Organization?_count=1000';
  for (let page = 0; path !== undefined && page < pagesMax; page++) {
    const one = bundle(await call(path, { token }));
    found.push(...one.entries.map((entry) => entry.resource));
    path = samePath(one.next);
  }
  return providersOf(found);
}
