/** A whole scene as one SVG element. */
import type { JSX } from 'preact';
import type { Scene } from '../scene/scene.ts';
import { type FlowLayout, layoutFlow, type PlacedLink, type RowLayout } from './flow-layout.ts';
import { HeadBox, Label } from './head-box.tsx';
import { cellText, GAP, LINE, PADDING } from './metrics.ts';
import { hueOf, palette, pictureStyle } from './palette.ts';

/** @param withStyle whether the element carries its own colours, as a file that stands alone does */
export function Picture({ scene, withStyle }: { readonly scene: Scene; readonly withStyle: boolean }): JSX.Element {
  const layout: FlowLayout = layoutFlow(scene);
  const { width, height, titles, boxes, links, linked } = layout;
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      class="raspc-picture"
      width={Math.ceil(width)}
      height={Math.ceil(height)}
      viewBox={`0 0 ${Math.ceil(width)} ${Math.ceil(height)}`}
      role="img"
      aria-label={scene.title}
    >
      <title>{scene.title}</title>
      {withStyle ? <style>{palette(':root') + pictureStyle('svg')}</style> : null}
      <rect width="100%" height="100%" fill="var(--paper)" />
      <text class="strong" x={GAP} y="26" style="font-size:15px">
        {scene.title}
        <tspan class="faint" style="font-weight:400;font-size:12px">{`  ${scene.causal ? 'causal' : 'in both directions'}`}</tspan>
      </text>
      {links.map((link) => (
        <path
          key={`${link.id} ${link.from.join(' ')} ${link.to.join(' ')}`}
          class="link"
          d={linkPath(link)}
          style={`stroke:${hueOf(link.id)}`}
        />
      ))}
      {titles.map(({ text, y }) => (
        <text key={`${y} ${text}`} class="faint over" x={GAP} y={y}>
          {text}
        </text>
      ))}
      {boxes.map((box, at) => (
        <g key={at} transform={`translate(${box.x} ${box.y})`}>
          {box.kind === 'head' ? (
            <HeadBox layer={box.layer} head={box.head} scene={scene} layout={box.layout} linked={linked} />
          ) : (
            <RowBox layout={box.layout} linked={linked} />
          )}
        </g>
      ))}
    </svg>
  );
}

function linkPath({ from: [x, y], to: [toX, toY] }: PlacedLink): string {
  const bend = Math.max(16, Math.abs(toY - y) / 2);
  return `M${x} ${y}C${x} ${y + bend} ${toX} ${toY - bend} ${toX} ${toY}`;
}

function RowBox({ layout, linked }: { readonly layout: RowLayout; readonly linked: ReadonlySet<number> }): JSX.Element {
  const { row, caption, width, height, step } = layout;
  return (
    <g>
      <rect class="box" width={width} height={height} rx="8" />
      <Label row={row} x={PADDING} y={PADDING + 10} anchor="start" linked={linked} />
      {row.values.map((value, at) => {
        const held = row.held?.[at] ?? null;
        return (
          <text
            key={at}
            class={held === null ? 'strong' : 'wrong'}
            x={PADDING + at * step + step / 2}
            y={PADDING + LINE + 12}
            text-anchor="middle"
          >
            {held === null ? null : <title>{`should be ${value}`}</title>}
            {cellText(held ?? value)}
          </text>
        );
      })}
      {caption === '' ? null : (
        <text class="faint small" x={PADDING} y={PADDING + 2 * LINE + 12}>
          {`= ${caption}`}
        </text>
      )}
    </g>
  );
}
