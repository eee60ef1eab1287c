// Everybody's cases, and moving them on.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../app/api';
import type { User } from '../app/session';
import type { Case } from '../fhir/messages';
import { caseOf, isOver } from '../fhir/messages';
import { bundle } from '../fhir/types';
import type { Key } from '../i18n';
import { t } from '../i18n';
import { CaseView } from '../shared/case-view';
import { useCarrying } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Choose, Text } from '../shared/fields';
import { Problem, useLoading } from '../shared/loading';
import { loadNames } from './names';
import { Title } from './title';

async function load(token: string) {
  const [tasks, names] = await Promise.all([call('/fhir/Task', { token }), loadNames(token)]);
  return { cases: bundle(tasks).entries.flatMap((entry) => caseOf(entry.resource) ?? []), names };
}

export function AllCases({ user }: { user: User }) {
  const loaded = useLoading(() => load(user.token));
  const done = useDone();
  useEffect(() => loaded.load(), []);
  const now = loaded.value.value;
  const moved = (said: string) => {
    done.say(said);
    loaded.load();
  };
  return (
    <>
      <Title text={t('supervised.title')} lead={t('supervised.lead')} />
      <Done of={done} />
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      {now && now.cases.length === 0 && <p class="muted">{t('supervised.none')}</p>}
      {now && now.cases.length > 0 && (
        <ul class="case-list">
          {now.cases.map((one) => (
            <CaseView key={one.number} one={one} provider={one.provider && (now.names.get(one.provider) ?? one.provider)}>
              {!isOver(one) && <Move token={user.token} one={one} done={moved} />}
            </CaseView>
          ))}
        </ul>
      )}
    </>
  );
}

const statuses = ['in-progress', 'completed', 'rejected'] as const;

function Move({ token, one, done }: { token: string; one: Case; done: (said: string) => void }) {
  const status = useSignal('in-progress');
  const note = useSignal('');
  const missing = useSignal(false);
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    missing.value = note.value.trim() === '';
    if (missing.value) return;
    void carrying.out(async () => {
      const parameter = [{ name: 'status', valueString: status.value }, { name: 'note', valueString: note.value.trim() }];
      await call(`/fhir/Task/${encodeURIComponent(one.number)}/$move`, { method: 'POST', token, body: { resourceType: 'Parameters', parameter } });
      note.value = '';
      done(t('supervised.done', { number: one.number }));
    });
  };
  return (
    <form class="form answer" onSubmit={submit} noValidate data-move={one.number}>
      <Choose label={t('supervised.status')} name="status" value={status} options={statuses.map((value) => ({ value, label: t(`case.status.${value}` as Key) }))} />
      <Text label={t('supervised.note')} name="note" value={note} rows={2} max={2000} invalid={missing.value} />
      {missing.value && <p class="complaint" role="alert">{t('supervised.missing')}</p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      <div class="acts"><button type="submit" disabled={carrying.busy.value} data-move-on>{t('supervised.move')}</button></div>
    </form>
  );
}
