// Finding one person: by part of a name where the installation lists people (the demonstration), else by personal number.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Person } from '../app/session';
import { demoPeople } from '../app/session';
import { shownNumber, typedNumber } from '../fhir/personnumber';
import { plural, t } from '../i18n';
import { Icon } from './icon';
import { useLoading } from './loading';
import { facts } from './person';

// Nobody chosen yet, or the one who is. `focus`: where the page begins with this box.
export function PersonChoice(props: { label: string; person: Person | undefined; missing: boolean; focus?: boolean; name?: string; choose: (person: Person | undefined) => void }) {
  const people = useLoading(demoPeople);
  useEffect(() => people.load(), []);
  return props.person
    ? <div class="field"><span>{props.label}</span><Chosen person={props.person} change={() => props.choose(undefined)} /></div>
    : <PersonBox label={props.label} people={people.value.value ?? []} missing={props.missing} focus={props.focus ?? false} name={props.name ?? 'person'} choose={props.choose} />;
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
function PersonBox(props: { label: string; people: readonly Person[]; missing: boolean; focus: boolean; name: string; choose: (person: Person) => void }) {
  const typed = useSignal('');
  const active = useSignal(-1);
  const open = useSignal(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => { if (props.focus) input.current?.focus({ preventScroll: true }); }, []);
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
      <label for={`${id}-input`}>{props.label}</label>
      <input ref={input} id={`${id}-input`} type="text" role="combobox" autocomplete="off" spellcheck={false} name={props.name}
        aria-autocomplete="list" aria-expanded={expanded} aria-controls={`${id}-list`} aria-describedby={`${id}-hint`}
        aria-invalid={props.missing || wrong}
        aria-activedescendant={expanded && active.value >= 0 ? `${id}-${active.value}` : undefined}
        value={typed.value} onKeyDown={keys} onFocus={() => (open.value = true)} onBlur={() => (open.value = false)}
        onInput={(event) => { typed.value = event.currentTarget.value; active.value = -1; open.value = true; }} />
      <p id={`${id}-hint`} class="small muted">{t(props.people.length ? 'find.hint' : 'find.hint.noNames')}</p>
      <ul id={`${id}-list`} role="listbox" aria-label={props.label} hidden={!expanded}>
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
