/** What may be wider than its place: it scrolls, and by keyboard too. */
import type { ComponentChildren, JSX } from 'preact';

export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
