/** Where the parts of a head's box go: operands above and beside the grid, results at the right of it. */
import type { Row, Scene, SceneHead } from '../scene/scene.ts';
import { resultText } from '../text/draw-text.ts';
import { CHARACTER, cellSize, cellText, cut, GAP, LINE, PADDING, textWidth } from './metrics.ts';

export interface PlacedRow {
  readonly row: Row;
  readonly x: number;
  readonly width: number;
}

export interface HeadLayout {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly cell: { readonly width: number; readonly height: number };
  /** Rows above the grid, topmost first. */
  readonly above: readonly Row[];
  /** Columns at the left of it. */
  readonly beside: readonly PlacedRow[];
  readonly results: readonly PlacedRow[];
  /** The right end of the labels of the rows above. */
  readonly labels: number;
  readonly headerTop: number;
  readonly gridTop: number;
  /** Where the model's grid begins, and the ideal one; null where there is none. */
  readonly modelLeft: number | null;
  readonly idealLeft: number | null;
  readonly bosLeft: number;
  readonly captions: readonly string[];
}

const LONGEST_LABEL = 22;
const BOS_ROOM = 52;

export function layoutHead(head: SceneHead, scene: Scene): HeadLayout {
  const { input } = scene;
  const keys = input.length;
  const tokens: Row = { id: -1, label: 'tokens', values: input };
  const above = distinct(
    [...head.conditions.map((condition) => condition.keys), ...head.results.flatMap(({ reads }) => reads ?? [])],
    tokens,
  );
  const queries = distinct(
    head.conditions.map((condition) => condition.queries),
    tokens,
  );
  const cell = cellSize(
    above.flatMap(({ values }) => values),
    keys,
  );
  const widths = queries.map(columnWidth);
  const room = widths.reduce((sum, width) => sum + width + 8, 0);
  const labels = PADDING + Math.max(room, Math.max(...above.map(({ label }) => textWidth(cut(label, LONGEST_LABEL)))) + 20);
  let x = labels - room;
  const beside = queries.map((row, at) => {
    const width = widths[at] ?? 0;
    const placed = { row, x, width };
    x += width + 8;
    return placed;
  });
  const grid = keys * cell.width;
  const hasModel = head.measured !== null;
  const modelLeft = hasModel ? labels + 6 : null;
  const bosLeft = labels + 6 + grid + 4;
  let right = labels + 6 + grid + (hasModel ? BOS_ROOM : 0) + 10;
  const idealLeft = head.ideal === null ? null : hasModel ? right + 6 : labels + 6;
  if (hasModel && head.ideal !== null) right += grid + 16;
  const results = head.results.map(({ row }) => {
    const width = columnWidth(row);
    const placed = { row, x: right, width };
    right += width + 10;
    return placed;
  });
  const headerTop = PADDING + LINE + (hasModel ? 30 : 12);
  const gridTop = headerTop + above.length * LINE + 4;
  const name = head.name === '' || head.name === head.text ? '' : `${head.name} = `;
  const captions = head.results.map(
    ({ kind, reads, otherwise, row }) => `${row.label}: ${resultText(kind, reads?.label ?? null, otherwise)}`,
  );
  if (head.folded.length > 0) captions.push(`and ${head.folded.length} more heads like it`);
  if (head.measured !== null && head.ideal === null) captions.push('what it should look at is not known');
  const differing = head.measured?.differs.length ?? 0;
  if (differing > 0) captions.push(`${differing} ${differing === 1 ? 'share is' : 'shares are'} not the ideal one`);
  const least = right + PADDING;
  const title = cut(`${name}${head.text}`, Math.max(40, Math.floor((least - 2 * PADDING) / CHARACTER) - 10));
  const widestText = Math.max(textWidth(title) + 76, ...captions.map((caption) => textWidth(cut(caption, 90)) * 0.94));
  const width = Math.max(least, widestText + 2 * PADDING);
  const height = gridTop + keys * cell.height + LINE + 2 + captions.length * LINE + PADDING;
  return { width, height, title, cell, above, beside, results, labels, headerTop, gridTop, modelLeft, idealLeft, bosLeft, captions };
}

function columnWidth({ label, values }: Row): number {
  return Math.max(textWidth(cut(label, LONGEST_LABEL)) + 12, ...values.map((value) => textWidth(cellText(value)) + 6), GAP);
}

function distinct(rows: readonly Row[], otherwise: Row): Row[] {
  const found = [...new Map(rows.map((row) => [row.id, row])).values()];
  return found.length === 0 ? [otherwise] : found;
}

export function labelText(label: string): string {
  return cut(label, LONGEST_LABEL);
}
