import { call } from '../app/api';
import { providersOf } from '../fhir/directory';
import { bundle } from '../fhir/types';

// Care providers' names by id.
export async function loadNames(token: string): Promise<ReadonlyMap<string, string>> {
  const found = providersOf(bundle(await call('/fhir/Organization', { token })).entries.map((entry) => entry.resource));
  return new Map(found.map((one) => [one.id, one.name]));
}
