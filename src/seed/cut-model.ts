/** A model that is cut to its first layers, some tokens and some positions, as far as a measurement needs it. */
import type { Model } from '../runtime/model.ts';
import { cutPositions } from '../targets/model-config.ts';
import type { Host } from './draw/seed-tensors.ts';
import type { RoleSlice } from './draw/slices.ts';
import { modelOf, shortSlices } from './stream/measure-stream.ts';

export interface Cut {
  readonly layers: number;
  /** Ids of the tokens that are kept; their places here are the ids of the cut model. */
  readonly tokens: readonly number[];
  readonly positions: number;
}

/** With the final norm and the output as they are in the whole. */
export function cutModel(host: Host, slices: readonly RoleSlice[], { layers, tokens, positions }: Cut): Model {
  const rows = cutPositions(host.config, positions);
  const sizes = { ...host.config.sizes, layers, vocab: tokens.length, outputs: tokens.length, positions: rows };
  const config = { ...host.config, sizes };
  return modelOf(config, host, tokens, shortSlices(slices, layers, tokens, rows, true));
}
