/** All heads of a model, a row a layer: one of them is chosen, by mouse or by arrow keys. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Scroll } from '../scroll.tsx';

export interface StackCell {
  /** One or two characters. */
  readonly mark: string;
  /** A colour, null for none. */
  readonly hue: string | null;
  /** Whether the colour is full. */
  readonly isFull: boolean;
  /** In words. */
  readonly title: string;
}

export interface StackGridProps {
  readonly label: string;
  readonly layers: number;
  readonly heads: number;
  readonly cell: (layer: number, head: number) => StackCell;
  readonly chosen: { readonly layer: number; readonly head: number };
  readonly onChoose: (layer: number, head: number) => void;
  /** What is said at the end of a layer's row. */
  readonly beside?: (layer: number) => string;
}

const STEPS: Readonly<Record<string, readonly [layer: number, head: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function StackGrid({ label, layers, heads, cell, chosen, onChoose, beside }: StackGridProps): JSX.Element {
  const table = useRef<HTMLTableElement>(null);
  const move = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const layer = Math.min(Math.max(chosen.layer + step[0], 0), layers - 1);
    const head = Math.min(Math.max(chosen.head + step[1], 0), heads - 1);
    onChoose(layer, head);
    table.current?.querySelector<HTMLElement>(`[data-place="${layer}.${head}"]`)?.focus();
  };
  return (
    <Scroll label={label}>
      <table class="stack" ref={table} onKeyDown={move}>
        <thead>
          <tr>
            <th scope="col">layer</th>
            {Array.from({ length: heads }, (_, head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: layers }, (_, layer) => (
            <tr key={layer}>
              <th scope="row">{layer}</th>
              {Array.from({ length: heads }, (_, head) => {
                const { mark, hue, isFull, title } = cell(layer, head);
                const isChosen = chosen.layer === layer && chosen.head === head;
                return (
                  <td key={head}>
                    <button
                      type="button"
                      class={`head${hue === null ? '' : isFull ? ' full' : ' pale'}`}
                      style={hue === null ? undefined : `--hue:${hue}`}
                      data-place={`${layer}.${head}`}
                      tabIndex={isChosen ? 0 : -1}
                      aria-pressed={isChosen}
                      aria-label={title}
                      title={title}
                      onClick={() => onChoose(layer, head)}
                    >
                      {mark}
                    </button>
                  </td>
                );
              })}
              {beside === undefined ? null : <td class="beside">{beside(layer)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
