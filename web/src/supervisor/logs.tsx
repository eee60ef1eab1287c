// Whether every access is accounted for: one log a row.
import { useEffect } from 'preact/hooks';
import { call } from '../app/api';
import type { User } from '../app/session';
import type { LogAccount } from '../fhir/supervision';
import { logAccounts } from '../fhir/supervision';
import { t } from '../i18n';
import * as format from '../shared/format';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
import { loadNames } from './names';
import { Title } from './title';

async function load(token: string) {
  const [answer, names] = await Promise.all([call('/log-accounts', { token }), loadNames(token)]);
  return { accounts: logAccounts(answer), names };
}

export function Logs({ user }: { user: User }) {
  const loaded = useLoading(() => load(user.token));
  useEffect(() => loaded.load(), []);
  const now = loaded.value.value;
  return (
    <>
      <Title text={t('logs.title')} lead={t('logs.lead')} />
      <div class="acts"><button type="button" onClick={loaded.load}><Icon name="refresh" />{t('access.refresh')}</button></div>
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} retry={loaded.load} />}
      {loaded.loading.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {now && <ul class="case-list">{now.accounts.map((one) => <Account key={one.log} one={one} name={now.names.get(one.log)} />)}</ul>}
    </>
  );
}

function Account({ one, name }: { one: LogAccount; name: string | undefined }) {
  const numbers = [
    ['logs.size', one.size], ['logs.shipped', one.shipped], ['logs.served', one.served], ['logs.tickets', one.tickets],
    ['logs.receipts', one.receipts], ['logs.matched', one.matched],
  ] as const;
  return (
    <li data-log={one.log} data-accounted={one.accounted}>
      <div class="case-head">
        <h2 class="small-head">{name ?? one.log}</h2>
        <span class={`badge ${one.accounted ? 'over' : 'bad'}`}><Icon name={one.accounted ? 'check' : 'alert'} />{t(one.accounted ? 'logs.whole' : 'logs.lacking')}</span>
      </div>
      <dl class="inline-pairs small">
        {name && <div><dt>id</dt><dd class="code">{one.log}</dd></div>}
        {numbers.map(([key, value]) => <div key={key}><dt>{t(key)}</dt><dd class="tabular">{format.number(value)}</dd></div>)}
        {one.heard && <div><dt>{t('logs.heard')}</dt><dd>{format.date(one.heard)}</dd></div>}
        {one.followedBy && <div><dt>{t('logs.followedBy')}</dt><dd class="code">{one.followedBy}</dd></div>}
      </dl>
      {one.open.length > 0 && (
        <ul class="faults">
          {one.open.map((fact) => (
            <li key={fact.fact} data-open={fact.fact}>
              {t(`logs.open.${fact.fact}`, { count: format.number(fact.count) })}
              {fact.since && ` ${t('logs.since', { since: format.date(fact.since) })}`}
            </li>
          ))}
        </ul>
      )}
      {one.faults.length > 0 && (
        <ul class="faults">
          {one.faults.map((seen) => (
            <li key={seen.fault}>
              {t('logs.fault', {
                fault: seen.fault, count: format.number(seen.count), index: format.number(seen.index),
                first: seen.first ? format.date(seen.first) : '', last: seen.last ? format.date(seen.last) : '',
              })}
            </li>
          ))}
        </ul>
      )}
      {one.clock && (
        <p class="small muted">
          {t(one.clock.offMs > 0 ? 'logs.clock.fast' : 'logs.clock.slow', {
            minutes: format.number(Math.round(Math.abs(one.clock.offMs) / 60_000)),
            first: one.clock.first ? format.date(one.clock.first) : '', last: one.clock.last ? format.date(one.clock.last) : '',
          })}
        </p>
      )}
    </li>
  );
}
