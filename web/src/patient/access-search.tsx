// The form that searches the list of accesses.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Provider } from '../fhir/directory';
import { accessPurposes } from '../fhir/purposes';
import { codeWord, t } from '../i18n';
import { categoryWord, recordCategories } from '../shared/choice-words';
import { Choose, Day, Tick } from '../shared/fields';
import { Icon } from '../shared/icon';
import type { AccessSearch } from './access-query';
import { isSearching, namesUserAndReader, noSearch } from './access-query';
import { loadBasis, loadUsers, users } from './basis';

export function AccessSearchForm({ token, search, changed }: { token: string; search: Signal<AccessSearch>; changed: () => void }) {
  const now = search.value;
  const from = useSignal(now.from), to = useSignal(now.to), site = useSignal(now.site), category = useSignal(now.category);
  const purpose = useSignal(now.purpose), glass = useSignal(now.glass), denied = useSignal(now.denied);
  const user = useSignal(now.user), reader = useSignal(now.reader), data = useSignal(now.data);
  const providers = useSignal<readonly Provider[]>([]);
  useEffect(() => void loadBasis(token).then((basis) => (providers.value = basis.providers), () => undefined), []);
  useEffect(() => void loadUsers(token), []);
  const put = (wanted: AccessSearch) => {
    search.value = wanted;
    changed();
  };
  const both = useSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted = { from: from.value, to: to.value, site: site.value, user: user.value, reader: reader.value, data: data.value, category: category.value, purpose: purpose.value, glass: glass.value, denied: denied.value };
    both.value = namesUserAndReader(wanted);
    if (!both.value) put(wanted);
  };
  const clear = () => {
    for (const one of [from, to, site, user, reader, data, category, purpose]) one.value = '';
    glass.value = denied.value = both.value = false;
    put(noSearch);
  };
  const any = { value: '', label: t('access.search.any') };
  const named = [any, ...providers.value.map((one) => ({ value: one.id, label: one.name }))];
  return (
    <details class="fold card-fold" open={isSearching(now)}>
      <summary><Icon name="search" />{t('access.search')}</summary>
      <form class="form" onSubmit={submit} noValidate data-access-search>
        <div class="pair">
          <Day label={t('access.search.from')} name="from" value={from} />
          <Day label={t('access.search.to')} name="to" value={to} />
        </div>
        <div class="pair">
          <Choose label={t('access.search.user')} name="user" value={user} options={[any, ...[...users.value].map(([value, label]) => ({ value, label }))]} />
          <Choose label={t('access.search.reader')} name="reader" value={reader} options={named} />
        </div>
        {both.value && <p class="complaint" role="alert" data-both>{t('access.search.both')}</p>}
        <div class="pair">
          <Choose label={t('access.search.data')} name="data" value={data} options={named} />
          <Choose label={t('access.search.site')} name="site" value={site} options={named} />
        </div>
        <div class="pair">
          <Choose label={t('access.search.category')} name="category" value={category} options={[any, ...recordCategories.map((one) => ({ value: one, label: categoryWord(one) }))]} />
          <Choose label={t('access.search.purpose')} name="purpose" value={purpose} options={[any, ...accessPurposes.map((one) => ({ value: one, label: codeWord(one) }))]} />
        </div>
        <div class="group">
          <Tick name="search-glass" value={glass}>{t('access.search.glass')}</Tick>
          <Tick name="search-denied" value={denied}>{t('access.search.denied')}</Tick>
        </div>
        <div class="acts">
          <button type="submit" class="primary" data-search><Icon name="search" />{t('access.search.go')}</button>
          {isSearching(now) && <button type="button" data-clear onClick={clear}>{t('access.search.clear')}</button>}
        </div>
      </form>
    </details>
  );
}
