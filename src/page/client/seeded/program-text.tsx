/** The text of a program in colours, with the places lit that are spoken of. */
import type { JSX } from 'preact';
import type { SeededFacts, SourcePlace } from '../../data/seeded-facts.ts';
import { Scroll } from '../scroll.tsx';

export interface ProgramTextProps {
  readonly program: SeededFacts['programs'][number];
  readonly lit: readonly SourcePlace[];
}

export function ProgramText({ program: { file, text, words }, lit }: ProgramTextProps): JSX.Element {
  const edges = new Set([
    0,
    text.length,
    ...words.flatMap(({ start, end }) => [start, end]),
    ...lit.flatMap(({ start, end }) => [start, end]),
  ]);
  const cuts = [...edges].sort((a, b) => a - b);
  return (
    <Scroll label={`source of ${file}`}>
      <pre class="source">
        <code>
          {cuts.slice(0, -1).map((start, at) => {
            const end = cuts[at + 1] ?? text.length;
            const kind = words.find((word) => word.start <= start && end <= word.end)?.kind ?? '';
            const isLit = lit.some((place) => place.start <= start && end <= place.end);
            return (
              <span key={start} class={isLit ? `${kind} lit` : kind}>
                {text.slice(start, end)}
              </span>
            );
          })}
        </code>
      </pre>
    </Scroll>
  );
}
