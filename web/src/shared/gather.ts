// One gathering: asks the hub, takes in line by line what the sources answer, and can be asked again.
import { batch, computed, signal } from '@preact/signals';
import { ApiError, stream } from '../app/api';
import type { Item } from '../fhir/item';
import { item, merge, sourceOf } from '../fhir/item';
import type { Source } from '../fhir/sources';
import { isMissing, messagesOf, sourcesOf } from '../fhir/sources';
import type { Identifier, Resource } from '../fhir/types';
import { bundle } from '../fhir/types';
import type { Key } from '../i18n';

export type Phase = 'asking' | 'done' | 'failed';

export interface Question {
  readonly token: string;
  // None: that of the mandate under which a representative asks.
  readonly purpose: 'TREAT' | 'PATRQT' | undefined;
  readonly identifier?: Identifier;
  readonly breakGlass?: string;  // id of the glass that the user has broken
}

const timeoutMs = 8000;

export class Gathering {
  readonly phase = signal<Phase>('asking');
  readonly sources = signal<readonly Source[]>([]);
  readonly items = signal<readonly Item[]>([]);
  readonly patient = signal<Resource | undefined>(undefined);
  readonly failure = signal<{ key: Key; detail: string | undefined } | undefined>(undefined);
  // Bumped for every source that has said something new; the live region speaks from it.
  readonly news = signal<readonly Source[]>([]);

  readonly missing = computed(() => this.sources.value.filter((source) => isMissing(source) || !source.complete));
  readonly waiting = computed(() => this.sources.value.filter((source) => source.state === 'asked'));

  private abort = new AbortController();
  private readonly lookup = new Map<string, Resource>();
  private readonly seen = new Set<string>();

  constructor(private readonly question: Question) {
    void this.ask();
  }

  stop(): void {
    this.abort.abort();
  }

  again(): void {
    this.stop();
    this.abort = new AbortController();
    this.lookup.clear();
    this.seen.clear();
    batch(() => {
      this.phase.value = 'asking';
      this.sources.value = [];
      this.items.value = [];
      this.failure.value = undefined;
    });
    void this.ask();
  }

  // What a reference such as 'Practitioner/7' or 'urn:uuid:...' points to, if it came along.
  resolve(reference: string, fromProvider: string): Resource | undefined {
    return this.lookup.get(reference) ?? this.lookup.get(`${fromProvider}|${reference}`);
  }

  private async ask(): Promise<void> {
    const { signal: cancelled } = this.abort;
    try {
      const request = { method: 'POST' as const, token: this.question.token, body: this.parameters(), signal: cancelled };
      for await (const line of stream('/fhir/Patient/$gather', request)) {
        if (cancelled.aborted) return;
        this.take(line);
      }
      if (!cancelled.aborted) this.end('done');
    } catch (error) {
      if (cancelled.aborted) return;
      batch(() => {
        this.end('failed');
        this.failure.value =
          error instanceof ApiError ? { key: error.key, detail: error.detail } : { key: 'error.answer', detail: undefined };
      });
    }
  }

  // A source that never got its final word has not answered in time, whatever the reason.
  private end(phase: Phase): void {
    batch(() => {
      this.phase.value = phase;
      this.sources.value = this.sources.value.map((source) =>
        source.state === 'asked' ? { ...source, state: 'late' as const } : source,
      );
    });
  }

  private parameters(): unknown {
    const parameter: unknown[] = [];
    if (this.question.identifier) parameter.push({ name: 'identifier', valueIdentifier: this.question.identifier });
    if (this.question.purpose) parameter.push({ name: 'purpose', valueCode: this.question.purpose });
    if (this.question.purpose === 'TREAT') parameter.push({ name: 'careRelation', valueBoolean: true });
    if (this.question.breakGlass) parameter.push({ name: 'breakGlass', valueString: this.question.breakGlass });
    parameter.push({ name: 'timeout', valueInteger: timeoutMs });
    return { resourceType: 'Parameters', parameter };
  }

  private take(line: unknown): void {
    const arrived: Item[] = [];
    const known = new Map(this.sources.value.map((source) => [source.provider, source]));
    const news: Source[] = [];
    let refused: string | undefined;
    for (const entry of bundle(line).entries) {
      if (entry.resource.resourceType === 'OperationOutcome') {
        const sources = sourcesOf(entry.resource);
        refused = messagesOf(entry.resource)[0] ?? refused;
        for (const source of sources) {
          if (source.state !== 'asked' && known.get(source.provider)?.state !== source.state) news.push(source);
          known.set(source.provider, source);
        }
        continue;
      }
      const made = item(entry, this.seen.size);
      this.remember(entry.fullUrl, entry.resource, sourceOf(entry).provider);
      if (made && !this.seen.has(made.key)) {
        this.seen.add(made.key);
        arrived.push(made);
      }
    }
    batch(() => {
      this.sources.value = [...known.values()];
      if (arrived.length) this.items.value = merge(this.items.value, arrived);
      if (news.length) this.news.value = news;
      if (refused !== undefined) this.failure.value = { key: 'error.server', detail: refused };
    });
  }

  private remember(fullUrl: string | undefined, resource: Resource, provider: string): void {
    if (fullUrl) this.lookup.set(fullUrl, resource);
    const id = resource['id'];
    if (typeof id === 'string') {
      const local = `${resource.resourceType}/${id}`;
      this.lookup.set(`${provider}|${local}`, resource);
      if (!this.lookup.has(local)) this.lookup.set(local, resource);
      if (!this.lookup.has(`urn:uuid:${id}`)) this.lookup.set(`urn:uuid:${id}`, resource);
    }
    if (resource.resourceType === 'Patient' && !this.patient.value) this.patient.value = resource;
  }
}
