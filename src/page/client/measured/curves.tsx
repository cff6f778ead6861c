/** Curves over the checkpoints of a training, told apart by colour, mark and dash alike, with their numbers as a table below. */
import { scaleLinear } from 'd3-scale';
import { line, symbol, symbolsFill } from 'd3-shape';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cut } from '../../../draw/picture/metrics.ts';
import { hueOf } from '../../../draw/picture/palette.ts';
import { Scroll } from '../scroll.tsx';

export interface Curve {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface CurvesProps {
  readonly title: string;
  /** Where each point stands; as many as values. */
  readonly steps: readonly number[];
  readonly names: readonly string[];
  readonly curves: readonly Curve[];
  /** What the upright axis shows at least. */
  readonly atLeast: readonly [low: number, high: number];
}

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [230, 46, 14, 12, 26];
const [NARROWEST, WIDEST] = [260, 760];
const TICKS = 5;
const MARK = 34;
/** Beyond as many curves as there are colours, lines are dashed. */
const COLOURS = 8;

export function Curves({ title, steps, names, curves, atLeast }: CurvesProps): JSX.Element {
  const [chosen, setChosen] = useState<number | null>(null);
  const figure = useRef<HTMLElement>(null);
  const width = useWidth(figure);
  const finite = curves.flatMap(({ values }) => values.filter((value) => value !== null));
  const [first = 0, last = first] = [steps[0], steps.at(-1)];
  const x = scaleLinear([first, Math.max(last, first + 1)], [LEFT, width - RIGHT]);
  const y = scaleLinear([Math.min(atLeast[0], ...finite), Math.max(atLeast[1], ...finite)], [HEIGHT - BOTTOM, TOP]).nice(TICKS);
  const path = line<readonly [number, number | null]>()
    .defined(([, value]) => value !== null)
    .x(([step]) => x(step))
    .y(([, value]) => y(value ?? 0));
  const hasSteps = names.every((name, at) => name === String(steps[at]));
  const along = hasSteps ? x.ticks(TICKS).filter(Number.isInteger) : [first, last];
  return (
    <figure class="curves" ref={figure}>
      <figcaption>{title}</figcaption>
      <svg class="raspc-picture" width={width} height={HEIGHT} role="img" aria-label={`${title}; the numbers are in the table below`}>
        {y.ticks(TICKS).map((value) => (
          <g key={value}>
            <line class="rule" x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
            <text class="faint small" x={LEFT - 6} y={y(value) + 4} text-anchor="end">
              {y.tickFormat(TICKS)(value)}
            </text>
          </g>
        ))}
        {along.map((step, at) => (
          <text
            key={step}
            class="faint small"
            x={x(step)}
            y={HEIGHT - 8}
            text-anchor={hasSteps && at > 0 && x(step) < width - 40 ? 'middle' : at === 0 ? 'start' : 'end'}
          >
            {hasSteps ? step : cut(names[at === 0 ? 0 : names.length - 1] ?? '', 30)}
          </text>
        ))}
        {curves.map(({ name, values }, number) => (
          <g key={name} class={chosen === number ? 'curve chosen-curve' : 'curve'} style={`--hue:${hueOf(number)}`}>
            <path d={path(values.map((value, at) => [steps[at] ?? 0, value] as const)) ?? ''} stroke-dasharray={dashOf(number)} />
            {values.map((value, at) =>
              value === null ? null : (
                <path key={at} class="mark" transform={`translate(${x(steps[at] ?? 0)} ${y(value)})`} d={markOf(number)}>
                  <title>{`${name}, ${names[at]}: ${value.toPrecision(3)}`}</title>
                </path>
              ),
            )}
          </g>
        ))}
      </svg>
      <ul class="key">
        {curves.map(({ name }, number) => (
          <li key={name}>
            <button
              type="button"
              class="plain"
              aria-pressed={chosen === number}
              style={`--hue:${hueOf(number)}`}
              onClick={() => setChosen(chosen === number ? null : number)}
            >
              <svg class="curve" width="30" height="12" aria-hidden="true">
                <path d="M1 6H29" stroke-dasharray={dashOf(number)} />
                <path class="mark" transform="translate(15 6)" d={markOf(number)} />
              </svg>{' '}
              {name}
            </button>
          </li>
        ))}
      </ul>
      <details>
        <summary>The numbers</summary>
        <Scroll label={`numbers: ${title}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">checkpoint</th>
                {names.map((name, at) => (
                  <th key={at} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {curves.map(({ name, values }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {values.map((value, at) => (
                    <td key={at} class="number">
                      {value === null ? '–' : value.toPrecision(3)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}

/** How wide a figure may be: letters keep their size on narrow screens, lines get shorter. */
function useWidth(figure: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(WIDEST);
  useLayoutEffect(() => {
    const element = figure.current;
    if (element === null) return;
    const follow = (): void => setWidth(Math.min(Math.max(Math.floor(element.clientWidth), NARROWEST), WIDEST));
    follow();
    const observer = new ResizeObserver(follow);
    observer.observe(element);
    return () => observer.disconnect();
  }, [figure]);
  return width;
}

function markOf(number: number): string {
  return symbol(symbolsFill[number % symbolsFill.length], MARK)() ?? '';
}

function dashOf(number: number): string | undefined {
  return number < COLOURS ? undefined : '5 3';
}
