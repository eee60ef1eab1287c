// FHIR datatypes as plain text. `words` gives the reader's language for coded values and numbers.
import type { Json } from './json';
import { array, number, object, objects, string, strings } from './json';

export interface Words {
  // The reader's word for a code of FHIR itself, such as a status; the code itself when there is none.
  code(code: string): string;
  number(value: number): string;
  date(value: string): string;
}

export function concept(value: unknown): string | undefined {
  const one = object(Array.isArray(value) ? value[0] : value);
  if (!one) return undefined;
  const text = string(one['text']);
  if (text) return text;
  const codings = objects(one['coding']);
  const shown = codings.find((coding) => string(coding['display'])) ?? codings[0];
  return coding(shown);
}

export function coding(value: unknown): string | undefined {
  const one = object(value);
  return string(one?.['display']) ?? string(one?.['code']);
}

// The first code of a CodeableConcept, or a plain code.
export function code(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const one = object(Array.isArray(value) ? value[0] : value);
  return string(objects(one?.['coding'])[0]?.['code']) ?? string(one?.['code']);
}

const hiddenUnits = new Set(['1', '{score}', '{#}', '{nominal}']);

export function quantity(value: unknown, words: Words): string | undefined {
  const one = object(value);
  const amount = number(one?.['value']);
  if (!one || amount === undefined) return undefined;
  const unit = string(one['unit']) ?? string(one['code']);
  const comparator = string(one['comparator']);
  const shown = `${comparator ? `${comparator} ` : ''}${words.number(amount)}`;
  return unit && !hiddenUnits.has(unit) ? `${shown} ${plainUnit(unit)}` : shown;
}

// UCUM's units as people write them: mm[Hg] -> mmHg, {beats}/min -> beats/min, 10*6/uL -> 10⁶/µL, m2 -> m².
export function plainUnit(unit: string): string {
  return unit
    .replace(/[[\]{}]/g, '')
    .replace(/10[*^](-?\d+)/g, (_, power: string) => `10${raised(power)}`)
    .replace(/\bu(?=(L|l|g|m|mol|M|kat)\b)/g, 'µ')
    .replace(/(^|[^A-Za-z])m([23])\b/g, (_, before: string, power: string) => `${before === '_' ? ' ' : before}m${raised(power)}`);
}

function raised(power: string): string {
  return [...power].map((digit) => (digit === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? ''))).join('');
}

export function range(value: unknown, words: Words): string | undefined {
  const one = object(value);
  const low = quantity(one?.['low'], words);
  const high = quantity(one?.['high'], words);
  if (low && high) return `${low} – ${high}`;
  if (low) return `≥ ${low}`;
  return high ? `≤ ${high}` : undefined;
}

export function period(value: unknown, words: Words): string | undefined {
  const one = object(value);
  const start = string(one?.['start']);
  const end = string(one?.['end']);
  if (start && end) {
    const from = words.date(start);
    const to = words.date(end);
    return from === to ? from : `${from} – ${to}`;
  }
  if (start) return `${words.date(start)} –`;
  return end ? `– ${words.date(end)}` : undefined;
}

export function humanName(value: unknown): string | undefined {
  const one = object(Array.isArray(value) ? value[0] : value);
  if (!one) return undefined;
  const whole = [...strings(one['given']), string(one['family'])].filter(Boolean).join(' ');
  return string(one['text']) ?? (whole === '' ? undefined : whole);
}

export function address(value: unknown): string | undefined {
  const one = object(value);
  if (!one) return undefined;
  const town = [string(one['postalCode']), string(one['city'])].filter(Boolean).join(' ');
  const whole = [...strings(one['line']), town, string(one['country'])].filter(Boolean).join(', ');
  return string(one['text']) ?? (whole === '' ? undefined : whole);
}

export function ratio(value: unknown, words: Words): string | undefined {
  const one = object(value);
  const top = quantity(one?.['numerator'], words);
  const bottom = quantity(one?.['denominator'], words);
  return top && bottom ? `${top} / ${bottom}` : top;
}

export function dosage(value: unknown, words: Words): string | undefined {
  const one = object(value);
  if (!one) return undefined;
  const text = string(one['text']) ?? string(one['patientInstruction']);
  if (text) return text;
  const dose = objects(one['doseAndRate'])
    .map((rate) => quantity(rate['doseQuantity'], words) ?? range(rate['doseRange'], words))
    .find(Boolean);
  const timing = object(one['timing']);
  const repeat = object(timing?.['repeat']);
  const frequency = number(repeat?.['frequency']);
  const every = number(repeat?.['period']);
  const unit = string(repeat?.['periodUnit']);
  const rhythm =
    concept(timing?.['code']) ??
    (frequency !== undefined && every !== undefined && unit
      ? `${words.number(frequency)} × / ${every === 1 ? '' : `${words.number(every)} `}${unit}`
      : undefined);
  const whole = [dose, rhythm].filter(Boolean).join(', ');
  return whole === '' ? undefined : whole;
}

// The value[x] of an observation, a component or an extension.
export function valueOf(element: Json, words: Words): string | undefined {
  const key = Object.keys(element).find((name) => name.startsWith('value'));
  if (key === undefined) return undefined;
  const value = element[key];
  switch (key) {
    case 'valueQuantity':
    case 'valueAge':
    case 'valueDuration':
      return quantity(value, words);
    case 'valueCodeableConcept':
      return concept(value);
    case 'valueCoding':
      return coding(value);
    case 'valueRange':
      return range(value, words);
    case 'valueRatio':
      return ratio(value, words);
    case 'valuePeriod':
      return period(value, words);
    case 'valueDateTime':
    case 'valueDate':
    case 'valueInstant':
      return string(value) && words.date(String(value));
    case 'valueBoolean':
      return words.code(String(value));
    case 'valueString':
    case 'valueTime':
    case 'valueCode':
      return string(value);
    case 'valueSampledData':
      return string(object(value)?.['data']) ? '∿' : undefined;
    default: {
      const amount = number(value);
      return amount === undefined ? string(value) : words.number(amount);
    }
  }
}

export function interpretation(element: Json): 'high' | 'low' | 'abnormal' | undefined {
  for (const entry of array(element['interpretation'])) {
    const found = code(entry);
    if (found === undefined) continue;
    if (['H', 'HH', 'HU', '>'].includes(found)) return 'high';
    if (['L', 'LL', 'LU', '<'].includes(found)) return 'low';
    if (['A', 'AA', 'POS', 'DET', 'IE', 'R'].includes(found)) return 'abnormal';
  }
  return undefined;
}
