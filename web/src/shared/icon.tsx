// Small line icons, drawn in the text's colour. They are decoration: the words beside them carry the meaning.
import type { Category } from '../fhir/item';

const paths = {
  idun: 'M12 7.5c.5-2.6 2-4 4.3-4.2-.1 2.4-1.7 3.9-4.3 4.2zM12 8.5C10 7 5 7 5 12.4 5 17 8.2 21 10.2 21c.8 0 1.1-.4 1.8-.4s1 .4 1.8.4c2 0 5.2-4 5.2-8.6C19 7 14 7 12 8.5z',
  leave: 'M9 4H5v16h4M13 8l4 4-4 4M17 12H9',
  sun: 'M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
  moon: 'M20 14.5A8 8 0 119.5 4a6.5 6.5 0 0010.5 10.5z',
  device: 'M4 5h16v11H4zM9 20h6M12 16v4',
  alert: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  info: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 11v5M12 8v.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3 2',
  empty: 'M12 3a9 9 0 100 18 9 9 0 000-18zM8 12h8',
  off: 'M12 3a9 9 0 100 18 9 9 0 000-18zM6 6l12 12',
  no: 'M12 3a9 9 0 100 18 9 9 0 000-18zM9 9l6 6M15 9l-6 6',
  wait: 'M12 3a9 9 0 109 9',
  search: 'M10.5 4a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM15.5 15.5L20 20',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M14 6l-6 6 6 6',
  down: 'M6 9l6 6 6-6',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3',
  share: 'M7 9.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM17 4a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM17 15a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM9.3 10.8l5.4-3M9.3 13.2l5.4 3',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z',
  person: 'M12 4a4 4 0 100 8 4 4 0 000-8zM4.5 20c.5-4 3.5-6 7.5-6s7 2 7.5 6',
  letter: 'M3.5 6h17v12h-17zM4 7l8 6 8-6',
  refresh: 'M19 12a7 7 0 11-2-5M17.5 3v4h-4',
  up: 'M12 19V6M6.5 11L12 5.5 17.5 11',
  fall: 'M12 5v13M6.5 13l5.5 5.5L17.5 13',
  condition: 'M4 12h4l2-6 4 12 2-6h4',
  allergy: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  medication: 'M8 3.5h8v4H8zM6.5 7.5h11V20a1 1 0 01-1 1h-9a1 1 0 01-1-1zM12 11v6M9 14h6',
  laboratory: 'M9 3h6M10 3v6l-5 9.5A1.5 1.5 0 006.3 21h11.4a1.5 1.5 0 001.3-2.5L14 9V3M7.5 15h9',
  imaging: 'M4 4h16v16H4zM4 16l5-5 4 4 3-3 4 4M15.5 8v.1',
  vital: 'M12 20S4 15 4 9.5A4.2 4.2 0 0112 7.5a4.2 4.2 0 018 2C20 15 12 20 12 20z',
  assessment: 'M6 4h12v17H6zM9 2.5h6V6H9zM9 11h6M9 15h4',
  procedure: 'M14 4l6 6-9 9H5v-6zM12 6l6 6',
  immunization: 'M18 3l3 3M19.5 4.5L16 8M10 6l8 8-6 6-1.5-1.5H7L4 21l1.5-3V14.5zM9 11l2 2M12 8l2 2',
  encounter: 'M5 5h14v16H5zM5 9.5h14M9 3v4M15 3v4',
  document: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  plan: 'M4 6l1.5 1.5L8 5M11 6.5h9M4 12l1.5 1.5L8 11M11 12.5h9M4 18l1.5 1.5L8 17M11 18.5h9',
  other: 'M6 12v.1M12 12v.1M18 12v.1',
} as const satisfies Record<Category | string, string>;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
