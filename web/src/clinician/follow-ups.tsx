// What a clinician is asked after she has broken a glass, and her answer.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../app/api';
import type { User } from '../app/session';
import type { Case } from '../fhir/messages';
import { caseOf, isOver } from '../fhir/messages';
import { bundle } from '../fhir/types';
import { t } from '../i18n';
import { CaseView } from '../shared/case-view';
import { useCarrying } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Text } from '../shared/fields';
import { Problem, useLoading } from '../shared/loading';

async function load(token: string): Promise<readonly Case[]> {
  return bundle(await call('/fhir/Task', { token })).entries.flatMap((entry) => caseOf(entry.resource) ?? []);
}

export function FollowUps({ user }: { user: User }) {
  const loaded = useLoading(() => load(user.token));
  const done = useDone();
  useEffect(() => loaded.load(), []);
  const now = loaded.value.value;
  if (loaded.error.value === undefined && !now?.length) return null;
  const answered = (said: string) => {
    done.say(said);
    loaded.load();
  };
  return (
    <section class="find follow-ups" aria-labelledby="follow-ups">
      <h2 id="follow-ups">{t('follow.title')}</h2>
      <p class="muted">{t('follow.lead')}</p>
      <Done of={done} />
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      <ul class="case-list">
        {now?.map((one) => (
          <CaseView key={one.number} one={one}>{!isOver(one) && <Answer token={user.token} one={one} done={answered} />}</CaseView>
        ))}
      </ul>
    </section>
  );
}

// She is asked until she has answered; she may add to an answer while the case is open.
function Answer({ token, one, done }: { token: string; one: Case; done: (said: string) => void }) {
  const note = useSignal('');
  const missing = useSignal(false);
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    missing.value = note.value.trim() === '';
    if (missing.value) return;
    void carrying.out(async () => {
      const body = { resourceType: 'Parameters', parameter: [{ name: 'note', valueString: note.value.trim() }] };
      await call(`/fhir/Task/${encodeURIComponent(one.number)}/$move`, { method: 'POST', token, body });
      note.value = '';
      done(t('follow.done', { number: one.number }));
    });
  };
  return (
    <form class="form answer" onSubmit={submit} noValidate>
      <Text label={t('follow.answer')} name="answer" value={note} rows={2} max={1000} invalid={missing.value} />
      {missing.value && <p class="complaint" role="alert">{t('follow.missing')}</p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      <div class="acts"><button type="submit" disabled={carrying.busy.value}>{t('follow.send')}</button></div>
    </form>
  );
}
