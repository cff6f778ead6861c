/** The scene of a program: its s-ops and selectors on one input, in the layers of the reference's own count. */
import type { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { SelectorMatrix } from '../../graph/evaluate/selector-matrix.ts';
import { sourceText, valueText } from '../../graph/evaluate/values/python-text.ts';
import {
  type Aggregate,
  argumentsOf,
  type Elementwise,
  type GraphNode,
  isSelector,
  type Reduction,
  reachable,
  type Select,
  type Selector,
  type SelectorWidth,
  type SOp,
} from '../../graph/graph.ts';
import { elementText } from '../../graph/show/display-text.ts';
import { fold } from './fold.ts';
import { nodeLabel, nodeText } from './node-text.ts';
import {
  type Row,
  readersOf,
  type Scene,
  type SceneCondition,
  type SceneHead,
  type SceneLayer,
  type SceneResult,
  type SceneStep,
} from './scene.ts';

export interface ProgramSceneRequest {
  readonly title: string;
  /** What is drawn, by name: s-ops or selectors. */
  readonly roots: readonly { readonly name: string; readonly node: GraphNode }[];
  readonly evaluation: Evaluation;
  readonly causal: boolean;
  /** Only this layer, and nothing of it folded. */
  readonly layer?: number | undefined;
}

type Attending = Aggregate | Reduction | SelectorWidth;

/** Throws a DiagnosticError where something has no value on the input. */
export function programScene({ title, roots, evaluation, causal, layer }: ProgramSceneRequest): Scene {
  const nodes = reachable(roots.map(({ node }) => node));
  const place = layersOf(nodes);
  const shown = shownNodes(
    nodes,
    roots.map(({ node }) => node),
  );
  const names = new Map<GraphNode, string>(roots.map(({ name, node }) => [node, name]));
  const layers: { heads: Map<Selector, Attending[]>; steps: Elementwise[] }[] = [];
  const layerAt = (number: number) => {
    while (layers.length <= number) layers.push({ heads: new Map(), steps: [] });
    return layers[number] as (typeof layers)[number];
  };
  for (const node of nodes) {
    const at = layerAt(place.get(node) ?? 0);
    if (isAttending(node)) at.heads.set(node.selector, [...(at.heads.get(node.selector) ?? []), node]);
    else if (isSelector(node) && roots.some((root) => root.node === node)) at.heads.set(node, at.heads.get(node) ?? []);
    else if (node.kind === 'elementwise' && shown.has(node)) at.steps.push(node);
  }
  // what has no name is called by the head that makes it
  for (const [number, { heads }] of layers.entries()) {
    for (const [index, results] of [...heads.values()].entries()) {
      for (const [at, result] of results.entries()) {
        if (result.name === null && !names.has(result))
          names.set(result, `⟨${number}.${index + 1}${results.length > 1 ? 'abcdefgh'.charAt(at) : ''}⟩`);
      }
    }
  }
  const rowOf = (node: SOp): Row => ({
    id: node.id,
    label: nodeLabel(node, names),
    values: evaluation.sequence(node).values.map(elementText),
  });
  const sceneLayers = layers.map(
    ({ heads, steps }, number): SceneLayer => ({
      number,
      title: number === 0 ? 'before the first layer' : `layer ${number}`,
      heads: fold(
        [...heads].map(([selector, results], index) => ({
          key: keyOf(selector, results),
          item: headOf(selector, results, index + 1, evaluation.matrix(selector), rowOf, names),
        })),
        layer !== undefined,
        (head, names) => ({ ...head, folded: names }),
        (head) => head.results.map(({ row }) => row.label).join(', '),
      ),
      steps: fold(
        steps.map((node) => ({ key: spanKey(node), item: stepOf(node, rowOf, names, shown) })),
        layer !== undefined,
        (step, names) => ({ ...step, folded: names }),
        (step) => step.row.label,
      ),
      folded: 0,
    }),
  );
  const outputs = roots.flatMap(({ name, node }) => (isSelector(node) ? [] : [{ ...rowOf(node), label: name }]));
  const full = sceneLayers.filter(({ heads, steps }) => heads.length + steps.length > 0);
  const readers = readersOf(full, outputs);
  const kept = layer === undefined ? foldLayers(full, layers) : full.filter(({ number }) => number === layer);
  return { title, input: evaluation.input.map(valueText), causal, layers: kept, outputs, readers };
}

function isAttending(node: GraphNode): node is Attending {
  return node.kind === 'aggregate' || node.kind === 'width' || node.kind === 'reduction';
}

/** In which layer each node is computed; elementwise nodes in that of the last one that they read. */
function layersOf(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, number> {
  const place = new Map<GraphNode, number>();
  for (const node of nodes) {
    const below = Math.max(0, ...argumentsOf(node).map((argument) => place.get(argument) ?? 0));
    if (node.kind === 'select') place.set(node, below + 1);
    else if (isAttending(node)) {
      const values = node.kind === 'width' ? 0 : (place.get(node.value) ?? 0);
      place.set(node, Math.max(1 + values, place.get(node.selector) ?? 1));
    } else place.set(node, below);
  }
  return place;
}

/** S-ops with a row of their own: what heads and outputs read, and what the program names. */
function shownNodes(nodes: readonly GraphNode[], roots: readonly GraphNode[]): ReadonlySet<GraphNode> {
  const shown = new Set<GraphNode>(roots);
  for (const node of nodes) {
    if (node.name !== null || isAttending(node)) shown.add(node);
    if (node.kind === 'select') for (const side of [node.keys, node.queries]) shown.add(side);
    if (node.kind === 'aggregate' || node.kind === 'reduction') shown.add(node.value);
  }
  return shown;
}

/** The comparisons that a selector is made of, each once, in the order in which they are written. */
export function comparisonsIn(selector: Selector): Select[] {
  const found: Select[] = [];
  const visit = (node: Selector): void => {
    if (node.kind === 'select') {
      if (!found.includes(node)) found.push(node);
    } else for (const below of argumentsOf(node)) if (isSelector(below)) visit(below);
  };
  visit(selector);
  return found;
}

/** Comparisons that say something: those of constants hold everywhere or nowhere. */
export function conditionsOf(selector: Selector, rowOf: (node: SOp) => Row): SceneCondition[] {
  return comparisonsIn(selector)
    .filter(({ keys, queries }) => keys.kind !== 'constant' || queries.kind !== 'constant')
    .map(({ keys, operator, queries }) => ({ keys: rowOf(keys), operator, queries: rowOf(queries) }));
}

/** Each selected key's share. */
export function sharesOf(matrix: SelectorMatrix): number[][] {
  return matrix.toRows().map((row, query) => {
    const width = matrix.width(query);
    return row.map((cell) => (cell === 0 ? 0 : 1 / width));
  });
}

export function resultOf(node: SOp, rowOf: (node: SOp) => Row): SceneResult {
  const row = rowOf(node);
  switch (node.kind) {
    case 'aggregate':
      return { kind: 'mean', reads: rowOf(node.value), otherwise: sourceText(node.default), row };
    case 'reduction':
      return { kind: node.operator, reads: rowOf(node.value), otherwise: sourceText(node.default), row };
    case 'width':
      return { kind: 'count', reads: null, otherwise: null, row };
    default:
      return { kind: 'value', reads: null, otherwise: null, row };
  }
}

function headOf(
  selector: Selector,
  results: readonly Attending[],
  number: number,
  matrix: SelectorMatrix,
  rowOf: (node: SOp) => Row,
  names: ReadonlyMap<GraphNode, string>,
): SceneHead {
  return {
    number,
    name: names.get(selector) ?? selector.name ?? '',
    text: nodeText(selector, names),
    conditions: conditionsOf(selector, rowOf),
    ideal: sharesOf(matrix),
    measured: null,
    results: results.map((node) => resultOf(node, rowOf)),
    folded: [],
  };
}

function stepOf(
  node: Elementwise,
  rowOf: (node: SOp) => Row,
  names: ReadonlyMap<GraphNode, string>,
  shown: ReadonlySet<GraphNode>,
): SceneStep {
  const reads = new Set<number>();
  const visit = (argument: GraphNode): void => {
    if (argument.kind === 'elementwise' && !shown.has(argument)) argument.args.forEach(visit);
    else reads.add(argument.id);
  };
  node.args.forEach(visit);
  const row = rowOf(node);
  const text = nodeText(node, names);
  return { row, text: text === row.label ? '' : text, reads: [...reads], folded: [] };
}

/** Where in the source it was written: what comes of one place, such as the body of a loop, is the same but for what it reads. */
function spanKey({ spans, id }: GraphNode): string {
  const [span] = spans;
  return span === undefined ? `#${id}` : `${span.file.path}:${span.start}-${span.end}`;
}

function keyOf(selector: Selector, results: readonly Attending[]): string {
  return [selector, ...results].map(spanKey).join(' ');
}

/** Of layers in a row that are the same, the first and the last stay. */
function foldLayers(
  scene: readonly SceneLayer[],
  layers: readonly { readonly heads: ReadonlyMap<Selector, readonly Attending[]>; readonly steps: readonly Elementwise[] }[],
): SceneLayer[] {
  const keys = scene.map(({ number }) => {
    const own = layers[number];
    return [...(own?.heads ?? [])]
      .map(([selector, results]) => keyOf(selector, results))
      .concat((own?.steps ?? []).map(spanKey))
      .join('\n');
  });
  const kept: SceneLayer[] = [];
  for (let at = 0; at < scene.length; ) {
    let end = at + 1;
    while (end < scene.length && keys[end] === keys[at]) end++;
    const between = end - at - 2;
    kept.push({ ...(scene[at] as SceneLayer), folded: Math.max(0, between) });
    if (between >= 0) kept.push(scene[end - 1] as SceneLayer);
    at = end;
  }
  return kept;
}
