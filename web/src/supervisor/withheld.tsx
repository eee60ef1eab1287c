// Accesses that decisions keep from people: counted, listed, shown again.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../app/api';
import type { User } from '../app/session';
import type { Withheld } from '../fhir/supervision';
import { holds, withheldOf } from '../fhir/supervision';
import { plural, t } from '../i18n';
import { endWord } from '../shared/choice-words';
import { Confirm } from '../shared/confirm';
import { Done, useDone } from '../shared/done';
import { Text } from '../shared/fields';
import * as format from '../shared/format';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
import { Title } from './title';

export function WithheldList({ user }: { user: User }) {
  const loaded = useLoading(async () => withheldOf(await call('/fhir/AuditEvent/$withheld', { token: user.token })));
  const lifting = useSignal<Withheld | undefined>(undefined);
  const done = useDone();
  useEffect(() => loaded.load(), []);
  const now = loaded.value.value;
  const lifted = () => {
    lifting.value = undefined;
    done.say(t('withheld.lifted.done'));
    loaded.load();
  };
  return (
    <>
      <Title text={t('withheld.title')} lead={t('withheld.lead')} />
      <Done of={done} />
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      {now && now.all.length === 0 && <p class="muted">{t('withheld.none')}</p>}
      {now && now.all.length > 0 && <p class="muted">{plural('withheld.count', now.active)}</p>}
      {now && now.all.length > 0 && (
        <ul class="choice-list">
          {now.all.map((one, index) => (
            <li key={`${one.id} ${index}`} data-withheld={one.id}>
              <Icon name="off" />
              <div class="card-text">
                <p>{one.reason}</p>
                <p class="small muted">{t('withheld.since', { since: one.since ? format.date(one.since) : '', decision: one.decision, by: one.by })}</p>
                {one.until && <p class="small muted" data-until>{t('withheld.until', { end: endWord(one.until) })}</p>}
                {one.lifted && <p class="small muted">{t('withheld.lifted', { lifted: format.date(one.lifted) })}</p>}
              </div>
              {holds(one, new Date()) && <div class="acts"><button type="button" data-act="lift" onClick={() => (lifting.value = one)}>{t('withheld.lift')}</button></div>}
            </li>
          ))}
        </ul>
      )}
      {lifting.value && <Lift token={user.token} one={lifting.value} close={() => (lifting.value = undefined)} done={lifted} />}
    </>
  );
}

function Lift(props: { token: string; one: Withheld; close: () => void; done: () => void }) {
  const decision = useSignal('');
  const missing = useSignal(false);
  const carryOut = async () => {
    const body = { resourceType: 'Parameters', parameter: [{ name: 'decision', valueString: decision.value.trim() }] };
    await call(`/fhir/AuditEvent/${encodeURIComponent(props.one.id)}/$show`, { method: 'POST', token: props.token, body });
    props.done();
  };
  const ready = () => {
    missing.value = decision.value.trim() === '';
    return !missing.value;
  };
  return (
    <Confirm title={t('withheld.lift.title')} action={t('withheld.lift')} close={props.close} carryOut={carryOut} ready={ready}>
      <Text label={t('withheld.decision')} name="decision" value={decision} max={128} invalid={missing.value} />
    </Confirm>
  );
}
