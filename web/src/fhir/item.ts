// A timeline item: one record of one source, with what a reader needs at a glance.
import type { Json } from './json';
import { extension, object, objects, path, string } from './json';
import type { Words } from './datatypes';
import * as text from './datatypes';
import type { When } from './dates';
import { when } from './dates';
import type { Entry, Resource } from './types';

export const categories = [
  'condition', 'allergy', 'medication', 'laboratory', 'imaging', 'vital', 'assessment',
  'procedure', 'immunization', 'encounter', 'document', 'plan', 'other',
] as const;
export type Category = (typeof categories)[number];

export interface Item {
  readonly key: string;
  readonly resource: Resource;
  readonly fullUrl: string | undefined;
  readonly category: Category;
  readonly title: string;
  readonly when: When | undefined;
  readonly provider: string;
  readonly providerName: string;
  // Lower case title and codes, for the text filter.
  readonly haystack: string;
}

// Resources that others refer to; they are looked up, not listed.
const supporting = new Set([
  'Patient', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Medication', 'Device', 'Provenance',
  'RelatedPerson', 'Binary', 'List', 'Endpoint', 'HealthcareService', 'Substance', 'Specimen', 'BodyStructure',
  'OperationOutcome', 'AuditEvent', 'Consent', 'Group', 'Bundle',
]);

export function item(entry: Entry, index: number): Item | undefined {
  const { resource } = entry;
  if (entry.mode === 'outcome' || supporting.has(resource.resourceType)) return undefined;
  const { provider, providerName } = sourceOf(entry);
  const title = titleOf(resource);
  const key = entry.fullUrl ?? `${provider}/${resource.resourceType}/${string(resource['id']) ?? `#${index}`}`;
  return {
    key,
    resource,
    fullUrl: entry.fullUrl,
    category: categoryOf(resource),
    title,
    when: when(dateOf(resource)),
    provider,
    providerName,
    haystack: `${title} ${codesOf(resource)}`.toLowerCase(),
  };
}

export function sourceOf(entry: Entry): { provider: string; providerName: string } {
  const source = object(extension(entry.raw, 'urn:idun:source'));
  const provider = string(path(source, 'identifier', 'value')) ?? '';
  return { provider, providerName: string(source?.['display']) ?? provider };
}

const mainConcept = ['code', 'vaccineCode', 'medicationCodeableConcept', 'type', 'serviceType', 'category', 'class'];

type TitleRule = (resource: Resource) => string | undefined;

const titleRules: Readonly<Record<string, TitleRule>> = {
  Goal: (goal) => text.concept(goal['description']),
  Encounter: (visit) => text.concept(visit['type']) ?? text.concept(visit['serviceType']) ?? text.coding(visit['class']),
  Composition: (document) => string(document['title']),
  DocumentReference: (document) => string(document['description']) ?? text.concept(document['type']),
  ImagingStudy: (study) => string(study['description']) ?? imagingTitle(study),
  CarePlan: (plan) => string(plan['title']) ?? text.concept(plan['category']),
  CareTeam: (team) => string(team['name']),
  Appointment: (booked) => text.concept(booked['appointmentType']) ?? string(booked['description']),
  FamilyMemberHistory: (history) => text.concept(path(history, 'condition', 'code')) ?? text.concept(history['relationship']),
  Communication: (message) => text.concept(message['topic']),
};

function titleOf(resource: Resource): string {
  const direct = Object.hasOwn(titleRules, resource.resourceType) ? titleRules[resource.resourceType]?.(resource) : undefined;
  if (direct) return direct;
  for (const key of mainConcept) {
    const found = text.concept(resource[key]);
    if (found) return found;
  }
  return string(object(resource['medicationReference'])?.['display']) ?? containedMedication(resource) ?? resource.resourceType;
}

function containedMedication(resource: Resource): string | undefined {
  const contained = objects(resource['contained']).find((inner) => inner['resourceType'] === 'Medication');
  return text.concept(contained?.['code']);
}

function imagingTitle(resource: Resource): string | undefined {
  const series = objects(resource['series'])[0];
  const parts = [text.coding(series?.['modality']), text.coding(series?.['bodySite'])].filter(Boolean);
  return parts.length ? parts.join(', ') : text.concept(resource['procedureCode']);
}

