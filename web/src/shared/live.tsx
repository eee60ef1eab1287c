// Speaks to screen readers. Messages that come close together are spoken as one.
import { signal } from '@preact/signals';

const spoken = signal('');
let waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(message: string): void {
  waiting.push(message);
  timer ??= setTimeout(() => {
    spoken.value = waiting.join('. ');
    waiting = [];
    timer = undefined;
  }, 500);
}

export function LiveRegion() {
  return <div class="visually-hidden" role="status" aria-live="polite">{spoken.value}</div>;
}
