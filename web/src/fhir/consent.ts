// A person's choices as FHIR Consent (docs/formats/rights-wire.md): read as the hub shows them, written as it takes them.
import type { Json } from './json';
import { object, objects, path, string } from './json';
import type { Identifier, Resource } from './types';

export const kinds = ['opt-out', 'secondary-opt-out', 'block', 'lift', 'mandate'] as const;
export type Kind = (typeof kinds)[number];
export type Layer = 'outer' | 'inner' | 'abroad';
const mandateKinds = ['chosen', 'guardian', 'parent', 'foreign'] as const;
export type MandateKind = (typeof mandateKinds)[number];

export interface Named {
  readonly id: string;
  readonly name: string | undefined;
}

// Which records; what is absent is not limited.
export interface Scope {
  readonly provider?: Named | undefined;
  readonly unit?: Named | undefined;
  readonly category?: string | undefined;
  readonly element?: string | undefined;
  readonly entry?: string | undefined;  // 'AllergyIntolerance/a1'
  readonly from?: string | undefined;  // when the care took place
  readonly to?: string | undefined;
}

export interface Draft {
  readonly kind: Kind;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  // Of a block one; of a mandate as many as it covers, none for everything.
  readonly scopes?: readonly Scope[] | undefined;
  // Of a block.
  readonly layer?: Layer | undefined;
  readonly country?: string | undefined;
  readonly exceptProviders?: readonly Named[] | undefined;
  readonly exceptUsers?: readonly string[] | undefined;
  // Of a lift: the block (none: all of them), and for whom.
  readonly block?: string | undefined;
  readonly toProvider?: Named | undefined;
  readonly toUser?: string | undefined;
  // Of a mandate.
  readonly representative?: { readonly identifier: Identifier; readonly name: string | undefined } | undefined;
  readonly manage?: boolean | undefined;
  readonly purpose?: string | undefined;
  // By whom it came about; all but the first are registered by staff.
  readonly given?: MandateKind | undefined;
  readonly despiteProtection?: boolean | undefined;
  readonly paper?: string | undefined;
}

export interface Choice extends Draft {
  readonly id: string;
  readonly active: boolean;
  readonly set: string | undefined;
  readonly who: string | undefined;
  readonly whoId: string | undefined;
  readonly where: string | undefined;
  readonly onBehalf: boolean;
}

const categorySystem = 'urn:idun:consent-category';
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const systems = {
  provider: 'urn:idun:provider', unit: 'urn:idun:unit', user: 'urn:idun:user', country: 'urn:iso:std:iso:3166',
  category: 'urn:idun:category', element: 'urn:idun:element', action: 'urn:idun:mandate-action',
  purpose: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
} as const;

// ---- reading

interface Actor {
  readonly role: string | undefined;
  readonly system: string;
  readonly named: Named;
}

function codeIn(concept: unknown, system: string): string | undefined {
  return string(objects(path(concept, 'coding')).find((coding) => coding['system'] === system)?.['code']);
}

function actorsOf(provision: Json | undefined): Actor[] {
  return objects(provision?.['actor']).flatMap((actor) => {
    const reference = object(actor['reference']);
    const id = string(path(reference, 'identifier', 'value'));
    if (!id) return [];
    const system = string(path(reference, 'identifier', 'system')) ?? systems.provider;
    return [{ role: codeIn(actor['role'], participation), system, named: { id, name: string(reference?.['display']) } }];
  });
}

function periodOf(value: unknown): { from: string | undefined; to: string | undefined } {
  return { from: string(path(value, 'start')), to: string(path(value, 'end')) };
}

function scopeOf(provision: Json | undefined): Scope {
  const owner = (system: string) => actorsOf(provision).find((one) => one.role === 'CST' && one.system === system)?.named;
  return {
    provider: owner(systems.provider),
    unit: owner(systems.unit),
    category: string(objects(provision?.['class'])[0]?.['code']),
    element: codeIn(objects(provision?.['code'])[0], systems.element),
    entry: string(path(provision, 'data', 'reference', 'reference')),
    ...periodOf(provision?.['dataPeriod']),
  };
}

export function isEverything(scope: Scope): boolean {
  return Object.values(scope).every((part) => part === undefined);
}

