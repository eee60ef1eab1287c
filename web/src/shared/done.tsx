// What was just done, said where it can be seen and to screen readers. It takes the focus, since what was done often
// takes away the button that it began with.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon';
import { announce } from './live';

export interface Saying {
  // A new object each time, also when the words are the same.
  readonly said: Signal<{ readonly text: string } | undefined>;
  readonly say: (text: string) => void;
}

export function useDone(): Saying {
  const said = useSignal<{ readonly text: string } | undefined>(undefined);
  const say = (text: string) => {
    said.value = { text };
    announce(text);
  };
  return { said, say };
}

export function Done({ of }: { of: Saying }) {
  const element = useRef<HTMLDivElement>(null);
  const said = of.said.value;
  useEffect(() => element.current?.focus(), [said]);
  return said ? <div ref={element} tabIndex={-1} class="notice good" data-done><Icon name="check" /><div><p>{said.text}</p></div></div> : null;
}
