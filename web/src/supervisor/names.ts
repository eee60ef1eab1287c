import { loadProviders } from '../app/organizations';

// Care providers' names by id.
export async function loadNames(token: string): Promise<ReadonlyMap<string, string>> {
  return new Map((await loadProviders(token)).map((one) => [one.id, one.name]));
}
