// From an entry in her own record: hide it from others.
import { useSignal } from '@preact/signals';
import type { Item } from '../fhir/item';
import { t } from '../i18n';
import { Icon } from '../shared/icon';
import { announce } from '../shared/live';
import { Problem } from '../shared/loading';
import type { Basis } from './basis';
import { loadBasis } from './basis';
import { BlockForm } from './block-form';

export function HideEntry({ item, token }: { item: Item; token: string }) {
  const basis = useSignal<Basis | undefined>(undefined);
  const done = useSignal<string | undefined>(undefined);
  const failure = useSignal<unknown>(undefined);
  const id = item.resource['id'];
  if (typeof id !== 'string' || !item.provider) return null;
  const open = async () => {
    failure.value = undefined;
    try {
      basis.value = await loadBasis(token);
    } catch (error) {
      failure.value = error;
    }
  };
  const finished = (said: string) => {
    basis.value = undefined;
    done.value = said;
    announce(said);
  };
  const entry = { provider: { id: item.provider, name: item.providerName }, reference: `${item.resource.resourceType}/${id}`, title: item.title };
  return (
    <div class="hide-entry">
      {done.value
        ? <div class="notice good" data-hidden><Icon name="check" /><div><p>{done.value}</p></div></div>
        : <button type="button" data-hide onClick={() => void open()}><Icon name="lock" />{t('entry.hide')}</button>}
      {failure.value !== undefined && <Problem error={failure.value} />}
      {basis.value && <BlockForm token={token} basis={basis.value} entry={entry} close={() => (basis.value = undefined)} done={finished} />}
    </div>
  );
}