function blockOf(provision: Json | undefined, second: string | undefined): Partial<Draft> {
  const excepted = objects(provision?.['provision']).flatMap(actorsOf);
  return {
    layer: second === 'block-inner' ? 'inner' : second === 'block-abroad' ? 'abroad' : 'outer',
    scopes: [scopeOf(provision)],
    country: actorsOf(provision).find((one) => one.role === 'IRCP' && one.system === systems.country)?.named.id,
    exceptProviders: excepted.filter((one) => one.system === systems.provider).map((one) => one.named),
    exceptUsers: excepted.filter((one) => one.system === systems.user).map((one) => one.named.id),
  };
}

function liftOf(provision: Json | undefined): Partial<Draft> {
  const whom = (system: string) => actorsOf(provision).find((one) => one.role === 'IRCP' && one.system === system)?.named;
  return {
    block: string(path(provision, 'data', 'reference', 'reference'))?.replace(/^Consent\//, ''),
    toProvider: whom(systems.provider),
    toUser: whom(systems.user)?.id,
  };
}

function allowed(provision: Json | undefined, word: string): boolean {
  return objects(provision?.['action']).some((action) => codeIn(action, systems.action) === word);
}

function mandateOf(provision: Json | undefined, second: string | undefined): Partial<Draft> {
  const nested = objects(provision?.['provision']);
  const whole = scopeOf(provision);
  const acts = actorsOf(provision).find((one) => one.role === 'IRCP');
  return {
    scopes: nested.length ? nested.map(scopeOf) : isEverything(whole) ? [] : [whole],
    representative: acts && { identifier: { system: acts.system, value: acts.named.id }, name: acts.named.name },
    given: mandateKinds.find((one) => `mandate-${one}` === second) ?? 'chosen',
    manage: allowed(provision, 'manage'),
    despiteProtection: allowed(provision, 'despite-protection'),
    purpose: string(objects(provision?.['purpose'])[0]?.['code']),
  };
}

// One version of a choice; undefined for what is none.
export function choice(consent: Resource): Choice | undefined {
  const id = string(consent['id']);
  const codes = objects(consent['category']).map((category) => codeIn(category, categorySystem));
  const kind = kinds.find((one) => one === codes[0]);
  if (consent.resourceType !== 'Consent' || !id || !kind) return undefined;
  const provision = object(consent['provision']);
  const performer = objects(consent['performer'])[0];
  const parts = kind === 'block' ? blockOf(provision, codes[1]) : kind === 'lift' ? liftOf(provision) : kind === 'mandate' ? mandateOf(provision, codes[1]) : {};
  return {
    ...parts,
    id, kind,
    ...periodOf(provision?.['period']),
    active: string(consent['status']) !== 'inactive',
    set: string(path(consent, 'meta', 'lastUpdated')) ?? string(consent['dateTime']),
    who: string(performer?.['display']),
    whoId: string(path(performer, 'identifier', 'value')),
    where: string(path(consent['organization'], 'display')),
    onBehalf: performer?.['type'] === 'RelatedPerson',
    paper: string(path(consent, 'sourceReference', 'identifier', 'value')),
  };
}

// The times outside, newest first, of versions in any order: what others may lack even after she has joined again.
export interface Gap {
  readonly from: string;
  readonly to: string | undefined;
}
export function gaps(versions: readonly Choice[], kind: 'opt-out' | 'secondary-opt-out'): Gap[] {
  const found: Gap[] = [];
  const oldestFirst = versions.filter((one) => one.kind === kind && one.set).sort((a, b) => Date.parse(a.set ?? '') - Date.parse(b.set ?? ''));
  let began: string | undefined;
  for (const one of oldestFirst) {
    if (one.active) began ??= one.set;
    else if (began) {
      found.unshift({ from: began, to: one.set });
      began = undefined;
    }
  }
  if (began) found.unshift({ from: began, to: undefined });
  return found;
}

// ---- writing

function actor(role: 'CST' | 'IRCP', system: string, value: string, name?: string): Json {
  const reference: Json = { identifier: { system, value }, ...(name ? { display: name } : {}) };
  return { role: { coding: [{ system: participation, code: role }] }, reference };
}

function period(name: string, from: string | undefined, to: string | undefined): Json {
  return from || to ? { [name]: { ...(from ? { start: from } : {}), ...(to ? { end: to } : {}) } } : {};
}

function owners(scope: Scope): Json[] {
  return [
    ...(scope.provider ? [actor('CST', systems.provider, scope.provider.id)] : []),
    ...(scope.unit ? [actor('CST', systems.unit, scope.unit.id)] : []),
  ];
}

const instance = (reference: string): Json => ({ data: [{ meaning: 'instance', reference: { reference } }] });

function records(scope: Scope): Json {
  return {
    ...(scope.category ? { class: [{ system: systems.category, code: scope.category }] } : {}),
    ...(scope.element ? { code: [{ coding: [{ system: systems.element, code: scope.element }] }] } : {}),
    ...(scope.entry ? instance(scope.entry) : {}),
    ...period('dataPeriod', scope.from, scope.to),
  };
}

function withActors(actors: readonly Json[], rest: Json): Json {
  return { ...(actors.length ? { actor: actors } : {}), ...rest };
}

function blockProvision(draft: Draft): Json {
  const scope = draft.scopes?.[0] ?? {};
  const whom = draft.layer === 'abroad' && draft.country ? [actor('IRCP', systems.country, draft.country)] : [];
  const excepted = [
    ...(draft.exceptProviders ?? []).map((one) => actor('IRCP', systems.provider, one.id)),
    ...(draft.exceptUsers ?? []).map((id) => actor('IRCP', systems.user, id)),
  ];
  return withActors([...owners(scope), ...whom], {
    ...records(scope),
    ...(excepted.length ? { provision: [{ type: 'permit', actor: excepted }] } : {}),
  });
}

function liftProvision(draft: Draft): Json {
  const whom = [
    ...(draft.toProvider ? [actor('IRCP', systems.provider, draft.toProvider.id)] : []),
    ...(draft.toUser ? [actor('IRCP', systems.user, draft.toUser)] : []),
  ];
  return withActors(whom, draft.block ? instance(`Consent/${draft.block}`) : {});
}

function mandateProvision(draft: Draft): Json {
  const scopes = draft.scopes ?? [];
  const one = scopes.length === 1 ? scopes[0] : undefined;
  const acts = draft.representative;
  const actions = [...(draft.manage ? ['manage'] : []), ...(draft.despiteProtection ? ['despite-protection'] : [])];
  const actors = [
    ...(one ? owners(one) : []),
    ...(acts ? [actor('IRCP', acts.identifier.system, acts.identifier.value, acts.name)] : []),
  ];
  return withActors(actors, {
    ...(actions.length ? { action: actions.map((code) => ({ coding: [{ system: systems.action, code }] })) } : {}),
    ...(draft.purpose ? { purpose: [{ system: systems.purpose, code: draft.purpose }] } : {}),
    ...(one ? records(one) : {}),
    ...(scopes.length > 1 ? { provision: scopes.map((scope) => withActors(owners(scope), { type: 'permit', ...records(scope) })) } : {}),
  });
}

// `warning` is the text that was read, when the kind has one; `patient` whom it is about, when not the caller.
export function consentFor(draft: Draft, warning: string | undefined, patient?: Identifier): Json {
  const { kind } = draft;
  const second = kind === 'block' && draft.layer && draft.layer !== 'outer' ? [`block-${draft.layer}`]
    : kind === 'mandate' && draft.given && draft.given !== 'chosen' ? [`mandate-${draft.given}`] : [];
  const parts = kind === 'block' ? blockProvision(draft) : kind === 'lift' ? liftProvision(draft) : kind === 'mandate' ? mandateProvision(draft) : {};
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [kind, ...second].map((code) => ({ coding: [{ system: categorySystem, code }] })),
    ...(patient ? { patient: { identifier: patient } } : {}),
    ...(draft.paper ? { sourceReference: { identifier: { value: draft.paper } } } : {}),
    ...(warning ? { policy: [{ uri: warning }] } : {}),
    provision: { type: kind === 'lift' || kind === 'mandate' ? 'permit' : 'deny', ...period('period', draft.from, draft.to), ...parts },
  };
}

// ---- what is read before a choice

// The hub takes a choice only with the newest text of its kind (GET /rights/warnings).
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
