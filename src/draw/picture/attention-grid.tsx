/** A grid of attention: queries down, keys across, each cell as dark as its share. */
import type { JSX } from 'preact';

export interface GridCell {
  readonly query: number;
  readonly key: number;
}

export interface AttentionGridProps {
  readonly x: number;
  readonly y: number;
  readonly cell: { readonly width: number; readonly height: number };
  /** `[query][key]`, from 0 to 1. */
  readonly shares: readonly (readonly number[])[];
  /** What keys and queries are called, for titles. */
  readonly tokens: readonly string[];
  /** Keys after the query are not there. */
  readonly causal: boolean;
  readonly kind: 'share' | 'model';
  readonly differs?: ReadonlySet<string>;
  readonly chosen?: GridCell | null;
}

/** How a cell is named in sets of cells. */
export function cellKey(query: number, key: number): string {
  return `${query} ${key}`;
}

export function AttentionGrid({ x, y, cell, shares, tokens, causal, kind, differs, chosen }: AttentionGridProps): JSX.Element {
  const { width, height } = cell;
  return (
    <g transform={`translate(${x} ${y})`}>
      {shares.flatMap((row, query) =>
        row.map((share, key) => {
          if (causal && key > query) return null;
          const at = { x: key * width + 1, y: query * height + 1, width: width - 2, height: height - 2, rx: 3 };
          const isChosen = chosen?.query === query && chosen.key === key;
          return (
            <g key={cellKey(query, key)} data-query={query} data-key={key}>
              <title>{`query ${query} (${tokens[query] ?? ''}), key ${key} (${tokens[key] ?? ''}): ${share.toFixed(4)}`}</title>
              <rect class="cell" {...at} />
              {share > 0.002 ? <rect class={kind} {...at} fill-opacity={Math.min(1, 0.12 + 0.88 * share)} /> : null}
              {differs?.has(cellKey(query, key)) || isChosen ? (
                <rect
                  class={isChosen ? 'chosen' : 'differs'}
                  {...at}
                  data-differs={differs?.has(cellKey(query, key)) ? 'yes' : undefined}
                />
              ) : null}
            </g>
          );
        }),
      )}
    </g>
  );
}
