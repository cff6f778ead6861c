/** A scene as text for a terminal: at most so many columns wide, with colour where the theme has some. */
import type { MeasuredGrid, Row, Scene, SceneHead, SceneLayer, SceneStep } from '../scene/scene.ts';
import { headLabel } from '../scene/scene.ts';

/** How the parts of a drawing are set off; the plain one changes nothing. */
export interface DrawTheme {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly wrong: (text: string) => string;
}

export const PLAIN_DRAWING: DrawTheme = { strong: (text) => text, faint: (text) => text, wrong: (text) => text };

export interface DrawTextOptions {
  readonly columns: number;
  readonly theme: DrawTheme;
}

/** Columns that a cell takes at most before its text is cut. */
const WIDEST_CELL = 8;

export function drawText(scene: Scene, options: DrawTextOptions): string[] {
  const { theme } = options;
  const lines = [`${theme.strong(scene.title)} ${theme.faint(`· ${scene.causal ? 'causal' : 'in both directions'}`)}`];
  for (const layer of scene.layers) lines.push('', ...drawLayer(layer, scene, options));
  if (scene.outputs.length > 0) lines.push('', theme.strong('output'), ...rowLines(scene.outputs, scene, options));
  return lines;
}

function drawLayer(layer: SceneLayer, scene: Scene, options: DrawTextOptions): string[] {
  const { theme, columns } = options;
  const lines = [theme.strong(layer.title)];
  for (const [at, head] of layer.heads.entries()) {
    if (at > 0) lines.push('');
    lines.push(...drawHead(layer, head, scene, options));
  }
  if (layer.steps.length > 0) {
    if (layer.heads.length > 0) lines.push('');
    for (const step of layer.steps) lines.push(...stepLines(step, scene, options));
  }
  if (layer.folded > 0) {
    const text = `  ⋮ ${layer.folded} more ${layer.folded === 1 ? 'layer' : 'layers'} like it`;
    lines.push('', theme.faint(cut(text, columns)));
  }
  return lines;
}

function stepLines(step: SceneStep, scene: Scene, options: DrawTextOptions): string[] {
  const { theme, columns } = options;
  const [line = ''] = rowLines([step.row], scene, options);
  const note = [step.text === '' ? '' : `= ${step.text}`, readersText(scene, step.row)].filter(Boolean).join('  ');
  const lines = [line];
  if (note !== '') lines.push(theme.faint(cut(`      ${note}`, columns)));
  if (step.folded.length > 0) lines.push(theme.faint(cut(`      and ${listed(step.folded)} like it`, columns)));
  return lines;
}

/** `  label  a b c`, the values under the tokens that stand above. */
function rowLines(rows: readonly Row[], scene: Scene, { columns, theme }: DrawTextOptions): string[] {
  const side = Math.min(20, Math.max(...rows.map(({ label }) => length(label))));
  return rows.map((row) => {
    const head = `  ${pad(cut(row.label, side), side)}  `;
    const cells = row.values.map((value, at) => row.held?.[at] ?? value);
    const shown = fitting(cells, columns - length(head) - 3);
    const text = shown.map((cell, at) => (isWrong(row, at) ? theme.wrong(`${cell}≠${row.values[at]}`) : cell)).join(' ');
    return `${theme.strong(head)}${text}${shown.length < scene.input.length ? theme.faint(' …') : ''}`;
  });
}

function isWrong({ held }: Row, at: number): boolean {
  return (held?.[at] ?? null) !== null;
}

function fitting(cells: readonly string[], columns: number): readonly string[] {
  let used = 0;
  const count = cells.findIndex((cell) => {
    used += length(cell) + 1;
    return used > columns;
  });
  return count < 0 ? cells : cells.slice(0, Math.max(1, count));
}

