// The second person's word for a glass that a colleague has broken, where the nation asks for one (docs/decisions/0035).
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../app/api';
import type { Person } from '../app/session';
import { object, objects } from '../fhir/json';
import { t } from '../i18n';
import { useCarrying } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Text } from '../shared/fields';
import { Problem, useLoading } from '../shared/loading';
import { PersonChoice } from '../shared/person-box';

// The hub's CapabilityStatement lists the operation only where the national rules ask for it.
async function isAsked(): Promise<boolean> {
  const rest = objects(object(await call('/fhir/metadata'))?.['rest']);
  return rest.some((one) => objects(one['operation']).some((each) => each['name'] === 'confirm-break-glass'));
}

export function SecondPerson({ token }: { token: string }) {
  const asked = useLoading(isAsked);
  const done = useDone();
  const turn = useSignal(0);
  useEffect(() => asked.load(), []);
  if (asked.value.value !== true) return null;
  const confirmed = () => {
    done.say(t('second.done'));
    turn.value += 1;
  };
  return (
    <section class="find follow-ups" aria-labelledby="second-person" data-second>
      <h2 id="second-person">{t('second.title')}</h2>
      <Done of={done} />
      <ConfirmForm key={turn.value} token={token} done={confirmed} />
    </section>
  );
}

function ConfirmForm({ token, done }: { token: string; done: () => void }) {
  const person = useSignal<Person | undefined>(undefined);
  const code = useSignal('');
  const missing = useSignal(false);
  const carrying = useCarrying();
  const submit = (event: Event) => {
    event.preventDefault();
    const about = person.value;
    missing.value = !about || code.value.trim() === '';
    if (!about || missing.value) return;
    void carrying.out(async () => {
      const parameter = [{ name: 'identifier', valueIdentifier: about.identifier }, { name: 'breakGlass', valueString: code.value.trim() }];
      await call('/fhir/Patient/$confirm-break-glass', { method: 'POST', token, body: { resourceType: 'Parameters', parameter } });
      done();
    });
  };
  return (
    <form class="form" onSubmit={submit} noValidate>
      <PersonChoice label={t('find.label')} name="second-person" person={person.value} missing={missing.value && !person.value} choose={(one) => (person.value = one)} />
      <Text label={t('second.code')} name="second-code" value={code} max={64} invalid={missing.value && code.value.trim() === ''} />
      {missing.value && <p class="complaint" role="alert">{t('second.missing')}</p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      <div class="acts"><button type="submit" disabled={carrying.busy.value} data-second-confirm>{t('second.confirm')}</button></div>
    </form>
  );
}
