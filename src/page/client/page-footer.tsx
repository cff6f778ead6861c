/** Who wrote the page, and that it stands alone. */
import type { JSX } from 'preact';

export function PageFooter({ raspc }: { readonly raspc: string }): JSX.Element {
  return <footer>{`Written by raspc ${raspc}. The page holds everything that it shows, and asks for nothing.`}</footer>;
}