function drawHead(layer: SceneLayer, head: SceneHead, scene: Scene, options: DrawTextOptions): string[] {
  const { theme, columns } = options;
  const name = head.name === '' || head.name === head.text ? '' : `${head.name} = `;
  const title = `  ${headLabel(layer.number, head.number)}  `;
  const lines = [`${theme.strong(title)}${cut(`${name}${head.text}`, columns - length(title))}`];
  lines.push(...grid(head, scene, options));
  for (const { kind, reads, otherwise, row } of head.results) {
    const what = resultText(kind, reads?.label ?? null, otherwise);
    lines.push(theme.faint(cut(`    ${[`${row.label} is ${what}`, readersText(scene, row)].filter(Boolean).join('  ')}`, columns)));
  }
  if (head.folded.length > 0)
    lines.push(theme.faint(cut(`    and ${head.folded.length} more heads like it: ${listed(head.folded)}`, columns)));
  return lines;
}

/** What a result is, in words that follow its name. */
export function resultText(kind: string, reads: string | null, otherwise: string | null): string {
  const none = otherwise === null ? '' : `, else ${otherwise}`;
  switch (kind) {
    case 'count':
      return 'how many keys are selected';
    case 'mean':
      return `${reads} at the selected keys${none}`;
    case 'value':
      return 'made of what the head reads';
    default:
      return `the ${kind} of ${reads} at the selected keys${none}`;
  }
}

function readersText(scene: Scene, { id }: Row): string {
  const readers = scene.readers.get(id) ?? [];
  return readers.length === 0 ? '' : `→ ${listed(readers)}`;
}

const LISTED = 4;

function listed(names: readonly string[]): string {
  const rest = names.length - LISTED;
  return rest > 0 ? `${names.slice(0, LISTED).join(', ')} and ${rest} more` : names.join(', ');
}

/** Queries down with what they are, keys across with what they are above, results at the right; keys that do not fit are left out, and told. */
function grid(head: SceneHead, scene: Scene, { columns, theme }: DrawTextOptions): string[] {
  const { input } = scene;
  const above = distinct([...head.conditions.map(({ keys }) => keys), ...head.results.flatMap(({ reads }) => reads ?? [])]);
  const beside = distinct(head.conditions.map(({ queries }) => queries));
  const keyRows = above.length === 0 ? [{ id: -1, label: 'tokens', values: input }] : above;
  const queryRows = beside.length === 0 ? [{ id: -1, label: 'tokens', values: input }] : beside;
  const written = head.results.map(({ row }) => row);
  const width = Math.min(WIDEST_CELL, Math.max(1, ...keyRows.flatMap(({ values }) => values.map(length))));
  const left = queryRows.map((row) => columnOf(row, 16));
  const right = written.map((row) => columnOf(row, 20));
  const leftWidth = left.reduce((sum, { size }) => sum + size + 2, 0);
  const labelWidth = Math.max(leftWidth, Math.min(24, Math.max(...keyRows.map(({ label }) => length(label)))));
  const measured = head.measured;
  const rightWidth = right.reduce((sum, { size }) => sum + size + 2, 0) + (measured === null ? 0 : 7);
  const room = columns - 4 - labelWidth - 4 - rightWidth;
  const fits = Math.max(1, Math.floor((room + 1) / (width + 1)));
  const count = fits >= input.length ? input.length : Math.max(1, Math.floor((room - 1) / (width + 1)));
  const isCut = count < input.length;
  const tail = isCut ? ' …' : '';
  const frame = theme.faint('│');
  const wide = count * (width + 1) - 1 + length(tail);
  const lines = keyRows.map(({ label, values }, at) => {
    const cells = values.slice(0, count).map((value) => padStart(cut(value, width), width));
    const isLast = at === keyRows.length - 1;
    const titles = isLast ? right.map(({ title, size }) => padStart(title, size)).join('  ') : '';
    const share = isLast && measured !== null ? padStart('BOS', 6) : '';
    const after = `${share}${titles === '' ? '' : `  ${titles}`}`;
    return `    ${theme.faint(padStart(cut(label, labelWidth), labelWidth))} ${frame} ${cells.join(' ')}${tail} ${frame}${after === '' ? '' : theme.faint(after)}`;
  });
  const names = left.map(({ title, size }) => pad(title, size)).join('  ');
  lines.push(`    ${theme.faint(`${pad(names, labelWidth)} ┼${'─'.repeat(wide + 2)}┤`)}`);
  for (let query = 0; query < input.length; query++) {
    const own = left.map(({ cells, size }) => pad(cells[query] ?? '', size)).join('  ');
    const cells = Array.from({ length: count }, (_, key) => cellText(head, query, key, width, scene.causal, theme));
    const share = measured === null ? '' : bosText(measured, query, theme);
    const results = written.map((row, at) => resultCell(row, right[at] as Column, query, theme)).join('  ');
    lines.push(`    ${pad(own, labelWidth)} ${frame} ${cells.join(' ')}${tail} ${frame}${share}  ${results}`.trimEnd());
  }
  if (isCut) lines.push(theme.faint(`    … ${input.length - count} more keys do not fit into ${columns} columns`));
  if (measured !== null) lines.push(...differences(head, measured, scene, theme, columns));
  return lines;
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly size: number;
}

