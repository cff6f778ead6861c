/** What a model's parameters are spent on, and the least that a stock transformer of its family takes for what a program's s-ops are. */
import { plan } from '../../src/compiler/plan.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { leastSizes } from '../growth/growth-cell.ts';
import type { CompiledCell } from '../size-cell.ts';

/** Dimensions that keep a norm from changing anything (docs/norm.md): anchors, balance and BOS. */
const FRAME = 4;

interface Shape {
  readonly width: number;
  readonly layers: number;
  readonly hidden: number;
}

/** Parameters but for the unembedding. */
export interface Account {
  /** Of tokens, positions and types: a row each, whatever is computed. */
  readonly tables: number;
  /** Four matrices a layer, whether it has a head or none. */
  readonly attention: number;
  readonly neurons: number;
  /** With the fewest layers, a neuron a function, and a dimension for each s-op that is alive together with others, beside the frame. */
  readonly least: number;
}

export function accountOf({ program, target: name, width, layers, hidden, model }: CompiledCell): Account {
  const { tokenEmbedding, positionEmbedding, typeEmbedding } = model.weights.model;
  const numbers = [tokenEmbedding, positionEmbedding, typeEmbedding].reduce((sum, table) => sum + (table?.data.length ?? 0), 0);
  const target = TARGETS.find((each) => each.name === name);
  if (target === undefined) throw new Error(`there is no family ${name}`);
  const { map } = model;
  const vocabulary = map.vocabulary.map(({ value }) => value);
  const least = leastSizes(plan(program, { target, dtype: 'f32', compute: 'f32', vocabulary, context: map.context }));
  const parameters = (shape: Shape) => parametersOf(shape, numbers / width);
  return {
    tables: numbers / parameters({ width, layers, hidden }),
    attention: (layers * 4 * width ** 2) / parameters({ width, layers, hidden }),
    neurons: (layers * (2 * width + 1) * hidden) / parameters({ width, layers, hidden }),
    least: parameters({
      width: least.dimensions + FRAME,
      layers: least.layers,
      hidden: Math.max(1, Math.ceil(least.neurons / least.layers)),
    }),
  };
}

/** Of a GPT-2 or a BERT whose tables have so many rows: two vectors of a norm beside them, and in each layer matrices, their biases and two norms. */
function parametersOf({ width, layers, hidden }: Shape, rows: number): number {
  return (rows + 2) * width + layers * (4 * width ** 2 + 9 * width + 2 * width * hidden + hidden);
}
