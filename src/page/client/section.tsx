/** A part of a page, under its heading. */
import type { ComponentChildren, JSX } from 'preact';

export interface SectionProps {
  readonly title: string;
  /** As wide as the page. */
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

export function Section({ title, isWide = false, children }: SectionProps): JSX.Element {
  const id = `section-${title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')}`;
  return (
    <section class={isWide ? 'card wide' : 'card'} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
