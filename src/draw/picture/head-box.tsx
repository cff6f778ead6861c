/** One head: its grid or grids, what it compares, and what comes of it. */
import type { JSX } from 'preact';
import type { Row, Scene, SceneHead } from '../scene/scene.ts';
import { headLabel } from '../scene/scene.ts';
import { AttentionGrid, cellKey, type GridCell } from './attention-grid.tsx';
import { type HeadLayout, labelText } from './head-layout.ts';
import { cellText, LINE, PADDING } from './metrics.ts';
import { hueOf } from './palette.ts';

export interface HeadBoxProps {
  readonly layer: number;
  readonly head: SceneHead;
  readonly scene: Scene;
  readonly layout: HeadLayout;
  /** Ids of rows that something draws a line to or from. */
  readonly linked: ReadonlySet<number>;
  readonly chosen?: GridCell | null;
  /** What the token is called that stands before the input; empty where none does. */
  readonly sink?: string;
}

export function HeadBox({ layer, head, scene, layout, linked, chosen, sink = 'BOS' }: HeadBoxProps): JSX.Element {
  const { cell, labels, headerTop, gridTop, modelLeft, idealLeft, bosLeft } = layout;
  const { measured, ideal } = head;
  const differs = new Set(measured?.differs.map(([query, key]) => cellKey(query, key)) ?? []);
  const lefts = [modelLeft, idealLeft].filter((left) => left !== null);
  const textLine = (query: number) => gridTop + query * cell.height + cell.height / 2 + 4;
  const bottom = gridTop + scene.input.length * cell.height + LINE + 2;
  return (
    <g>
      <rect class="box" width={layout.width} height={layout.height} rx="8" />
      <text class="strong" x={PADDING} y={PADDING + 10}>
        {headLabel(layer, head.number)}
      </text>
      <text x={PADDING + 76} y={PADDING + 10}>
        {layout.title}
      </text>
      {measured === null || modelLeft === null ? null : (
        <>
          <text class="faint small" x={modelLeft} y={headerTop - 10}>
            the model
          </text>
          <text class="faint small" x={bosLeft + 4} y={gridTop - 8}>
            {sink}
          </text>
          {idealLeft === null ? null : (
            <text class="faint small" x={idealLeft} y={headerTop - 10}>
              ideal
            </text>
          )}
        </>
      )}
      {layout.above.map((row, at) => (
        <g key={row.id}>
          <Label row={row} x={labels} y={headerTop + at * LINE + 12} anchor="end" linked={linked} />
          {lefts.map((left) => (
            <Values key={left} row={row} x={left} y={headerTop + at * LINE + 12} step={cell.width} />
          ))}
        </g>
      ))}
      {layout.beside.map(({ row, x }) => (
        <g key={row.id}>
          <Label row={row} x={x} y={gridTop + scene.input.length * cell.height + 12} anchor="start" linked={linked} />
          {row.values.map((value, query) => (
            <text key={query} x={x} y={textLine(query)}>
              {cellText(value)}
            </text>
          ))}
        </g>
      ))}
      {measured === null || modelLeft === null ? null : (
        <>
          <AttentionGrid
            x={modelLeft}
            y={gridTop}
            cell={cell}
            shares={measured.weights}
            tokens={scene.input}
            causal={scene.causal}
            kind="model"
            differs={differs}
            chosen={chosen ?? null}
          />
          {measured.bos.map((share, query) => (
            <text key={query} class={differs.has(cellKey(query, -1)) ? 'wrong small' : 'faint small'} x={bosLeft + 4} y={textLine(query)}>
              {share.toFixed(3)}
            </text>
          ))}
        </>
      )}
      {ideal === null || idealLeft === null ? null : (
        <AttentionGrid x={idealLeft} y={gridTop} cell={cell} shares={ideal} tokens={scene.input} causal={scene.causal} kind="share" />
      )}
      {layout.results.map(({ row, x }) => (
        <g key={row.id}>
          <Label row={row} x={x} y={gridTop - 8} anchor="start" linked={linked} />
          {row.values.map((value, query) => {
            const held = row.held?.[query] ?? null;
            return (
              <text key={query} class={held === null ? 'strong' : 'wrong'} x={x + 2} y={textLine(query)}>
                {held === null ? null : <title>{`should be ${value}`}</title>}
                {cellText(held ?? value)}
              </text>
            );
          })}
        </g>
      ))}
      {layout.captions.map((caption, at) => (
        <text key={caption} class="faint small" x={PADDING} y={bottom + 12 + at * LINE}>
          {caption}
        </text>
      ))}
    </g>
  );
}

interface LabelProps {
  readonly row: Row;
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
  readonly linked: ReadonlySet<number>;
}

/** A name, with a dot in its colour where a line leads from or to it. */
export function Label({ row, x, y, anchor, linked }: LabelProps): JSX.Element {
  const text = labelText(row.label);
  const dot = linked.has(row.id);
  return (
    <text class="faint small" x={x} y={y} text-anchor={anchor}>
      <title>{row.label}</title>
      {dot ? <tspan style={`fill:${hueOf(row.id)}`}>● </tspan> : null}
      {text}
    </text>
  );
}

interface ValuesProps {
  readonly row: Row;
  readonly x: number;
  readonly y: number;
  /** From one value to the next. */
  readonly step: number;
}

/** The values of a row, one over each column of a grid. */
function Values({ row, x, y, step }: ValuesProps): JSX.Element {
  return (
    <>
      {row.values.map((value, at) => {
        const held = row.held?.[at] ?? null;
        return (
          <text key={at} class={held === null ? undefined : 'wrong'} x={x + at * step + step / 2} y={y} text-anchor="middle">
            {cellText(held ?? value)}
          </text>
        );
      })}
    </>
  );
}
