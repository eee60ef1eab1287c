// Any resource as labelled text, for people. Nothing is lost on purpose except bookkeeping (ids, meta, narrative markup,
// system URIs); the raw JSON stands beside it for those who want that.
import type { Json } from './json';
import { array, number, object, objects, string } from './json';
import type { Words } from './datatypes';
import * as text from './datatypes';
import type { Resource } from './types';

export interface Field {
  readonly name: string;
  readonly text: string | undefined;
  readonly children: readonly Field[];
}

export type Resolve = (reference: string) => Resource | undefined;

const hidden = new Set(['resourceType', 'id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension']);
const depthMax = 6;
const listMax = 50;

export function readable(resource: Resource, words: Words, resolve: Resolve): Field[] {
  return fieldsOf(resource, words, resolve, 0);
}

function fieldsOf(element: Json, words: Words, resolve: Resolve, depth: number): Field[] {
  const fields: Field[] = [];
  for (const [key, value] of Object.entries(element)) {
    if (hidden.has(key) || key.startsWith('_')) continue;
    const name = key.replace(/^(value|effective|performed|occurrence|onset|abatement|medication|deceased)[A-Z].*$/, '$1');
    for (const one of (Array.isArray(value) ? array(value) : [value]).slice(0, listMax)) {
      const field = fieldOf(name, one, words, resolve, depth);
      if (field) fields.push(field);
    }
  }
  return joined(fields);
}

// Several plain values of one element stand on one line each under one label.
function joined(fields: Field[]): Field[] {
  const result: Field[] = [];
  for (const field of fields) {
    const last = result[result.length - 1];
    if (last && last.name === field.name && last.text !== undefined && field.text !== undefined && field.children.length === 0) {
      if (last.text !== field.text) result[result.length - 1] = { ...last, text: `${last.text}\n${field.text}` };
    } else {
      result.push(field);
    }
  }
  return result;
}

function fieldOf(name: string, value: unknown, words: Words, resolve: Resolve, depth: number): Field | undefined {
  const plain = plainText(name, value, words, resolve);
  if (plain !== undefined) return { name, text: plain, children: [] };
  const inner = object(value);
  // A reference that leads nowhere we know says nothing to a reader.
  if (!inner || 'reference' in inner || depth >= depthMax) return undefined;
  const children = fieldsOf(inner, words, resolve, depth + 1);
  return children.length ? { name, text: undefined, children } : undefined;
}

const coded = new Set(['status', 'intent', 'criticality', 'category', 'type', 'gender', 'use', 'priority', 'severity', 'lifecycleStatus', 'mode', 'docStatus']);

function plainText(name: string, value: unknown, words: Words, resolve: Resolve): string | undefined {
  if (typeof value === 'boolean') return words.code(String(value));
  const amount = number(value);
  if (amount !== undefined) return words.number(amount);
  const line = string(value);
  if (line !== undefined) {
    if (coded.has(name)) return words.code(line);
    return /^\d{4}(-\d{2}(-\d{2}(T.*)?)?)?$/.test(line) ? words.date(line) : line;
  }
  const one = object(value);
  if (!one) return undefined;
  return datatype(name, one, words, resolve);
}

function datatype(name: string, one: Json, words: Words, resolve: Resolve): string | undefined {
  if ('reference' in one || ('display' in one && !('code' in one) && !('coding' in one))) return reference(one, resolve);
  if ('coding' in one || (Object.keys(one).length === 1 && 'text' in one)) return conceptText(one, words);
  if ('numerator' in one) return text.ratio(one, words);
  if ('contentType' in one || ('url' in one && 'title' in one)) return attachment(one);
  if ('family' in one || 'given' in one) return text.humanName(one);
  if ('line' in one || 'city' in one) return text.address(one);
  if ('doseAndRate' in one || 'timing' in one) return text.dosage(one, words);
  if (('start' in one || 'end' in one) && onlyKeys(one, ['start', 'end'])) return text.period(one, words);
  if (('low' in one || 'high' in one) && onlyKeys(one, ['low', 'high', 'text', 'type'])) return string(one['text']) ?? text.range(one, words);
  if ('value' in one && ('unit' in one || 'code' in one) && typeof one['value'] === 'number') return text.quantity(one, words);
  if ('value' in one && 'system' in one) return string(one['value']);
  if ('system' in one && 'code' in one) return codingText(one, words);
  if ('identifier' in one && onlyKeys(one, ['identifier', 'type'])) return string(object(one['identifier'])?.['value']);
  if (name === 'note' && 'text' in one) {
    const by = string(one['authorString']) ?? string(object(one['authorReference'])?.['display']);
    return [string(one['text']), by && `– ${by}`].filter(Boolean).join(' ');
  }
  return component(one, words);
}

