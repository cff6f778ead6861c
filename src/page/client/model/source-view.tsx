/** The program's text in colours; what a variable stands for lights up with it. */
import type { JSX } from 'preact';
import type { PageModel } from '../../data/page-data.ts';
import { useFocus } from '../focus.ts';
import { Scroll } from '../scroll.tsx';

interface Piece {
  readonly text: string;
  readonly kind: string;
  /** The variables whose expression this is the innermost part of. */
  readonly variables: readonly number[];
}

export function SourceView({ model }: { readonly model: PageModel }): JSX.Element {
  const { props, isLit } = useFocus();
  return (
    <Scroll label={`source of ${model.file}`}>
      <pre class="source">
        <code>
          {piecesOf(model).map(({ text, kind, variables }, at) => {
            if (variables.length === 0)
              return (
                <span key={at} class={kind}>
                  {text}
                </span>
              );
            return (
              <button key={at} type="button" class={`piece ${kind} ${isLit(variables) ? 'lit' : ''}`} {...props(variables)}>
                {text}
              </button>
            );
          })}
        </code>
      </pre>
    </Scroll>
  );
}

function piecesOf({ source, words, variables }: PageModel): Piece[] {
  const pieces: Piece[] = [];
  const add = (start: number, end: number, kind: string): void => {
    if (start < end) pieces.push({ text: source.slice(start, end), kind, variables: kind === '' ? [] : ownersOf(start, end, variables) });
  };
  let at = 0;
  for (const { start, end, kind } of words) {
    add(at, start, '');
    add(start, end, kind);
    at = end;
  }
  add(at, source.length, '');
  return pieces;
}

/** Of the variables whose expression covers a word, those with the shortest one. */
function ownersOf(start: number, end: number, variables: PageModel['variables']): number[] {
  let shortest = Number.POSITIVE_INFINITY;
  let owners: number[] = [];
  for (const [number, { source }] of variables.entries()) {
    if (source === null || source[0] > start || source[1] < end) continue;
    const length = source[1] - source[0];
    if (length < shortest) [shortest, owners] = [length, [number]];
    else if (length === shortest) owners.push(number);
  }
  return owners;
}
