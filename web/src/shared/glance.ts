// What a clinician looks for first: allergies, active conditions, current medication, latest values.
import type { Item } from '../fhir/item';
import * as text from '../fhir/datatypes';

export interface Glance {
  readonly allergies: readonly Item[];
  readonly conditions: readonly Item[];
  readonly medications: readonly Item[];
  readonly values: readonly Item[];
}

// Of measurements and of laboratory results each, so that a large panel does not hide the pulse.
const valuesMax = 4;

// `items` are newest first; of several records that say the same thing the newest stands for all.
export function glance(items: readonly Item[]): Glance {
  const allergies = new Map<string, Item>();
  const conditions = new Map<string, Item>();
  const medications = new Map<string, Item>();
  const vital = new Map<string, Item>();
  const laboratory = new Map<string, Item>();
  for (const item of items) {
    const { resource } = item;
    const name = text.code(resource['code'] ?? resource['medicationCodeableConcept']) ?? item.title.toLowerCase();
    if (resource.resourceType === 'AllergyIntolerance' && isActive(item)) keep(allergies, name, item);
    else if (resource.resourceType === 'Condition' && isActive(item)) keep(conditions, name, item);
    else if (item.category === 'medication' && isCurrentMedication(item)) keep(medications, name, item);
    else if (resource.resourceType === 'Observation' && isValue(item)) {
      const values = item.category === 'vital' ? vital : laboratory;
      if (values.size < valuesMax) keep(values, name, item);
    }
  }
  return {
    allergies: [...allergies.values()],
    conditions: [...conditions.values()],
    medications: [...medications.values()],
    values: [...vital.values(), ...laboratory.values()],
  };
}

function keep(map: Map<string, Item>, name: string, item: Item): void {
  if (!map.has(name)) map.set(name, item);
}

function isActive(item: Item): boolean {
  const verification = text.code(item.resource['verificationStatus']);
  if (verification === 'entered-in-error' || verification === 'refuted') return false;
  const clinical = text.code(item.resource['clinicalStatus']);
  if (Object.keys(item.resource).some((key) => key.startsWith('abatement'))) return false;
  return clinical === undefined || ['active', 'recurrence', 'relapse'].includes(clinical);
}

function isCurrentMedication(item: Item): boolean {
  return ['MedicationRequest', 'MedicationStatement'].includes(item.resource.resourceType) && item.resource['status'] === 'active';
}

function isValue(item: Item): boolean {
  if (item.category !== 'vital' && item.category !== 'laboratory') return false;
  if (item.resource['status'] === 'entered-in-error') return false;
  return 'valueQuantity' in item.resource || 'component' in item.resource;
}
