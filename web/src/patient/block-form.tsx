// A block: what is hidden, from whom, with which exceptions, for how long; in words before it is set, after the warning.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { patientOf } from '../app/acting';
import { call } from '../app/api';
import type { Draft, Layer, Named } from '../fhir/consent';
import { consentFor, told } from '../fhir/consent';
import { t } from '../i18n';
import { Acknowledge, useAcknowledgement } from '../shared/acknowledge';
import { categoryWord, countries, countryWord, dayEnd, dayStart, elementGroups, elementWord, recordCategories, sentence } from '../shared/choice-words';
import { Foot, useCarrying } from '../shared/confirm';
import { Dialog } from '../shared/dialog';
import type { Options } from '../shared/fields';
import { Choose, Day, Radios, Text, Ticks } from '../shared/fields';
import type { Basis } from './basis';
import { loadUsers, userName, users } from './basis';

// One entry, when the block began at the entry itself.
export interface Entry {
  readonly provider: Named;
  readonly reference: string;
  readonly title: string;
}

interface Fields {
  readonly provider: Signal<string>;
  readonly unit: Signal<string>;
  readonly kind: Signal<string>;  // 'category:test-result', 'element:allergies' or ''
  readonly careFrom: Signal<string>;
  readonly careTo: Signal<string>;
  readonly layer: Signal<Layer>;
  readonly country: Signal<string>;
  readonly exceptProviders: Signal<readonly string[]>;
  readonly exceptUsers: Signal<readonly string[]>;
  readonly otherUser: Signal<string>;
  readonly from: Signal<string>;
  readonly to: Signal<string>;
}

function useFields(entry: Entry | undefined): Fields {
  return {
    provider: useSignal(entry?.provider.id ?? ''), unit: useSignal(''), kind: useSignal(''),
    careFrom: useSignal(''), careTo: useSignal(''), layer: useSignal<Layer>('outer'), country: useSignal(''),
    exceptProviders: useSignal<readonly string[]>([]), exceptUsers: useSignal<readonly string[]>([]), otherUser: useSignal(''),
    from: useSignal(''), to: useSignal(''),
  };
}

function draftOf(fields: Fields, basis: Basis, entry: Entry | undefined): Draft {
  const provider = entry?.provider ?? basis.providers.find((one) => one.id === fields.provider.value);
  const unit = basis.providers.find((one) => one.id === provider?.id)?.units.find((one) => one.id === fields.unit.value);
  const [sort, word] = fields.kind.value.split(':');
  const other = fields.otherUser.value.trim();
  return {
    kind: 'block',
    layer: fields.layer.value,
    country: fields.country.value || undefined,
    scopes: [{
      provider: provider && { id: provider.id, name: provider.name }, unit,
      category: sort === 'category' ? word : undefined, element: sort === 'element' ? word : undefined, entry: entry?.reference,
      from: dayStart(fields.careFrom.value), to: dayEnd(fields.careTo.value),
    }],
    exceptProviders: basis.providers.filter((one) => fields.exceptProviders.value.includes(one.id)),
    exceptUsers: [...fields.exceptUsers.value, ...(other ? [other] : [])],
    from: dayStart(fields.from.value), to: dayEnd(fields.to.value),
  };
}

// What is wrong with it, in words; nothing when it can be sent.
function complaint(draft: Draft): string | undefined {
  const scope = draft.scopes?.[0];
  const backwards = (from: string | undefined, to: string | undefined) => from !== undefined && to !== undefined && from >= to;
  if (draft.layer === 'inner' && !scope?.provider) return t('block.needsProvider');
  if (backwards(draft.from, draft.to) || backwards(scope?.from, scope?.to)) return t('block.times');
  return undefined;
}

