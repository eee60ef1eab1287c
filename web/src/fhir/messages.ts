// What a person has been told (Communication), and cases (Task).
import { objects, path, string } from './json';
import type { Resource } from './types';

export interface Message {
  readonly id: string;
  readonly kind: string;
  readonly urgent: boolean;
  readonly sent: string | undefined;
  readonly text: { readonly sv: string | undefined; readonly en: string | undefined };
}

export function message(communication: Resource): Message | undefined {
  const id = string(communication['id']);
  if (communication.resourceType !== 'Communication' || !id) return undefined;
  const said = (language: string) =>
    string(objects(communication['payload']).find((one) => path(one, 'extension', 'valueCode') === language)?.['contentString']);
  return {
    id,
    kind: string(path(communication, 'category', 'coding', 'code')) ?? 'access',
    urgent: communication['priority'] === 'urgent',
    sent: string(communication['sent']),
    text: { sv: said('sv'), en: said('en') },
  };
}

export interface Step {
  readonly time: string | undefined;
  readonly who: string | undefined;
  readonly status: string;
  readonly note: string | undefined;
}
export interface Case {
  readonly number: string;
  readonly kind: 'complaint' | 'follow-up';
  readonly status: string;
  readonly about: string;
  readonly category: string | undefined;
  readonly opened: string | undefined;
  readonly forwarded: string | undefined;
  readonly provider: string | undefined;
  readonly steps: readonly Step[];
}

export function isOver(one: Case): boolean {
  return one.status === 'completed' || one.status === 'rejected';
}

function input(task: Resource, name: string): string | undefined {
  const one = objects(task['input']).find((each) => path(each, 'type', 'coding', 'code') === name);
  return string(one?.['valueCode']) ?? string(one?.['valueString']);
}

export function caseOf(task: Resource): Case | undefined {
  const number = string(task['id']), kind = string(path(task, 'code', 'coding', 'code'));
  if (task.resourceType !== 'Task' || !number || (kind !== 'complaint' && kind !== 'follow-up')) return undefined;
  return {
    number, kind,
    status: string(task['status']) ?? 'received',
    about: string(task['description']) ?? '',
    category: input(task, 'category') ?? input(task, 'ground'),
    opened: string(task['authoredOn']),
    forwarded: string(path(task, 'output', 'valueString')),
    provider: input(task, 'provider'),
    steps: objects(task['note']).map(step),
  };
}

// 'in-progress: We have asked the clinic.': the status, then what was noted.
function step(note: { readonly [key: string]: unknown }): Step {
  const text = string(note['text']) ?? '';
  const colon = text.indexOf(': ');
  return {
    time: string(note['time']),
    who: string(note['authorString']),
    status: colon < 0 ? text : text.slice(0, colon),
    note: colon < 0 ? undefined : text.slice(colon + 2),
  };
}

export interface Complaint {
  readonly text: string;
  readonly category: 'right' | 'other';
  readonly provider: string | undefined;
  readonly organisation: string | undefined;
}

export function complaintFor(complaint: Complaint): unknown {
  const system = 'urn:idun:task-input';
  const given = (code: string, value: object) => ({ type: { coding: [{ system, code }] }, ...value });
  return {
    resourceType: 'Task', status: 'requested', intent: 'order',
    code: { coding: [{ system: 'urn:idun:task', code: 'complaint' }] },
    description: complaint.text,
    input: [
      given('category', { valueCode: complaint.category }),
      ...(complaint.provider ? [given('provider', { valueString: complaint.provider })] : []),
      ...(complaint.organisation ? [given('organisation', { valueString: complaint.organisation })] : []),
    ],
  };
}
