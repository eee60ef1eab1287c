// Keeping one access from the person whom it is about, by a decision (EHDS Art. 9(3)).
import { useSignal } from '@preact/signals';
import { call } from '../app/api';
import { t } from '../i18n';
import { dayEnd } from '../shared/choice-words';
import { Confirm } from '../shared/confirm';
import { Day, Text } from '../shared/fields';

export function Withhold(props: { token: string; id: string; close: () => void; done: () => void }) {
  const reason = useSignal('');
  const decision = useSignal('');
  const until = useSignal(''); // the last day; none: until the decision is lifted
  const missing = useSignal(false);
  const ready = () => {
    missing.value = reason.value.trim() === '' || decision.value.trim() === '';
    return !missing.value;
  };
  const carryOut = async () => {
    const parameter = [{ name: 'reason', valueString: reason.value.trim() }, { name: 'decision', valueString: decision.value.trim() }];
    const end = dayEnd(until.value);
    if (end !== undefined) parameter.push({ name: 'until', valueString: end });
    await call(`/fhir/AuditEvent/${encodeURIComponent(props.id)}/$withhold`, { method: 'POST', token: props.token, body: { resourceType: 'Parameters', parameter } });
    props.done();
  };
  return (
    <Confirm title={t('withhold.title')} action={t('entries.withhold')} close={props.close} carryOut={carryOut} ready={ready}>
      <p>{t('withhold.lead')}</p>
      <Text label={t('withhold.reason')} name="reason" value={reason} max={500} invalid={missing.value && reason.value.trim() === ''} />
      <Text label={t('withheld.decision')} name="decision" value={decision} max={128} invalid={missing.value && decision.value.trim() === ''} />
      <Day label={t('withhold.until')} name="until" value={until} />
      {missing.value && <p class="complaint" role="alert">{t('withhold.missing')}</p>}
    </Confirm>
  );
}
