// Who uses the page. The token lives in this variable only: closing or reloading the page forgets it.
import { signal } from '@preact/signals';
import { object, objects, string } from '../fhir/json';
import type { Identifier } from '../fhir/types';
import { ApiError, call } from './api';

export type Role = 'clinician' | 'patient' | 'system' | 'administrator' | 'supervisor';

const stories = ['home-care', 'pregnancy', 'cancer', 'risky-medicines', 'parent', 'protected-identity'] as const;
export type Story = (typeof stories)[number];

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly provider: { readonly id: string; readonly name: string } | undefined;
  readonly unit: string | undefined;
  readonly story: Story | undefined;  // what a person of the demonstration lives through
  readonly token: string;
}

export interface Person {
  readonly name: string | undefined;
  readonly birthDate: string | undefined;
  readonly gender: string | undefined;
  readonly identifier: Identifier;
}

export const user = signal<User | undefined>(undefined);

const roles: readonly string[] = ['clinician', 'patient', 'system', 'administrator', 'supervisor'];

// The demonstration's users; undefined when this installation is no demonstration.
export async function demoUsers(): Promise<User[] | undefined> {
  const answer = await optional('/demo/users');
  if (answer === undefined) return undefined;
  return objects(object(answer)?.['users']).flatMap((raw) => {
    const [id, name, role, token] = [string(raw['id']), string(raw['name']), string(raw['role']), string(raw['token'])];
    if (!id || !name || !role || !token || !roles.includes(role)) return [];
    const provider = object(raw['provider']);
    const providerId = string(provider?.['id']);
    return [{
      id, name, token,
      role: role as Role,
      provider: providerId ? { id: providerId, name: string(provider?.['name']) ?? providerId } : undefined,
      unit: string(raw['unit']),
      story: stories.find((one) => one === raw['story']),
    }];
  });
}

export async function demoPeople(): Promise<Person[]> {
  const answer = await optional('/demo/people');
  return objects(object(answer)?.['people']).flatMap((raw) => {
    const identifier = object(raw['identifier']);
    const [system, value] = [string(identifier?.['system']), string(identifier?.['value'])];
    if (!system || !value) return [];
    return [{
      name: string(raw['name']),
      birthDate: string(raw['birthDate']),
      gender: string(raw['gender']),
      identifier: { system, value },
    }];
  });
}

async function optional(path: string): Promise<unknown> {
  try {
    return await call(path);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
