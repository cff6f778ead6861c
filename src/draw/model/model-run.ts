/** Everything that a model did with one input: its stream after each sublayer, what each head looked at, and its logits. */
import type { Contribution } from '../../runtime/contributions.ts';
import type { AttentionObserver, Model, ResidualObserver } from '../../runtime/model.ts';
import type { FloatArray } from '../../tensor/dtype.ts';

/** The residual stream after one sublayer. */
export interface StreamState {
  readonly layer: number;
  readonly sublayer: 'embedding' | 'attention' | 'mlp';
  /** `[position, width]`, BOS first. */
  readonly residual: FloatArray;
}

export interface ModelRun {
  /** BOS and the input's tokens. */
  readonly ids: Int32Array;
  readonly width: number;
  readonly states: readonly StreamState[];
  /** By {@link headKey}: `[query][key]` with BOS at 0; 0 where a query does not see a key. Heads that cannot contribute are not among them. */
  readonly attention: ReadonlyMap<string, readonly Float64Array[]>;
  /** `[position, output]`. */
  readonly logits: FloatArray;
}

export function headKey(layer: number, head: number): string {
  return `${layer}.${head}`;
}

/** What the parts of a sublayer added, asked while the model runs. */
export type Asker = (state: StreamState, contributions: (position: number, dimension: number) => readonly Contribution[]) => void;

/** @param ask may ask for what parts added, right after their sublayer */
export function runModel(model: Model, ids: Int32Array, ask?: Asker): ModelRun {
  const states: StreamState[] = [];
  const attention = new Map<string, Float64Array[]>();
  const observe: ResidualObserver = ({ layer, sublayer, residual, contributions }) => {
    const state = { layer, sublayer, residual };
    states.push(state);
    ask?.(state, contributions);
  };
  const watch: AttentionObserver = ({ layer, head, query, first, weights }) => {
    const key = headKey(layer, head);
    const rows = attention.get(key) ?? ids.reduce<Float64Array[]>((all) => [...all, new Float64Array(ids.length)], []);
    rows[query]?.set(weights, first);
    attention.set(key, rows);
  };
  const [logits] = model.logits([ids], observe, watch);
  if (logits === undefined) throw new Error('the model gave no logits');
  return { ids, width: model.config.sizes.width, states, attention, logits };
}