export function BlockForm(props: { token: string; basis: Basis; entry?: Entry; close: () => void; done: (said: string) => void }) {
  const { basis, entry } = props;
  const fields = useFields(entry);
  const acknowledgement = useAcknowledgement();
  const carrying = useCarrying();
  const wrong = useSignal<string | undefined>(undefined);
  useEffect(() => void loadUsers(props.token), []);
  const draft = draftOf(fields, basis, entry);
  const text = told(basis.warnings, 'block');
  const submit = (event: Event) => {
    event.preventDefault();
    wrong.value = complaint(draft);
    if (wrong.value || !acknowledgement.given()) return;
    void carrying.out(async () => {
      await call('/fhir/Consent', { method: 'POST', token: props.token, body: consentFor(draft, text?.uri, patientOf()) });
      props.done(t('block.done', { sentence: sentence(draft, userName) }));
    });
  };
  return (
    <Dialog title={t(entry ? 'block.entry.title' : 'block.title')} close={props.close}>
      <form class="form" onSubmit={submit} noValidate>
        {entry ? <p class="quoted"><strong>{entry.title}</strong><span class="muted">{entry.provider.name}</span></p> : <What fields={fields} basis={basis} />}
        <Whom fields={fields} />
        <Exceptions fields={fields} basis={basis} owner={draft.scopes?.[0]?.provider?.id} />
        <fieldset class="group">
          <legend>{t('block.time')}</legend>
          <div class="pair"><Day label={t('block.from')} name="from" value={fields.from} /><Day label={t('block.to')} name="to" value={fields.to} /></div>
        </fieldset>
        <p class="preview" role="status"><span class="small muted">{t('block.preview')}</span>{sentence(draft, userName)}</p>
        <Acknowledge text={text} of={acknowledgement} />
        {wrong.value && <p class="complaint" role="alert">{wrong.value}</p>}
        <Foot carrying={carrying} action={t('block.set')} cancel={props.close} />
      </form>
    </Dialog>
  );
}

// Kinds and groups in one list: one of them is chosen at most.
export function kindOptions(): Options[] {
  return [
    { label: t('block.kind.categories'), options: recordCategories.map((one) => ({ value: `category:${one}`, label: categoryWord(one) })) },
    { label: t('block.kind.groups'), options: elementGroups.map((one) => ({ value: `element:${one}`, label: elementWord(one) })) },
  ];
}

function What({ fields, basis }: { fields: Fields; basis: Basis }) {
  const units = basis.providers.find((one) => one.id === fields.provider.value)?.units ?? [];
  return (
    <fieldset class="group">
      <legend>{t('block.what')}</legend>
      <Choose label={t('block.provider')} name="provider" value={fields.provider} change={() => (fields.unit.value = '')}
        options={[{ value: '', label: t('block.provider.any') }, ...basis.providers.map((one) => ({ value: one.id, label: one.name }))]} />
      {units.length > 0 && (
        <Choose label={t('block.unit')} name="unit" value={fields.unit}
          options={[{ value: '', label: t('block.unit.any') }, ...units.map((one) => ({ value: one.id, label: one.name ?? one.id }))]} />
      )}
      <Choose label={t('block.kind')} name="kind" value={fields.kind} options={[{ value: '', label: t('block.kind.any') }, ...kindOptions()]} />
      <details class="fold">
        <summary>{t('block.care')}</summary>
        <div class="pair"><Day label={t('block.careFrom')} name="care-from" value={fields.careFrom} /><Day label={t('block.careTo')} name="care-to" value={fields.careTo} /></div>
      </details>
    </fieldset>
  );
}

function Whom({ fields }: { fields: Fields }) {
  return (
    <>
      <Radios legend={t('block.whom')} name="layer" value={fields.layer}
        options={(['outer', 'inner', 'abroad'] as const).map((value) => ({ value, label: t(`block.whom.${value}`) }))} />
      {fields.layer.value === 'abroad' && (
        <Choose label={t('block.country')} name="country" value={fields.country}
          options={[{ value: '', label: t('block.country.any') }, ...countries.map((code) => ({ value: code, label: countryWord(code) }))]} />
      )}
    </>
  );
}

function Exceptions({ fields, basis, owner }: { fields: Fields; basis: Basis; owner: string | undefined }) {
  const providers = basis.providers.filter((one) => one.id !== owner).map((one) => ({ value: one.id, label: one.name }));
  return (
    <details class="fold">
      <summary>{t('block.except')}</summary>
      <div class="form">
        <Ticks legend={t('block.except.providers')} name="except-provider" value={fields.exceptProviders} options={providers} />
        <Ticks legend={t('block.except.users')} name="except-user" value={fields.exceptUsers} none={t('block.except.users.none')}
          options={[...users.value].map(([value, label]) => ({ value, label }))} />
        <Text label={t('block.except.user')} name="other-user" value={fields.otherUser} max={128} />
      </div>
    </details>
  );
}
