// Find a person, state the care relation, open the record.
import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import type { Person } from '../app/session';
import { t } from '../i18n';
import { Icon } from '../shared/icon';
import { PersonChoice } from '../shared/person-box';

export function Find({ open }: { open: (person: Person) => void }) {
  const chosen = useSignal<Person | undefined>(undefined);
  const relation = useSignal(false);
  const complaint = useSignal<'person' | 'relation' | undefined>(undefined);
  const box = useRef<HTMLInputElement>(null);
  const reason = useId();
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
      <PersonChoice label={t('find.label')} person={chosen.value} missing={complaint.value === 'person'} focus
        choose={(person) => { chosen.value = person; relation.value = person !== undefined && relation.value; complaint.value = undefined; }} />
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
