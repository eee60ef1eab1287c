// The person's own limits on sharing, as FHIR Consent.
import type { Json } from './json';
import { object, objects, path, string } from './json';
import type { Resource } from './types';

export type Kind = 'opt-out' | 'block';

export interface Limit {
  readonly id: string;
  readonly kind: Kind | undefined;
  // The blocked provider, for a block of a whole provider.
  readonly provider: string | undefined;
  readonly since: string | undefined;
}

export interface Provider {
  readonly id: string;
  readonly name: string;
}

const categorySystem = 'urn:idun:consent-category';

export function limit(consent: Resource): Limit | undefined {
  const id = string(consent['id']);
  if (consent.resourceType !== 'Consent' || !id) return undefined;
  const status = string(consent['status']);
  if (status !== undefined && status !== 'active') return undefined;
  const codes = objects(consent['category']).flatMap((category) => objects(category['coding']));
  const own = string(codes.find((coding) => coding['system'] === categorySystem)?.['code']);
  const actor = object(path(consent, 'provision', 'actor', 'reference'));
  return {
    id,
    kind: own === 'opt-out' || own === 'block' ? own : undefined,
    provider: string(path(actor, 'identifier', 'value')) ?? string(actor?.['reference'])?.replace(/^Organization\//, ''),
    since: string(consent['dateTime']) ?? string(path(consent, 'meta', 'lastUpdated')),
  };
}

// What is read before a limit is set. The hub takes a limit only with the newest text of its kind (GET /rights/warnings).
export interface Told {
  readonly uri: string;
  readonly sv: string;
  readonly en: string;
}

export function told(warnings: unknown, kind: Kind): Told | undefined {
  const one = objects(object(warnings)?.['warnings']).find((each) => each['kind'] === kind);
  const uri = string(one?.['uri']), sv = string(one?.['sv']), en = string(one?.['en']);
  return uri && sv && en ? { uri, sv, en } : undefined;
}

export function consentFor(kind: Kind, warning: string, provider?: string): Json {
  const provision: Json =
    provider === undefined
      ? { type: 'deny' }
      : {
          type: 'deny',
          actor: [
            {
              role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'CST' }] },
              reference: { identifier: { value: provider } },
            },
          ],
        };
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: categorySystem, code: kind }] }],
    policy: [{ uri: warning }],
    provision,
  };
}

export function provider(organization: Resource): Provider | undefined {
  const id = string(organization['id']);
  // A unit belongs to a provider; sharing is decided by provider.
  if (organization.resourceType !== 'Organization' || !id || organization['partOf'] !== undefined) return undefined;
  return { id, name: string(organization['name']) ?? id };
}
