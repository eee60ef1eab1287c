// Which view is shown. The fragment names the view only: never a person, never a record.
import { signal } from '@preact/signals';

export type Route = 'start' | 'record' | 'access' | 'sharing' | 'people' | 'messages'
  | 'patterns' | 'entries' | 'logs' | 'cases' | 'withheld';
const routes: readonly string[] = ['record', 'access', 'sharing', 'people', 'messages', 'patterns', 'entries', 'logs', 'cases', 'withheld'];

function read(): Route {
  const name = location.hash.replace(/^#/, '');
  return routes.includes(name) ? (name as Route) : 'start';
}

export const route = signal<Route>(read());

export function startRoute(): void {
  const follow = () => (route.value = read());
  addEventListener('hashchange', follow);
  addEventListener('popstate', follow);
}

export function go(wanted: Route): void {
  const hash = wanted === 'start' ? '' : `#${wanted}`;
  if (location.hash === hash) return;
  if (hash === '') history.pushState(null, '', location.pathname);
  else history.pushState(null, '', hash);
  route.value = wanted;
  scrollTo(0, 0);
}
