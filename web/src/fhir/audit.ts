// An AuditEvent as the person it is about reads it.
import type { Json } from './json';
import { extension, object, objects, path, string } from './json';
import * as text from './datatypes';
import type { Resource } from './types';

export interface Access {
  readonly id: string;
  readonly recorded: string | undefined;
  readonly who: string | undefined;
  readonly whoId: string | undefined;
  readonly role: string | undefined;
  readonly roleCode: string | undefined;
  readonly where: string | undefined;
  readonly purpose: string | undefined;
  readonly purposeCode: string | undefined;
  readonly what: readonly string[];
  // Of a gathering: the care providers that were asked, and how many records each gave.
  readonly from: readonly { readonly name: string; readonly records: number | undefined }[];
  readonly receipt: string | undefined;
  readonly sentence: { readonly sv: string | undefined; readonly en: string | undefined };
  // Why the glass was broken: 'life' or 'health'; the access then saw what was blocked.
  readonly glass: string | undefined;
  readonly failed: boolean;
}

export function access(event: Resource, index: number): Access | undefined {
  if (event.resourceType !== 'AuditEvent') return undefined;
  const agents = objects(event['agent']);
  const agent = agents[0];
  const who = object(agent?.['who']);
  const purpose = event['purposeOfEvent'] ?? agent?.['purposeOfUse'];
  const outcome = string(event['outcome']);
  return {
    id: string(event['id']) ?? `#${index}`,
    recorded: string(event['recorded']),
    who: string(who?.['display']) ?? string(agent?.['name']) ?? string(path(who, 'identifier', 'value')),
    whoId: string(path(who, 'identifier', 'value')),
    role: text.concept(agent?.['role']) ?? text.concept(agent?.['type']),
    roleCode: text.code(agent?.['role']),
    where: organisation(event, agents),
    purpose: text.concept(purpose),
    purposeCode: text.code(purpose),
    what: entities(event),
    from: sources(event),
    receipt: string(extension(event, 'urn:idun:receipt')),
    sentence: {
      sv: string(extension(event, 'urn:idun:sentence-sv')),
      en: string(extension(event, 'urn:idun:sentence-en')),
    },
    glass: string(extension(event, 'urn:idun:break-glass')),
    failed: outcome !== undefined && outcome !== '0',
  };
}

// What the list lacks, in both languages: the outcomes beside its entries (docs/formats/ledger-shipping.md).
export interface Lacking {
  readonly sv: string | undefined;
  readonly en: string | undefined;
}

export function lacking(outcome: Resource): Lacking[] {
  if (outcome.resourceType !== 'OperationOutcome') return [];
  return objects(outcome['issue']).flatMap((issue) => {
    const details = object(issue['details']);
    const en = string(details?.['text']);
    const translations = objects(path(details, '_text', 'extension')).filter((one) => one['url'] === 'http://hl7.org/fhir/StructureDefinition/translation');
    const swedish = translations.find((one) => extension(one, 'lang') === 'sv');
    return en ? [{ en, sv: string(extension(swedish, 'content')) }] : [];
  });
}

function organisation(event: Resource, agents: ReturnType<typeof objects>): string | undefined {
  const named = agents
    .slice(1)
    .map((agent) => object(agent['who']))
    .find((who) => string(who?.['type']) === 'Organization' || string(who?.['reference'])?.startsWith('Organization/'));
  return (
    string(named?.['display']) ??
    string(object(agents[0]?.['location'])?.['display']) ??
    string(path(extension(agents[0], 'urn:idun:organisation'), 'display')) ??
    string(path(event, 'source', 'observer', 'display')) ??
    string(agents[1]?.['name'])
  );
}

function isOrganization(entity: Json): boolean {
  return string(object(entity['what'])?.['type']) === 'Organization';
}

function sources(event: Resource): { name: string; records: number | undefined }[] {
  return objects(event['entity']).filter(isOrganization).flatMap((entity) => {
    const name = string(object(entity['what'])?.['display']) ?? string(path(entity, 'what', 'identifier', 'value'));
    const count = string(objects(entity['detail']).find((detail) => detail['type'] === 'count')?.['valueString']);
    return name ? [{ name, records: count !== undefined && /^\d{1,9}$/.test(count) ? Number(count) : undefined }] : [];
  });
}

function entities(event: Resource): string[] {
  const found: string[] = [];
  for (const entity of objects(event['entity'])) {
    // The person herself is an entity too; she knows that.
    if (text.code(entity['role']) === '1' || isOrganization(entity)) continue;
    const name = string(object(entity['what'])?.['display']) ?? string(entity['name']) ?? string(entity['description']);
    if (name && !found.includes(name)) found.push(name);
  }
  return found;
}
