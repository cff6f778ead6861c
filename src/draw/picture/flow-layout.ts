/** Where the boxes of a scene go, layer under layer, and the lines from what makes an s-op to what reads it. */
import type { Row, Scene, SceneHead, SceneStep } from '../scene/scene.ts';
import { type HeadLayout, labelText, layoutHead } from './head-layout.ts';
import { cellText, cut, GAP, LINE, PADDING, textWidth, WIDEST } from './metrics.ts';

export type PlacedBox =
  | {
      readonly kind: 'head';
      readonly x: number;
      readonly y: number;
      readonly layer: number;
      readonly head: SceneHead;
      readonly layout: HeadLayout;
    }
  | { readonly kind: 'row'; readonly x: number; readonly y: number; readonly layout: RowLayout };

export interface RowLayout {
  readonly row: Row;
  readonly caption: string;
  readonly width: number;
  readonly height: number;
  /** From one value to the next. */
  readonly step: number;
}

export interface PlacedTitle {
  readonly text: string;
  readonly y: number;
}

/** From where an s-op is made to where it is read. */
export interface PlacedLink {
  readonly id: number;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

export interface FlowLayout {
  readonly width: number;
  readonly height: number;
  readonly titles: readonly PlacedTitle[];
  readonly boxes: readonly PlacedBox[];
  readonly links: readonly PlacedLink[];
  /** Ids of rows that have lines. */
  readonly linked: ReadonlySet<number>;
}

/** Between layers, where the lines run. */
const BAND = 34;
const LONGEST_CAPTION = 84;

type Unplaced =
  | { readonly kind: 'head'; readonly layer: number; readonly head: SceneHead; readonly layout: HeadLayout }
  | { readonly kind: 'row'; readonly layout: RowLayout };

export function layoutFlow(scene: Scene): FlowLayout {
  const boxes: PlacedBox[] = [];
  const titles: PlacedTitle[] = [];
  let y = 46;
  let right = 0;
  const place = (group: readonly Unplaced[]): void => {
    let x = GAP;
    let tallest = 0;
    for (const box of group) {
      if (x > GAP && x + box.layout.width > WIDEST) {
        x = GAP;
        y += tallest + GAP;
        tallest = 0;
      }
      boxes.push({ ...box, x, y });
      x += box.layout.width + GAP;
      tallest = Math.max(tallest, box.layout.height);
      right = Math.max(right, x);
    }
    y += tallest + BAND;
  };
  const headline = (text: string): void => {
    titles.push({ text, y: y + 4 });
    y += 14;
  };
  for (const layer of scene.layers) {
    headline(layer.title);
    if (layer.heads.length > 0)
      place(layer.heads.map((head) => ({ kind: 'head', layer: layer.number, head, layout: layoutHead(head, scene) })));
    for (const steps of inOrder(layer.steps)) place(steps.map((step) => ({ kind: 'row', layout: stepLayout(step) })));
    if (layer.folded > 0) {
      titles.push({ text: `⋮ ${layer.folded} more ${layer.folded === 1 ? 'layer' : 'layers'} like it`, y });
      y += BAND;
    }
  }
  if (scene.outputs.length > 0) {
    headline('output');
    place(scene.outputs.map((row) => ({ kind: 'row', layout: rowLayout(row, '') })));
  }
  const links = linksOf(boxes, scene);
  const linked = new Set(links.map(({ id }) => id));
  return { width: Math.max(right, 360, textWidth(scene.title) + 2 * GAP), height: y - BAND + GAP, titles, boxes, links, linked };
}

/** Steps that read others of their layer stand below them. */
function inOrder(steps: readonly SceneStep[]): SceneStep[][] {
  const depth = new Map<number, number>();
  const groups: SceneStep[][] = [];
  for (const step of steps) {
    const own = Math.max(0, ...step.reads.map((id) => (depth.get(id) ?? -1) + 1));
    depth.set(step.row.id, own);
    groups[own] = [...(groups[own] ?? []), step];
  }
  return groups;
}

function stepLayout({ row, text, folded }: SceneStep): RowLayout {
  const more = folded.length === 0 ? '' : `and ${folded.length} more like it`;
  return rowLayout(row, [text, more].filter(Boolean).join(', '));
}

function rowLayout(row: Row, text: string): RowLayout {
  const step = Math.max(18, ...row.values.map((value) => textWidth(cellText(value)) + 8));
  const caption = cut(text, LONGEST_CAPTION);
  const inner = Math.max(textWidth(labelText(row.label)) + 16, row.values.length * step, textWidth(caption) * 0.94);
  return { row, caption, step, width: inner + 2 * PADDING, height: 2 * PADDING + 2 * LINE - 2 + (caption === '' ? 0 : LINE) };
}

/** Lines leave below the values of what makes an s-op, and come in above its name where it is read. */
function linksOf(boxes: readonly PlacedBox[], { layers }: Scene): PlacedLink[] {
  const sources = new Map<number, readonly [number, number]>();
  const links: PlacedLink[] = [];
  const steps = new Map<Row, SceneStep>(layers.flatMap((layer) => layer.steps.map((step) => [step.row, step] as const)));
  for (const box of boxes) {
    const link = (id: number, x: number, at: number): void => {
      const from = sources.get(id);
      if (from !== undefined) links.push({ id, from, to: [x, at] });
    };
    const { x, y, layout } = box;
    const bottom = y + layout.height;
    if (box.kind === 'head') {
      for (const [at, row] of box.layout.above.entries()) link(row.id, x + box.layout.labels - 10 - at * 6, y);
      for (const { row, x: left } of box.layout.beside) link(row.id, x + left + 6, y);
      for (const { row, x: left } of box.layout.results) sources.set(row.id, [x + left + 8, bottom]);
    } else {
      const { row } = box.layout;
      const step = steps.get(row);
      for (const [at, id] of (step?.reads ?? [row.id]).entries()) link(id, x + PADDING + 6 + at * 8, y);
      if (step !== undefined) sources.set(row.id, [x + PADDING + 6, bottom]);
    }
  }
  return links;
}
