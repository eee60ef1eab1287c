// For whom the user acts, when not for herself. Like the token it lives in this variable only. In addresses of calls a
// represented person is named by the pseudonym that her representative's list gives, never by a number.
import { signal } from '@preact/signals';
import type { Represented } from '../fhir/represented';
import type { Identifier } from '../fhir/types';

export const acting = signal<Represented | undefined>(undefined);

// The address with whom it is about, in the shape of Consent, AuditEvent and Communication.
export function about(path: string): string {
  const who = acting.value?.identifier;
  if (!who) return path;
  return `${path}${path.includes('?') ? '&' : '?'}patient.identifier=${encodeURIComponent(`${who.system}|${who.value}`)}`;
}

export function patientOf(): Identifier | undefined {
  return acting.value?.identifier;
}

export function identifierParameter(): object[] {
  const who = acting.value?.identifier;
  return who ? [{ name: 'identifier', valueIdentifier: who }] : [];
}
