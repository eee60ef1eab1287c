// How her choices have changed: every version with who, when and on whose behalf; and the gaps of an opt-out.
import { useSignal } from '@preact/signals';
import { about } from '../app/acting';
import { call, samePath } from '../app/api';
import type { Choice } from '../fhir/consent';
import { choice, gaps } from '../fhir/consent';
import { bundle } from '../fhir/types';
import { t } from '../i18n';
import { author, sentence } from '../shared/choice-words';
import * as format from '../shared/format';
import { Problem, useLoading } from '../shared/loading';
import { userName } from './basis';

interface Page {
  readonly versions: readonly Choice[];
  readonly next: string | undefined;
}

async function load(path: string, token: string): Promise<Page> {
  const found = bundle(await call(path, { token }));
  return { versions: found.entries.flatMap((entry) => choice(entry.resource) ?? []), next: samePath(found.next) };
}

export function History({ token }: { token: string }) {
  const open = useSignal(false);
  const first = useLoading(() => load(about('/fhir/Consent/_history?_count=200'), token));
  const older = useSignal<Page | undefined>(undefined);
  const toggle = () => {
    open.value = !open.value;
    older.value = undefined;
    if (open.value) first.load();
  };
  const more = async (next: string) => {
    try {
      const page = await load(next, token);
      older.value = { versions: [...(older.value?.versions ?? []), ...page.versions], next: page.next };
    } catch (error) {
      first.error.value = error;
    }
  };
  const versions = [...(first.value.value?.versions ?? []), ...(older.value?.versions ?? [])];
  const next = older.value ? older.value.next : first.value.value?.next;
  return (
    <section aria-labelledby="history">
      <div class="panel-head">
        <h2 id="history">{t('history.title')}</h2>
        <button type="button" class="quiet" aria-expanded={open.value} data-history onClick={toggle}>{t(open.value ? 'history.hide' : 'history.show')}</button>
      </div>
      {open.value && first.error.value !== undefined && <Problem error={first.error.value} retry={first.load} />}
      {open.value && first.value.value && (versions.length === 0 ? <p class="muted">{t('history.none')}</p> : <Versions versions={versions} />)}
      {open.value && next && <button type="button" class="more" onClick={() => void more(next)}>{t('history.more')}</button>}
    </section>
  );
}

function Versions({ versions }: { versions: readonly Choice[] }) {
  const outside = gaps(versions, 'opt-out');
  return (
    <>
      {outside.length > 0 && (
        <div class="notice bad gap">
          <div>
            <strong>{t('gap.title')}</strong>
            {outside.map((gap) => (
              <p key={gap.from}>{gap.to
                ? t('gap.past', { from: format.date(gap.from), to: format.date(gap.to) })
                : t('gap.now', { from: format.date(gap.from) })}</p>
            ))}
          </div>
        </div>
      )}
      <ol class="history-list">
        {versions.map((one, index) => (
          <li key={`${one.id} ${index}`} data-version={one.active ? 'set' : 'ended'}>
            <time class="small muted tabular" dateTime={one.set}>{one.set && format.date(one.set)}</time>
            <div>
              <p><strong>{t(one.active ? 'history.set' : 'history.ended')}:</strong> {sentence({ ...one, from: undefined }, userName)}</p>
              <p class="small muted sentence">{t('choice.by', { who: author(one) })}</p>
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
