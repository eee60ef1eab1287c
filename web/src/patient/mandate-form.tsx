// A mandate: who may act, for what part, for which purpose, how long, and whether she may choose. To change one is to
// give a new one and end the old.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { call } from '../app/api';
import type { Person } from '../app/session';
import type { Choice, Draft, Scope } from '../fhir/consent';
import { choice, consentFor, told } from '../fhir/consent';
import type { Provider } from '../fhir/directory';
import { resource } from '../fhir/types';
import { t } from '../i18n';
import { Acknowledge, useAcknowledgement } from '../shared/acknowledge';
import { categoryWord, dayEnd, dayStart, elementGroups, elementWord, localDay, mandatePurposes, purposeWord, recordCategories, sentence } from '../shared/choice-words';
import { Foot, useCarrying } from '../shared/confirm';
import { Dialog } from '../shared/dialog';
import { Choose, Day, Radios, Text, Tick, Ticks } from '../shared/fields';
import { PersonChoice } from '../shared/person-box';
import type { Basis } from './basis';

interface Fields {
  readonly person: Signal<Person | undefined>;
  readonly name: Signal<string>;
  readonly what: Signal<'whole' | 'part'>;
  readonly categories: Signal<readonly string[]>;
  readonly groups: Signal<readonly string[]>;
  readonly provider: Signal<string>;
  readonly purpose: Signal<string>;
  readonly manage: Signal<boolean>;
  readonly from: Signal<string>;
  readonly to: Signal<string>;
}

function useFields(before: Choice | undefined): Fields {
  const scopes = before?.scopes ?? [];
  const later = before?.from && Date.parse(before.from) > Date.now() ? localDay(new Date(before.from)) : '';
  return {
    person: useSignal<Person | undefined>(undefined), name: useSignal(before?.representative?.name ?? ''),
    what: useSignal<'whole' | 'part'>(scopes.length ? 'part' : 'whole'),
    categories: useSignal<readonly string[]>(scopes.flatMap((one) => one.category ?? [])),
    groups: useSignal<readonly string[]>(scopes.flatMap((one) => one.element ?? [])),
    provider: useSignal(scopes[0]?.provider?.id ?? ''), purpose: useSignal(before?.purpose ?? ''), manage: useSignal(before?.manage ?? false),
    from: useSignal(later), to: useSignal(before?.to ? localDay(new Date(Date.parse(before.to) - 1)) : ''),
  };
}

function scopesOf(fields: Fields, providers: readonly Provider[]): Scope[] {
  if (fields.what.value === 'whole') return [];
  const found = providers.find((one) => one.id === fields.provider.value);
  const provider = found && { id: found.id, name: found.name };
  const named: Scope[] = [
    ...fields.categories.value.map((category) => ({ category, provider })),
    ...fields.groups.value.map((element) => ({ element, provider })),
  ];
  return named.length || !provider ? named : [{ provider }];
}

function draftOf(fields: Fields, providers: readonly Provider[], before: Choice | undefined): Draft {
  const identifier = before?.representative?.identifier ?? fields.person.value?.identifier;
  const name = fields.name.value.trim() || undefined;
  return {
    kind: 'mandate', scopes: scopesOf(fields, providers),
    representative: identifier && { identifier, name: name ?? fields.person.value?.name },
    manage: fields.manage.value, purpose: fields.purpose.value || undefined,
    from: dayStart(fields.from.value), to: dayEnd(fields.to.value),
  };
}

function complaint(fields: Fields, draft: Draft): string | undefined {
  if (!draft.representative) return t('mandate.whom.missing');
  if (fields.what.value === 'part' && !draft.scopes?.length) return t('mandate.part.missing');
  if (draft.from && draft.to && draft.from >= draft.to) return t('block.times');
  return undefined;
}

export function MandateForm(props: { token: string; basis: Basis; before: Choice | undefined; close: () => void; done: (said: string) => void }) {
  const { basis, before, token } = props;
  const fields = useFields(before);
  const acknowledgement = useAcknowledgement();
  const carrying = useCarrying();
  const wrong = useSignal<string | undefined>(undefined);
  const draft = draftOf(fields, basis.providers, before);
  const text = told(basis.warnings, 'mandate');
  const submit = (event: Event) => {
    event.preventDefault();
    wrong.value = complaint(fields, draft);
    if (wrong.value || !acknowledgement.given()) return;
    void carrying.out(async () => {
      const made = resource(await call('/fhir/Consent', { method: 'POST', token, body: consentFor(draft, text?.uri) }));
      // The new one first, so that nobody stands without; the same again is the one that is there.
      if (before && (made && choice(made))?.id !== before.id) await call(`/fhir/Consent/${encodeURIComponent(before.id)}`, { method: 'DELETE', token });
      props.done(t(before ? 'people.changed' : 'people.done', { sentence: sentence(draft) }));
    });
  };
  const title = before ? t('mandate.change.title', { who: before.representative?.name ?? t('mandate.unnamed') }) : t('mandate.title');
  return (
    <Dialog title={title} close={props.close}>
      <form class="form" onSubmit={submit} noValidate>
        {!before && (
          <PersonChoice label={t('mandate.whom')} name="representative" person={fields.person.value} missing={wrong.value !== undefined && !fields.person.value} focus
            choose={(person) => { fields.person.value = person; fields.name.value = person?.name ?? fields.name.value; }} />
        )}
        <Text label={t('mandate.name')} name="name" value={fields.name} max={100} />
        <What fields={fields} providers={basis.providers} />
        <Choose label={t('mandate.purpose')} name="purpose" value={fields.purpose}
          options={[{ value: '', label: t('mandate.purpose.any') }, ...mandatePurposes.map((one) => ({ value: one, label: purposeWord(one) }))]} />
        <Tick name="manage" value={fields.manage}>{t('mandate.manage')}</Tick>
        <fieldset class="group">
          <legend>{t('block.time')}</legend>
          <div class="pair"><Day label={t('block.from')} name="from" value={fields.from} /><Day label={t('block.to')} name="to" value={fields.to} /></div>
        </fieldset>
        <p class="preview" role="status"><span class="small muted">{t('mandate.preview')}</span>{sentence(draft)}</p>
        <Acknowledge text={text} of={acknowledgement} />
        {wrong.value && <p class="complaint" role="alert">{wrong.value}</p>}
        <Foot carrying={carrying} action={t(before ? 'mandate.change' : 'mandate.give')} cancel={props.close} />
      </form>
    </Dialog>
  );
}

function What({ fields, providers }: { fields: Fields; providers: readonly Provider[] }) {
  return (
    <>
      <Radios legend={t('mandate.what')} name="what" value={fields.what}
        options={(['whole', 'part'] as const).map((value) => ({ value, label: t(`mandate.${value}`) }))} />
      {fields.what.value === 'part' && (
        <div class="form nested">
          <Ticks legend={t('mandate.categories')} name="category" value={fields.categories} options={recordCategories.map((value) => ({ value, label: categoryWord(value) }))} />
          <details class="fold" open={fields.groups.value.length > 0}>
            <summary>{t('mandate.groups')}</summary>
            <Ticks legend={t('mandate.groups')} name="group" value={fields.groups} options={elementGroups.map((value) => ({ value, label: elementWord(value) }))} />
          </details>
          <Choose label={t('mandate.provider')} name="provider" value={fields.provider}
            options={[{ value: '', label: t('block.provider.any') }, ...providers.map((one) => ({ value: one.id, label: one.name }))]} />
        </div>
      )}
    </>
  );
}
