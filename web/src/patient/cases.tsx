// A person's cases: complaints that she has made, and what was asked after the glass was broken; filing a complaint.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../app/api';
import { resource } from '../fhir/types';
import { bundle } from '../fhir/types';
import type { Case } from '../fhir/messages';
import { caseOf, complaintFor } from '../fhir/messages';
import type { Provider } from '../fhir/directory';
import { t } from '../i18n';
import { CaseView } from '../shared/case-view';
import { Foot, useCarrying } from '../shared/confirm';
import { Dialog } from '../shared/dialog';
import { Done, useDone } from '../shared/done';
import { Choose, Radios, Text } from '../shared/fields';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
import { loadBasis } from './basis';

interface Loaded {
  readonly cases: readonly Case[];
  readonly providers: readonly Provider[];
}

async function load(token: string): Promise<Loaded> {
  const [tasks, basis] = await Promise.all([call('/fhir/Task', { token }), loadBasis(token)]);
  return { cases: bundle(tasks).entries.flatMap((entry) => caseOf(entry.resource) ?? []), providers: basis.providers };
}

export function Cases({ token, changed }: { token: string; changed: () => void }) {
  const loaded = useLoading(() => load(token));
  const filing = useSignal(false);
  const done = useDone();
  useEffect(() => loaded.load(), []);
  const finished = (said: string) => {
    filing.value = false;
    done.say(said);
    loaded.load();
    changed();
  };
  const now = loaded.value.value;
  return (
    <section aria-labelledby="cases">
      <h2 id="cases">{t('cases.title')}</h2>
      <p class="muted">{t('cases.lead')}</p>
      <Done of={done} />
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      {now && now.cases.length === 0 && <p class="muted">{t('cases.none')}</p>}
      {now && now.cases.length > 0 && (
        <ul class="case-list">
          {now.cases.map((one) => <CaseView key={one.number} one={one} provider={now.providers.find((p) => p.id === one.provider)?.name} />)}
        </ul>
      )}
      {now && <div class="acts"><button type="button" data-complain onClick={() => (filing.value = true)}><Icon name="document" />{t('cases.file')}</button></div>}
      {now && filing.value && <ComplaintForm token={token} providers={now.providers} close={() => (filing.value = false)} done={finished} />}
    </section>
  );
}

function ComplaintForm(props: { token: string; providers: readonly Provider[]; close: () => void; done: (said: string) => void }) {
  const text = useSignal('');
  const category = useSignal<'right' | 'other'>('right');
  const provider = useSignal('');
  const organisation = useSignal('');
  const missing = useSignal(false);
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    missing.value = text.value.trim() === '';
    if (missing.value) return;
    const complaint = { text: text.value.trim(), category: category.value, provider: provider.value || undefined, organisation: organisation.value.trim() || undefined };
    void carrying.out(async () => {
      const made = resource(await call('/fhir/Task', { method: 'POST', token: props.token, body: complaintFor(complaint) }));
      props.done(t('complaint.done', { number: (made && caseOf(made))?.number ?? '' }));
    });
  };
  return (
    <Dialog title={t('complaint.title')} close={props.close}>
      <form class="form" onSubmit={submit} noValidate>
        <Text label={t('complaint.text')} name="complaint" value={text} rows={5} max={2000} invalid={missing.value} />
        {missing.value && <p class="complaint" role="alert">{t('complaint.missing')}</p>}
        <Radios legend={t('complaint.kind')} name="category" value={category}
          options={[{ value: 'right', label: t('complaint.right') }, { value: 'other', label: t('complaint.other') }]} />
        <Choose label={t('complaint.provider')} name="provider" value={provider}
          options={[{ value: '', label: t('complaint.provider.none') }, ...props.providers.map((one) => ({ value: one.id, label: one.name }))]} />
        <Text label={t('complaint.organisation')} name="organisation" value={organisation} max={200} />
        <Foot carrying={carrying} action={t('complaint.send')} cancel={props.close} />
      </form>
    </Dialog>
  );
}
