// What is worth a look, by simple rules with their counts.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call, lines } from '../app/api';
import type { User } from '../app/session';
import type { PatternFound, PatternRule } from '../fhir/supervision';
import { patternsOf } from '../fhir/supervision';
import { language, plural, t } from '../i18n';
import { useCarrying } from '../shared/confirm';
import { Day } from '../shared/fields';
import * as format from '../shared/format';
import { Icon } from '../shared/icon';
import { Problem, useLoading } from '../shared/loading';
import type { Entry } from './entry-list';
import { EntryList, entriesOf } from './entry-list';
import type { Matter } from './matter';
import { WithMatter, inMatter } from './matter';
import { loadNames } from './names';
import { Title } from './title';

export function Patterns({ user, matter }: { user: User; matter: Signal<Matter | undefined> }) {
  return (
    <>
      <Title text={t('patterns.title')} lead={t('patterns.lead')} />
      <WithMatter matter={matter}>{(now) => <Rules key={`${now.ground} ${now.reference}`} token={user.token} matter={now} />}</WithMatter>
    </>
  );
}

function monthAgo(): string {
  const day = new Date();
  day.setMonth(day.getMonth() - 1);
  return day.toISOString().slice(0, 10);
}

function Rules({ token, matter }: { token: string; matter: Matter }) {
  const since = useSignal(monthAgo());
  const loaded = useLoading(async () => {
    const [answer, names] = await Promise.all([call(`/supervision/patterns?${inMatter(matter, { since: since.value })}`, { token }), loadNames(token)]);
    return { patterns: patternsOf(answer), names };
  });
  useEffect(() => loaded.load(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    loaded.load();
  };
  const now = loaded.value.value;
  return (
    <>
      <form class="inline-form" onSubmit={submit} noValidate>
        <Day label={t('patterns.since')} name="since" value={since} />
        <button type="submit" data-count><Icon name="refresh" />{t('access.refresh')}</button>
      </form>
      {loaded.error.value !== undefined && <Problem error={loaded.error.value} />}
      {now && <p class="muted" role="status">{plural('patterns.count', now.patterns.entries)}</p>}
      {now && !now.patterns.complete && <div class="notice bad"><Icon name="alert" /><p>{t('patterns.incomplete')}</p></div>}
      {now?.patterns.rules.map((rule) => <Rule key={rule.id} token={token} rule={rule} names={now.names} asked={(subject) => inMatter(matter, { subject, since: since.value })} />)}
    </>
  );
}

interface RuleProps {
  readonly token: string;
  readonly rule: PatternRule;
  readonly names: ReadonlyMap<string, string>;
  readonly asked: (subject: string) => string;
}

function Rule({ token, rule, names, asked }: RuleProps) {
  const behind = useSignal<readonly Entry[] | undefined>(undefined);
  const carrying = useCarrying();
  const show = (one: PatternFound) => void carrying.out(async () => {
    const part = await lines(`/supervision/patterns/${encodeURIComponent(rule.id)}?${asked(one.subject ?? '')}`, { token });
    behind.value = entriesOf(part.text, 0);
  });
  return (
    <section class="rule" data-rule={rule.id}>
      <h2>{rule.words[language.value] ?? rule.words.en ?? rule.id}</h2>
      <p class="small muted">{t('patterns.from', { count: format.number(rule.shownFrom) })}</p>
      {rule.found.length === 0 && <p class="muted">{t('patterns.none')}</p>}
      {rule.found.length > 0 && (
        <table class="counts">
          <tbody>
            {rule.found.map((one, index) => (
              <tr key={index} data-found={one.subject}>
                <td class="tabular">{format.number(one.count)}</td>
                <td>{one.name ?? one.user ?? ''}{one.person && <span class="code">{one.person}</span>}</td>
                <td class="muted">{one.provider && (names.get(one.provider) ?? one.provider)}{one.name && one.user && <span class="code"> {one.user}</span>}</td>
                <td>{one.subject && <button type="button" class="quiet" disabled={carrying.busy.value} data-act="behind" onClick={() => show(one)}>{t('patterns.behind')}</button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      {behind.value && <EntryList token={token} entries={behind.value} more={undefined} busy={false} />}
    </section>
  );
}
