/** Changes that a reader makes to a model's weights, to see what depends on them. */
import type { OpenCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { readRoles } from '../../../checkpoint/unpack-checkpoint.ts';
import type { ModelConfig } from '../../../targets/model-config.ts';
import type { FloatArray } from '../../../tensor/dtype.ts';
import { numberAt } from '../../../tensor/number-at.ts';

export type Break =
  /** What the head writes becomes nothing. */
  | { readonly kind: 'head'; readonly layer: number; readonly head: number }
  /** One weight of a role, counted row-major. */
  | { readonly kind: 'weight'; readonly layer: number; readonly role: string; readonly index: number; readonly value: number };

export function changeOf(breaks: readonly Break[], config: ModelConfig): Pick<OpenCheckpoint, 'change'> {
  if (breaks.length === 0) return {};
  const { dim, width } = config.sizes;
  return {
    change(role, layer, values) {
      let own: FloatArray | null = null;
      for (const each of breaks) {
        if (each.layer !== layer) continue;
        if (each.kind === 'head' && role === 'output') {
          own ??= values.slice();
          own.fill(0, each.head * dim * width, (each.head + 1) * dim * width);
        }
        if (each.kind === 'weight' && role === each.role && each.index < values.length) {
          own ??= values.slice();
          own[each.index] = each.value;
        }
      }
      return own;
    },
  };
}

export interface ListedWeight {
  readonly index: number;
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

/** Matrices of a layer that a reader may change. */
export const CHANGEABLE = ['query', 'key', 'value', 'output', 'gate', 'up', 'down'] as const;

const LISTED = 60;

/** The largest weights of a role in a layer, and how many are not zero. */
export function largestWeights(checkpoint: OpenCheckpoint, layer: number, role: string): { weights: ListedWeight[]; nonZero: number } {
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer || !tensor.spec.holds.some((held) => held === role)) continue;
    const found = readRoles(checkpoint, tensor).find((each) => each.role === role);
    if (found === undefined) continue;
    const columns = found.shape.at(-1) ?? 1;
    const weights: ListedWeight[] = [];
    for (let index = 0; index < found.data.length; index++) {
      const value = numberAt(found.data, index);
      if (value !== 0) weights.push({ index, row: Math.floor(index / columns), column: index % columns, value });
    }
    weights.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    return { weights: weights.slice(0, LISTED), nonZero: weights.length };
  }
  return { weights: [], nonZero: 0 };
}
