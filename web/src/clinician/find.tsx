// Find a person, state the care relation, open the record.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Person } from '../app/session';
import { demoPeople } from '../app/session';
import { shownNumber, typedNumber } from '../fhir/personnumber';
import { plural, t } from '../i18n';
import { Icon } from '../shared/icon';
import { useLoading } from '../shared/loading';
import { facts } from '../shared/person';

export function Find({ open }: { open: (person: Person) => void }) {
  const people = useLoading(demoPeople);
  const chosen = useSignal<Person | undefined>(undefined);
  const relation = useSignal(false);
  const complaint = useSignal<'person' | 'relation' | undefined>(undefined);
  const box = useRef<HTMLInputElement>(null);
  const reason = useId();
  useEffect(() => people.load(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!chosen.value) complaint.value = 'person';
    else if (!relation.value) {
      complaint.value = 'relation';
      box.current?.focus();
    } else open(chosen.value);
  };
  return (
    <form class="find" onSubmit={submit} noValidate>
      <h1 tabIndex={-1}>{t('find.title')}</h1>
      {chosen.value
        ? <Chosen person={chosen.value} change={() => { chosen.value = undefined; relation.value = false; complaint.value = undefined; }} />
        : <PersonBox people={people.value.value ?? []} missing={complaint.value === 'person'}
            choose={(person) => { chosen.value = person; complaint.value = undefined; }} />}
      <div class="relation">
        <label class="tick">
          <input ref={box} type="checkbox" name="care-relation" checked={relation.value} aria-describedby={reason}
            aria-invalid={complaint.value === 'relation'}
            onChange={(event) => { relation.value = event.currentTarget.checked; complaint.value = undefined; }} />
          <span>{t('find.relation')}</span>
        </label>
        <p id={reason} class="small muted">{t('find.relation.why')}</p>
      </div>
      {complaint.value === 'relation' && <p class="complaint" role="alert">{t('find.relation.missing')}</p>}
      {complaint.value === 'person' && <p class="complaint" role="alert">{t('find.person.missing')}</p>}
      <button type="submit" class="primary"><Icon name="eye" />{t('find.open')}</button>
    </form>
  );
}

function Chosen({ person, change }: { person: Person; change: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => element.current?.focus(), []);
  const number = shownNumber(person.identifier.value);
  return (
    <div ref={element} tabIndex={-1} class="chosen" role="group" aria-label={t('find.chosen')}>
      <Icon name="person" />
      <span class="card-text">
        <strong>{person.name ?? number}</strong>
        <span class="muted">{[number, facts({ ...person, number })].filter(Boolean).join(' · ')}</span>
      </span>
      <button type="button" class="quiet" onClick={change}>{t('find.change')}</button>
    </div>
  );
}

const optionsMax = 8;

interface Option {
  readonly person: Person;
  readonly typed: boolean;
}

// A combobox with a list, after the ARIA pattern: arrows choose, Enter takes, Escape closes.
function PersonBox(props: { people: readonly Person[]; missing: boolean; choose: (person: Person) => void }) {
  const typed = useSignal('');
  const active = useSignal(-1);
  const open = useSignal(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus({ preventScroll: true }), []);
  const found = match(props.people, typed.value);
  const wrong = useComputed(() => typedNumber(typed.value)?.kind === 'wrong').value;
  const expanded = open.value && found.options.length > 0;
  const take = (option: Option | undefined) => option && props.choose(option.person);
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      open.value = true;
      const count = found.options.length;
      if (count) active.value = (active.value + (event.key === 'ArrowDown' ? 1 : -1) + count) % count;
    } else if (event.key === 'Enter' && expanded) {
      event.preventDefault();
      take(found.options[Math.max(0, active.value)]);
    } else if (event.key === 'Escape') {
      open.value = false;
    }
  };
  const status = typed.value.trim() === '' ? '' : found.total ? plural('find.count', found.total) : wrong ? t('find.badNumber') : t('find.none');
  return (
    <div class="combo">
      <label for={`${id}-input`}>{t('find.label')}</label>
      <input ref={input} id={`${id}-input`} type="text" role="combobox" autocomplete="off" spellcheck={false} name="person"
        aria-autocomplete="list" aria-expanded={expanded} aria-controls={`${id}-list`} aria-describedby={`${id}-hint`}
        aria-invalid={props.missing || wrong}
        aria-activedescendant={expanded && active.value >= 0 ? `${id}-${active.value}` : undefined}
        value={typed.value} onKeyDown={keys} onFocus={() => (open.value = true)} onBlur={() => (open.value = false)}
        onInput={(event) => { typed.value = event.currentTarget.value; active.value = -1; open.value = true; }} />
      <p id={`${id}-hint`} class="small muted">{t(props.people.length ? 'find.hint' : 'find.hint.noNames')}</p>
      <ul id={`${id}-list`} role="listbox" aria-label={t('find.label')} hidden={!expanded}>
        {expanded && found.options.map((option, index) => (
          <li key={option.person.identifier.value} id={`${id}-${index}`} role="option" aria-selected={index === active.value}
            onMouseDown={(event) => { event.preventDefault(); take(option); }}>
            {option.typed
              ? <span>{t('find.useNumber', { number: shownNumber(option.person.identifier.value) })}</span>
              : <>
                  <strong>{option.person.name}</strong>
                  <span class="muted tabular">{shownNumber(option.person.identifier.value)}</span>
                  <span class="muted">{facts({ ...option.person, number: undefined })}</span>
                </>}
          </li>
        ))}
      </ul>
      <p class={wrong ? 'complaint' : 'small muted'} role="status">{status}</p>
    </div>
  );
}

function match(people: readonly Person[], typed: string): { options: Option[]; total: number } {
  const wanted = fold(typed).split(/\s+/).filter(Boolean);
  const digits = typed.replace(/[\s-]/g, '');
  const byNumber = /^\d{4,}$/.test(digits);
  const all = people.filter((person) =>
    byNumber ? person.identifier.value.replace(/-/g, '').startsWith(digits) : wanted.every((word) => fold(person.name ?? '').includes(word)),
  );
  const options: Option[] = all.slice(0, optionsMax).map((person) => ({ person, typed: false }));
  const number = typedNumber(typed);
  if (all.length === 0 && number?.kind === 'number') {
    const identifier = { system: number.system, value: number.value };
    options.push({ person: { name: undefined, birthDate: undefined, gender: undefined, identifier }, typed: true });
    return { options, total: 1 };
  }
  return { options, total: all.length };
}

// Without case and accents, so that 'andre' finds 'André'.
function fold(name: string): string {
  return name.normalize('NFD').replace(/\p{Mn}/gu, '').toLowerCase();
}
