// A proof, for one log, that all entries about the person are there and none is missing: a file that `idun-verify` checks
// without trusting anybody (docs/formats/person-proof.md).
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { about } from '../app/acting';
import type { Lines } from '../app/api';
import { ApiError, lines } from '../app/api';
import type { Option } from '../shared/fields';
import { t } from '../i18n';
import { useCarrying } from '../shared/confirm';
import { Choose } from '../shared/fields';
import { Icon } from '../shared/icon';
import { announce } from '../shared/live';
import { Problem } from '../shared/loading';
import { saveAs } from '../shared/save';
import { loadBasis } from './basis';

// Those of the care providers, and the hub's own, whose checkpoint names it.
async function logs(token: string): Promise<Option[]> {
  const [basis, checkpoint] = await Promise.all([loadBasis(token), lines('/log/checkpoint', {})]);
  const hub = /^idun\/([^\n]+)\n/.exec(checkpoint.text)?.[1];
  const found = basis.providers.map((one) => ({ value: one.id, label: one.name }));
  return hub === undefined ? found : [...found, { value: hub, label: t('proof.hub') }];
}

const tries = 10, pauseMs = 1500;

// A log makes its map every few seconds; until it has one that holds the newest entries it asks for patience.
async function patiently(path: string, token: string): Promise<Lines> {
  for (let left = tries; ; left--) {
    try {
      return await lines(path, { token });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 503 && left > 0)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

export function AccessProof({ token }: { token: string }) {
  const site = useSignal('');
  const options = useSignal<readonly Option[]>([]);
  const saved = useSignal(false);
  const carrying = useCarrying();
  useEffect(() => void logs(token).then((found) => {
    options.value = found;
    site.value = found[0]?.value ?? '';
  }, () => undefined), []);
  const save = () => void carrying.out(async () => {
    let part = 1;
    for (let path: string | undefined = about(`/fhir/AuditEvent/$proof?site=${encodeURIComponent(site.value)}`); path !== undefined; part++) {
      const file = await patiently(path, token);
      saveAs(part === 1 ? 'proof.txt' : `proof-${part}.txt`, 'text/plain;charset=utf-8', file.text);
      path = file.next;
    }
    saved.value = true;
    announce(t('proof.done'));
  });
  if (options.value.length === 0) return null;
  return (
    <section class="access-file" aria-labelledby="access-proof">
      <h2 id="access-proof">{t('proof.title')}</h2>
      <p class="muted">{t('proof.lead')}</p>
      <div class="inline-form">
        <Choose label={t('access.search.site')} name="proof-site" value={site} options={options.value} change={() => (saved.value = false)} />
        <button type="button" disabled={carrying.busy.value} data-save="proof" onClick={save}><Icon name="lock" />{t('proof.save')}</button>
      </div>
      {saved.value && <p class="small muted" data-proof-saved>{t('proof.done')} <code>idun-verify --key … --person proof.txt</code></p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
    </section>
  );
}
