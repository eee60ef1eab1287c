// What somebody would see, and why: the answer of $explain, with records that are alike taken together.
import type { Json } from './json';
import { object, objects, string } from './json';

export interface Reason {
  readonly rule: string | undefined;
  readonly sv: string | undefined;
  readonly en: string | undefined;
}
export interface Part {
  readonly visible: 'all' | 'some' | 'none';
  readonly categories: readonly string[];
  readonly reasons: readonly Reason[];
}
export interface Explained {
  readonly permit: boolean;
  readonly question: Reason;
  // By whose records they are.
  readonly holders: readonly { readonly id: string; readonly name: string; readonly parts: readonly Part[] }[];
}

function partsOf(parameter: Json | undefined): Json[] {
  return objects(parameter?.['part']);
}
function text(parts: readonly Json[], name: string): string | undefined {
  const one = parts.find((part) => part['name'] === name);
  return string(one?.['valueString']) ?? string(one?.['valueCode']);
}
function reason(parts: readonly Json[]): Reason {
  return { rule: text(parts, 'rule'), sv: text(parts, 'sv'), en: text(parts, 'en') };
}

export function explained(answer: unknown): Explained {
  const parameters = objects(object(answer)?.['parameter']);
  const question = partsOf(parameters.find((one) => one['name'] === 'question'));
  const holders = new Map<string, { id: string; name: string; parts: Map<string, Part> }>();
  for (const parameter of parameters) {
    const parts = partsOf(parameter);
    const id = text(parts, 'provider'), category = text(parts, 'category'), visible = text(parts, 'visible');
    if (parameter['name'] !== 'records' || !id || !category || (visible !== 'all' && visible !== 'some' && visible !== 'none')) continue;
    const hidden = parts.filter((part) => part['name'] === 'hidden').map((part) => reason(partsOf(part)));
    const reasons = hidden.length ? hidden : [reason(parts)];
    const rules = [...new Map(reasons.map((one) => [one.rule, one])).values()];
    const holder = holders.get(id) ?? { id, name: text(parts, 'name') ?? id, parts: new Map<string, Part>() };
    const alike = `${visible} ${rules.map((one) => one.rule).join()}`;
    const before = holder.parts.get(alike);
    holder.parts.set(alike, { visible, categories: [...(before?.categories ?? []), category], reasons: rules });
    holders.set(id, holder);
  }
  return {
    permit: question.find((part) => part['name'] === 'permit')?.['valueBoolean'] === true,
    question: reason(question),
    holders: [...holders.values()].map((one) => ({ ...one, parts: [...one.parts.values()] })),
  };
}