function codesOf(resource: Resource): string {
  const found: string[] = [];
  for (const key of mainConcept) {
    for (const concept of objects(resource[key])) {
      for (const coding of objects(concept['coding'])) found.push(string(coding['code']) ?? '', string(coding['display']) ?? '');
    }
  }
  return found.join(' ');
}

const dateKeys: readonly string[] = [
  'effectiveDateTime', 'effectivePeriod', 'effectiveInstant', 'performedDateTime', 'performedPeriod',
  'occurrenceDateTime', 'occurrencePeriod', 'onsetDateTime', 'onsetPeriod', 'authoredOn', 'whenHandedOver',
  'whenPrepared', 'started', 'period', 'recordedDate', 'issued', 'date', 'created', 'startDate', 'dateAsserted', 'start', 'sent',
  'assertedDate', 'context',
];

function dateOf(resource: Resource): string | undefined {
  for (const key of dateKeys) {
    const value = resource[key];
    if (key === 'context') {
      const start = string(path(value, 'period', 'start'));
      if (start) return start;
      continue;
    }
    const date = string(value) ?? string(path(value, 'start')) ?? string(path(value, 'end'));
    if (date && when(date)) return date;
  }
  return undefined;
}

function categoryOf(resource: Resource): Category {
  switch (resource.resourceType) {
    case 'Condition':
    case 'FamilyMemberHistory':
      return 'condition';
    case 'AllergyIntolerance':
    case 'AdverseEvent':
    case 'Flag':
    case 'DetectedIssue':
      return 'allergy';
    case 'MedicationRequest':
    case 'MedicationStatement':
    case 'MedicationDispense':
    case 'MedicationAdministration':
      return 'medication';
    case 'Observation':
      return observationCategory(resource);
    case 'DiagnosticReport':
      return reportCategory(resource);
    case 'ImagingStudy':
    case 'Media':
      return 'imaging';
    case 'Procedure':
      return 'procedure';
    case 'Immunization':
    case 'ImmunizationRecommendation':
      return 'immunization';
    case 'Encounter':
    case 'EpisodeOfCare':
    case 'Appointment':
      return 'encounter';
    case 'DocumentReference':
    case 'Composition':
    case 'Communication':
    case 'ClinicalImpression':
      return 'document';
    case 'QuestionnaireResponse':
    case 'RiskAssessment':
      return 'assessment';
    case 'CarePlan':
    case 'CareTeam':
    case 'Goal':
    case 'ServiceRequest':
    case 'NutritionOrder':
    case 'Task':
      return 'plan';
    default:
      return 'other';
  }
}

function observationCategory(resource: Resource): Category {
  const codes = categoryCodes(resource);
  if (codes.has('vital-signs')) return 'vital';
  if (codes.has('laboratory')) return 'laboratory';
  if (codes.has('imaging')) return 'imaging';
  return codes.size ? 'assessment' : 'laboratory';
}

function reportCategory(resource: Resource): Category {
  const codes = categoryCodes(resource);
  if (['RAD', 'IMG', 'RUS', 'CT', 'NMR', 'imaging', 'LP29684-5'].some((code) => codes.has(code))) return 'imaging';
  return 'laboratory';
}

function categoryCodes(resource: Resource): Set<string> {
  const found = new Set<string>();
  for (const concept of objects(resource['category'])) {
    for (const coding of objects(concept['coding'])) found.add(string(coding['code']) ?? '');
  }
  return found;
}

// The value or short summary that stands beside the title, in the reader's language.
export function summary(resource: Resource, words: Words): string | undefined {
  switch (resource.resourceType) {
    case 'Observation':
      return observationValue(resource, words);
    case 'DiagnosticReport':
      return string(resource['conclusion']) ?? resultsOf(resource);
    case 'Condition':
    case 'AllergyIntolerance':
      return conditionSummary(resource, words);
    case 'MedicationRequest':
    case 'MedicationStatement':
      return text.dosage(objects(resource['dosageInstruction'] ?? resource['dosage'])[0], words) ?? statusOf(resource, words);
    case 'MedicationDispense':
      return text.quantity(resource['quantity'], words) ?? statusOf(resource, words);
    case 'Procedure':
      return text.concept(resource['reasonCode']) ?? referenceText(objects(resource['reasonReference'])[0]) ?? text.concept(resource['bodySite']);
    case 'Encounter':
      return text.concept(resource['reasonCode']) ?? classText(resource, words);
    case 'ImagingStudy':
      return imagingTitle(resource);
    case 'Immunization':
      return resource['status'] === 'completed' ? undefined : statusOf(resource, words);
    case 'CarePlan':
      return activities(resource) ?? statusOf(resource, words);
    case 'Goal':
      return text.concept(resource['achievementStatus']) && words.code(text.code(resource['achievementStatus']) ?? '');
    case 'DocumentReference':
    case 'Composition':
      return text.concept(resource['type']);
    default:
      return statusOf(resource, words);
  }
}

