/** The circuit: what writes the stream, from the embedding to the outputs, with an arrow for every variable that is read. */
import type { JSX } from 'preact';
import type { CircuitBox } from '../../../draw/model/circuit-boxes.ts';
import { cut, textWidth } from '../../../draw/picture/metrics.ts';
import { hueOf } from '../../../draw/picture/palette.ts';
import type { PageModel } from '../../data/page-data.ts';
import { useFocus } from '../focus.ts';
import { Scroll } from '../scroll.tsx';

interface Placed {
  readonly box: CircuitBox;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

const HEIGHT = 46;
const GAP = 26;
const ROW = 58;
const WIDEST = 980;

export function CircuitView({ model }: { readonly model: PageModel }): JSX.Element {
  const { props, isLit } = useFocus();
  const { placed, width, height } = place(model);
  const names = model.variables.map(({ name }) => name || '?');
  const arrows = arrowsOf(placed);
  return (
    <Scroll label="the circuit">
      <svg
        class="raspc-picture circuit"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="the circuit of the model: its parts, and which variables each reads and writes"
      >
        {arrows.map(({ variable, from, to }) => {
          const middle = (from[1] + to[1]) / 2;
          return (
            <g key={`${variable} ${from.join(' ')} ${to.join(' ')}`} class={isLit([variable]) ? 'lit' : ''}>
              <path
                class="link"
                d={`M${from[0]} ${from[1]}C${from[0]} ${middle} ${to[0]} ${middle} ${to[0]} ${to[1]}`}
                style={`stroke:${hueOf(variable)}`}
              />
              <path d={`M${to[0] - 4} ${to[1] - 7}l4 7l4 -7z`} style={`fill:${hueOf(variable)}`} />
            </g>
          );
        })}
        {placed.map(({ box, x, y, width: own }) => {
          const variables = box.kind === 'output' ? box.reads : box.writes;
          return (
            <g
              key={`${box.title} ${x} ${y}`}
              transform={`translate(${x} ${y})`}
              class={isLit(variables) ? 'lit' : ''}
              {...props(variables)}
            >
              <rect class="box" width={own} height={HEIGHT} rx="8" />
              <text class="strong small" x="10" y="18">
                {boxTitle(box)}
              </text>
              <text class="small" x="10" y="35">
                {box.writes.length === 0 ? '' : '→'}
                {box.writes.map((variable) => (
                  <tspan key={variable} style={`fill:${hueOf(variable)}`}>{` ${cut(names[variable] ?? '', 18)}`}</tspan>
                ))}
              </text>
            </g>
          );
        })}
      </svg>
    </Scroll>
  );
}

function boxTitle({ kind, title, place }: CircuitBox): string {
  if (kind === 'neurons') return `layer ${place.layer}, ${title}`;
  return kind === 'output' ? `output ${cut(title, 24)}` : title;
}

/** Boxes of one sublayer side by side, sublayers below each other. */
function place({ boxes, variables }: PageModel): { placed: Placed[]; width: number; height: number } {
  const placed: Placed[] = [];
  let [x, y, right] = [GAP / 2, 8, 0];
  let last: CircuitBox | null = null;
  for (const box of boxes) {
    const written = `→ ${box.writes.map((variable) => cut(variables[variable]?.name || '?', 18)).join(' ')}`;
    const own = 24 + Math.max(textWidth(boxTitle(box)), textWidth(written));
    const isSame = last !== null && last.place.layer === box.place.layer && last.place.sublayer === box.place.sublayer;
    if (last !== null && (!isSame || x + own > WIDEST)) [x, y] = [GAP / 2, y + HEIGHT + (isSame ? 12 : ROW)];
    placed.push({ box, x, y, width: own });
    x += own + GAP;
    right = Math.max(right, x);
    last = box;
  }
  return { placed, width: Math.ceil(Math.max(right, 320)), height: y + HEIGHT + 10 };
}

interface Arrow {
  readonly variable: number;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

function arrowsOf(placed: readonly Placed[]): Arrow[] {
  const writers = new Map<number, readonly [number, number]>();
  const arrows: Arrow[] = [];
  for (const { box, x, y, width } of placed) {
    for (const [at, variable] of box.reads.entries()) {
      const from = writers.get(variable);
      if (from !== undefined) arrows.push({ variable, from, to: [x + ((at + 1) * width) / (box.reads.length + 1), y] });
    }
    for (const [at, variable] of box.writes.entries())
      writers.set(variable, [x + ((at + 1) * width) / (box.writes.length + 1), y + HEIGHT]);
  }
  return arrows;
}