function columnOf({ label, values }: Row, widest: number): Column {
  const cells = values.map((value) => cut(value, WIDEST_CELL));
  const size = Math.min(widest, Math.max(length(label), ...cells.map(length)));
  return { title: cut(label, size), cells, size };
}

function distinct(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function resultCell(row: Row, { cells, size }: Column, query: number, theme: DrawTheme): string {
  const held = row.held?.[query] ?? null;
  return held === null ? padStart(cells[query] ?? '', size) : theme.wrong(padStart(cut(held, WIDEST_CELL), size));
}

const SHADES = ['·', '░', '▒', '▓', '█'] as const;
/** Shares from which each shade is drawn. */
const FROM = [0.02, 0.15, 0.45, 0.85] as const;

function shade(share: number): string {
  return SHADES[FROM.filter((least) => share >= least).length] ?? '·';
}

function cellText(head: SceneHead, query: number, key: number, width: number, causal: boolean, theme: DrawTheme): string {
  if (causal && key > query) return ' '.repeat(width);
  if (head.measured === null) {
    const share = head.ideal?.[query]?.[key] ?? 0;
    return share > 0 ? padStart('█', width) : theme.faint(padStart('·', width));
  }
  const share = head.measured.weights[query]?.[key] ?? 0;
  const mark = padStart(shade(share), width);
  if (head.measured.differs.some(([q, k]) => q === query && k === key)) return theme.wrong(padStart('×', width));
  return share < 0.02 ? theme.faint(mark) : mark;
}

function bosText({ bos, differs }: MeasuredGrid, query: number, theme: DrawTheme): string {
  const text = padStart((bos[query] ?? 0).toFixed(3), 6);
  return differs.some(([q, k]) => q === query && k < 0) ? theme.wrong(text) : theme.faint(text);
}

function differences(head: SceneHead, { differs, weights, bos }: MeasuredGrid, scene: Scene, theme: DrawTheme, columns: number): string[] {
  if (head.ideal === null) return [theme.faint('    what it should look at is not known')];
  const lines = differs.slice(0, LISTED).map(([query, key]) => {
    const own = key < 0 ? (bos[query] ?? 0) : (weights[query]?.[key] ?? 0);
    const at = key < 0 ? 'BOS' : `key ${key} (${scene.input[key]})`;
    const ideal = key < 0 ? 'nothing is selected' : `ideal ${(head.ideal?.[query]?.[key] ?? 0).toFixed(3)}`;
    return theme.wrong(cut(`    × query ${query} (${scene.input[query]}), ${at}: ${own.toFixed(3)}, ${ideal}`, columns));
  });
  if (differs.length > LISTED) lines.push(theme.wrong(`    × and ${differs.length - LISTED} more`));
  return lines;
}

function length(text: string): number {
  return [...text].length;
}

function pad(text: string, size: number): string {
  return text + ' '.repeat(Math.max(0, size - length(text)));
}

function padStart(text: string, size: number): string {
  return ' '.repeat(Math.max(0, size - length(text))) + text;
}

function cut(text: string, size: number): string {
  const characters = [...text];
  return characters.length <= size ? text : `${characters.slice(0, Math.max(0, size - 1)).join('')}…`;
}