// A code of FHIR itself, such as 'AMB', in the reader's language; any other as its source wrote it.
function codingText(one: Json, words: Words): string | undefined {
  const code = string(one['code']) ?? '';
  const ours = string(one['system'])?.startsWith('http://terminology.hl7.org/CodeSystem/') && words.code(code) !== code;
  return ours ? words.code(code) : text.coding(one);
}

function conceptText(one: Json, words: Words): string | undefined {
  const shown = text.concept(one);
  const code = text.code(one);
  if (!string(one['text']) && code && shown === code) return words.code(code);
  // A FHIR status such as 'active' in the reader's language, but a clinical code as its source wrote it.
  const system = string(objects(one['coding'])[0]?.['system']) ?? '';
  if (code && system.startsWith('http://terminology.hl7.org/CodeSystem/') && words.code(code) !== code) return words.code(code);
  return code && shown && /loinc|snomed|\/icd|1\.2\.752|atc|ucum|rxnorm|cvx/i.test(system) ? `${shown} (${code})` : shown;
}

// An observation's component: its name and its value on one line.
function component(one: Json, words: Words): string | undefined {
  if (!('code' in one) || !Object.keys(one).some((key) => key.startsWith('value'))) return undefined;
  const value = text.valueOf(one, words);
  const name = text.concept(one['code']);
  return name && value ? `${name}: ${value}` : undefined;
}

function onlyKeys(one: Json, keys: readonly string[]): boolean {
  return Object.keys(one).every((key) => keys.includes(key) || key === 'extension' || key === 'id');
}

function attachment(one: Json): string {
  const type = string(one['contentType']) ?? '';
  const title = string(one['title']);
  return title ? (type ? `${title} (${type})` : title) : type;
}

function reference(one: Json, resolve: Resolve): string | undefined {
  const display = string(one['display']);
  if (display) return display;
  const target = string(one['reference']);
  const found = target === undefined ? undefined : resolve(target);
  const named = found && nameOf(found);
  if (named) return named;
  return string(object(one['identifier'])?.['value']);
}

export function nameOf(resource: Resource): string | undefined {
  const name = resource['name'];
  return (
    string(name) ??
    text.humanName(name) ??
    string(resource['title']) ??
    text.concept(resource['code']) ??
    text.concept(resource['vaccineCode']) ??
    text.concept(resource['type'])
  );
}

// The words of a narrative, without its markup: tags become line breaks or nothing, and what remains is shown as text only.
export function narrative(resource: Resource): string | undefined {
  const div = string(object(resource['text'])?.['div']);
  if (!div) return undefined;
  const words = div
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, '')
    .replace(/<\/(p|div|li|tr|h[1-6])>|<br\s*\/?>/gi, '\n')
    .replace(/<\/t[dh]>/gi, '\t')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, entity)
    .replace(/[ \t]+/g, ' ')
    .replace(/ *\n\s*/g, '\n')
    .trim();
  return words === '' ? undefined : words;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function entity(whole: string, name: string): string {
  const named = entities[name.toLowerCase()];
  if (named) return named;
  const point = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : name.startsWith('#') ? parseInt(name.slice(1), 10) : NaN;
  return Number.isInteger(point) && point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
}