function statusOf(resource: Resource, words: Words): string | undefined {
  const status = string(resource['status']);
  return status && words.code(status);
}

function observationValue(resource: Json, words: Words): string | undefined {
  const own = text.valueOf(resource, words);
  if (own) return own;
  const components = objects(resource['component']);
  const pressure = bloodPressure(components, words);
  if (pressure) return pressure;
  const parts = components
    .map((component) => {
      const value = text.valueOf(component, words);
      return value && `${text.concept(component['code']) ?? ''} ${value}`.trim();
    })
    .filter(Boolean);
  if (parts.length) return parts.join(' · ');
  return text.concept(resource['dataAbsentReason']);
}

// 8480-6 systolic, 8462-4 diastolic: shown as 120/80 mmHg.
function bloodPressure(components: Json[], words: Words): string | undefined {
  const find = (loinc: string) => components.find((component) => text.code(component['code']) === loinc)?.['valueQuantity'];
  const systolic = object(find('8480-6'));
  const diastolic = text.quantity(find('8462-4'), words);
  const value = systolic?.['value'];
  return typeof value === 'number' && diastolic ? `${words.number(value)}/${diastolic}` : undefined;
}

function conditionSummary(resource: Resource, words: Words): string | undefined {
  const parts: string[] = [];
  const clinical = text.code(resource['clinicalStatus']);
  if (clinical) parts.push(words.code(clinical));
  const doubt = text.code(resource['verificationStatus']);
  if (doubt && doubt !== 'confirmed') parts.push(words.code(doubt));
  const criticality = string(resource['criticality']);
  if (criticality) parts.push(words.code(`criticality-${criticality}`));
  return parts.length ? parts.join(' · ') : undefined;
}

const resultsMax = 4;

function resultsOf(resource: Resource): string | undefined {
  const names = objects(resource['result']).map(referenceText).filter(Boolean);
  const more = names.length - resultsMax;
  return names.length ? names.slice(0, resultsMax).join(', ') + (more > 0 ? ` … (+${more})` : '') : undefined;
}

function referenceText(value: Json | undefined): string | undefined {
  return string(value?.['display']);
}

function classText(resource: Resource, words: Words): string | undefined {
  const encounter = object(resource['class']);
  const code = string(encounter?.['code']);
  return code && words.code(code);
}

function activities(resource: Resource): string | undefined {
  const names = objects(resource['activity']).map((activity) => text.concept(path(activity, 'detail', 'code'))).filter(Boolean);
  return names.length ? names.join(', ') : undefined;
}

// How things of the same moment are told: first the visit, then what was found, decided and done.
const order: readonly Category[] = [
  'encounter', 'condition', 'allergy', 'document', 'medication', 'procedure', 'immunization', 'imaging', 'laboratory', 'vital',
  'assessment', 'plan', 'other',
];

// Newest first; the undated last.
export function newestFirst(a: Item, b: Item): number {
  const x = a.when?.order ?? -Infinity;
  const y = b.when?.order ?? -Infinity;
  if (x !== y) return y > x ? 1 : -1;
  const rank = order.indexOf(a.category) - order.indexOf(b.category);
  if (rank !== 0) return rank;
  if (a.title !== b.title) return a.title < b.title ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

// Merges sorted newcomers into a sorted list without sorting it all again.
export function merge(items: readonly Item[], arrived: readonly Item[]): Item[] {
  const newcomers = [...arrived].sort(newestFirst);
  const merged: Item[] = [];
  let i = 0;
  for (const newcomer of newcomers) {
    while (i < items.length && newestFirst(items[i]!, newcomer) <= 0) merged.push(items[i++]!);
    merged.push(newcomer);
  }
  while (i < items.length) merged.push(items[i++]!);
  return merged;
}
