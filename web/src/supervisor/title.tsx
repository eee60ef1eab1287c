import { useEffect, useRef } from 'preact/hooks';

// A page's heading, which takes the focus when the page is shown.
export function Title({ text, lead }: { text: string; lead: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>{text}</h1>
      <p class="lead">{lead}</p>
    </>
  );
}
