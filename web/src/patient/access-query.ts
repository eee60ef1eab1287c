// What a person asks of the list of accesses, as the hub's search parameters (docs/formats/ledger-shipping.md).
export interface AccessSearch {
  readonly from: string;
  readonly to: string;
  readonly site: string;
  // Who asked: a user, or everybody at a provider.
  readonly user: string;
  readonly reader: string;
  // The provider whose data were asked for.
  readonly data: string;
  readonly category: string;
  readonly purpose: string;
  readonly glass: boolean;
  readonly denied: boolean;
}
export const noSearch: AccessSearch = { from: '', to: '', site: '', user: '', reader: '', data: '', category: '', purpose: '', glass: false, denied: false };

export function isSearching(search: AccessSearch): boolean {
  return searchPath(search) !== searchPath(noSearch);
}

// The hub takes the one or the other: who is named works where she works. A form says so before it sends; nothing that was filled in is
// left out in silence.
export function namesUserAndReader(search: AccessSearch): boolean {
  return search.user !== '' && search.reader !== '';
}

// Days are the reader's own; the hub's dates would be UTC's. Both days count whole.
export function searchPath(search: AccessSearch): string {
  const asked = new URLSearchParams();
  const instant = (day: string, later: number) => {
    const [year, month, date] = day.split('-').map(Number);
    return new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + later).toISOString();
  };
  if (search.from) asked.append('date', `ge${instant(search.from, 0)}`);
  if (search.to) asked.append('date', `lt${instant(search.to, 1)}`);
  if (search.site) asked.append('site', search.site);
  if (search.user) asked.append('agent:identifier', `urn:idun:user|${search.user}`);
  if (search.reader) asked.append('agent:identifier', `urn:idun:provider|${search.reader}`);
  if (search.data) asked.append('entity:provider', search.data);
  if (search.category) asked.append('category', search.category);
  if (search.purpose) asked.append('purpose', search.purpose);
  if (search.glass) asked.append('break-glass', 'true');
  if (search.denied) asked.append('outcome', '8');
  const query = asked.toString();
  return query === '' ? '/fhir/AuditEvent' : `/fhir/AuditEvent?${query}`;
}
