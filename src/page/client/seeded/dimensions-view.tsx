/** The reserved dimensions of the stream: what they hold, from the layer that writes it to the last one that reads it. */
import { scaleBand, scalePoint } from 'd3-scale';
import type { JSX } from 'preact';
import { cut } from '../../../draw/picture/metrics.ts';
import { hueOf } from '../../../draw/picture/palette.ts';
import type { SeededFacts } from '../../data/seeded-facts.ts';
import { Scroll } from '../scroll.tsx';
import { rangesOf } from './circuit-card.tsx';

const [NAMES, ROW, TOP, STEP, ENDS] = [190, 24, 26, 44, 190];

export function DimensionsView({ facts, lit }: { readonly facts: SeededFacts; readonly lit: ReadonlySet<number> }): JSX.Element {
  const { variables, sizes } = facts;
  const places = Array.from({ length: sizes.layers + 2 }, (_, at) => at - 1);
  const step = Math.max(12, Math.min(STEP, 700 / places.length));
  const right = NAMES + step * places.length;
  const x = scalePoint(places, [NAMES + step / 2, right - step / 2]);
  const y = scaleBand(
    variables.map((_, at) => at),
    [TOP, TOP + ROW * variables.length],
  ).paddingInner(0.3);
  const height = TOP + ROW * variables.length + 4;
  // with many layers, not each has its number
  const every = Math.ceil(22 / step);
  return (
    <Scroll label="the reserved dimensions">
      <svg
        class="raspc-picture"
        width={right + ENDS}
        height={height}
        role="img"
        aria-label={variables
          .map(
            ({ name, dims, written, lastRead }) =>
              `${name}: ${dims.length} dimensions, ${placeName(written, sizes.layers)} to ${placeName(lastRead, sizes.layers)}`,
          )
          .join('; ')}
      >
        {places.map((place, at) => (
          <g key={place}>
            <line class="rule" x1={x(place)} x2={x(place)} y1={TOP - 6} y2={height} />
            {at % every === 0 || place === sizes.layers ? (
              <text class="faint small" x={x(place)} y={TOP - 12} text-anchor="middle">
                {place === -1 ? 'emb' : place === sizes.layers ? 'out' : place}
              </text>
            ) : null}
          </g>
        ))}
        {variables.map(({ name, encoding, dims, written, lastRead }, at) => {
          const isLit = dims.some((dim) => lit.has(dim));
          const [from, to] = [x(written) ?? NAMES, x(Math.max(written, lastRead)) ?? right];
          return (
            <g key={at} style={`--hue:${hueOf(at)}`}>
              <title>{`${name} (${encoding}): dimensions ${rangesOf(dims)}`}</title>
              <text class={isLit ? 'strong' : 'faint'} x={NAMES - 12} y={(y(at) ?? 0) + 13} text-anchor="end">
                {cut(name, 22)}
              </text>
              <rect class={isLit ? 'life lit-life' : 'life'} x={from - 5} y={y(at)} width={to - from + 10} height={y.bandwidth()} rx="5" />
              <text class="faint small" x={right + 8} y={(y(at) ?? 0) + 13}>
                {cut(`${dims.length} × ${encoding}`, 24)}
              </text>
            </g>
          );
        })}
      </svg>
    </Scroll>
  );
}

function placeName(place: number, layers: number): string {
  return place === -1 ? 'the embedding' : place >= layers ? 'the output' : `layer ${place}`;
}
