// What the forms of choices build on: who gives care, the texts to read first, and whom the person may know by name.
import { signal } from '@preact/signals';
import { about } from '../app/acting';
import { call } from '../app/api';
import { access } from '../fhir/audit';
import { loadProviders } from '../app/organizations';
import type { Provider } from '../fhir/directory';
import { bundle } from '../fhir/types';

export interface Basis {
  readonly providers: readonly Provider[];
  readonly warnings: unknown;
}

export async function loadBasis(token: string): Promise<Basis> {
  const [providers, warnings] = await Promise.all([loadProviders(token), call('/rights/warnings', { token })]);
  return { providers, warnings };
}

// Care staff who have looked, by user id: an exception names a person by id, and this is where she is known from.
export const users = signal<ReadonlyMap<string, string>>(new Map());
export const userName = (id: string): string | undefined => users.value.get(id);

export async function loadUsers(token: string): Promise<void> {
  try {
    const found = bundle(await call(about('/fhir/AuditEvent?_count=200'), { token })).entries;
    const named = new Map<string, string>();
    found.forEach((entry, index) => {
      const one = access(entry.resource, index);
      if (one?.whoId && one.who && one.roleCode === 'clinician') named.set(one.whoId, one.where ? `${one.who} (${one.where})` : one.who);
    });
    users.value = named;
  } catch {
    // A representative of a part does not see who has looked: ids stand in for names.
    users.value = new Map();
  }
}
