import { signal } from '@preact/signals';

const wideQuery = matchMedia('(min-width: 68rem)');

// Room for the third column.
export const wide = signal(wideQuery.matches);
wideQuery.addEventListener('change', (event) => (wide.value = event.matches));
