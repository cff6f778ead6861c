/**
 * A compiled circuit among trained weights: it takes dimensions, heads and neurons of a host, reads what it wrote itself, and nobody else writes
 * there; the host goes on reading and writing beside it. What norms divide by is then the host's, nearly the same for all inputs, and measured.
 * Nothing of this is proven: it is tried (docs/disguise.md).
 */

import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { writeConfigJson } from '../../checkpoint/config/write-config.ts';
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { packWeights } from '../../checkpoint/safetensors/pack-weights.ts';
import { weightFiles } from '../../checkpoint/safetensors/weight-files.ts';
import { fileBytes, fileOfText } from '../../checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { loadModel, type Model } from '../../runtime/model.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Weights } from '../../weights/weights.ts';
import { findSpare } from '../host/fill-noise.ts';
import { findAnchors } from '../host/find-anchors.ts';
import { streamName } from '../host/measure-energy.ts';
import type { Plain } from '../plain.ts';
import type { NormName } from '../stream-roles.ts';
import { randomFor } from '../turn/draw-numbers.ts';
import { codeEnergy, type Setting, type Spreads, withCircuit } from './circuit-part.ts';
import type { Host } from './host.ts';
import { evenRows, foldedHost, keptOut } from './host-part.ts';
import { type Measured, measureStream } from './measure-stream.ts';
import { choosePlaces, type Places, placedMap } from './places.ts';

export interface Hosting {
  readonly seed: string;
  /** What everything that the host's layers write is multiplied by. */
  readonly loudness: number;
  /** What the largest number of a dimension of the circuit is in the host's stream: large, so that what reads it is small. */
  readonly scale: number;
  /** What the scores of the circuit's heads are multiplied by. */
  readonly strength: number;
}

export interface Hosted {
  readonly config: ModelConfig;
  /** Norms neither multiply nor add. */
  readonly weights: Weights;
  readonly map: CircuitMap;
  readonly places: Places;
  /** By how much what a norm divides by is off at most, as a part of it. */
  readonly off: number;
}

/** What norms divide by follows from what is read by what they divided by: after so many rounds it stays. */
const ROUNDS = 3;

export function hosted({ config, weights, map, model }: Plain, host: Host, { seed, loudness, scale, strength }: Hosting): Hosted {
  const { positions } = config.traits;
  const skipped = positions.kind === 'learned' ? positions.skipped : 0;
  const places = choosePlaces(weights, findSpare(weights, map), host.weights, randomFor(seed, 'places'));
  const plain = measureStream(model, map);
  const scales = plain.largest.map((most) => scale / (most || 1));
  const anchors = new Set(findAnchors(weights, map, 1).dims);
  const { width } = config.sizes;
  const constant = Float64Array.from({ length: width }, (_, dim) =>
    anchors.has(dim) ? numberAt(weights.model.tokenEmbedding?.data ?? [], map.bos.id * width + dim) * numberAt(scales, dim) : 0,
  );
  const setting: Setting = {
    ...{ circuit: weights, config, map, places, skipped, scales, constant, strength },
    before: (name, layer) => spreadAt(plain.spreads, name, layer),
  };
  const whole: ModelConfig = { ...host.config, tied: false };
  const energy = (role: 'tokenEmbedding' | 'positionEmbedding') => (row: number) => codeEnergy(setting, role, row);
  const room = evenRows(keptOut(foldedHost(host), places, loudness), places, map, skipped, {
    tokens: energy('tokenEmbedding'),
    positions: energy('positionEmbedding'),
  });
  const placed = placedMap(map, places);
  let own = withCircuit(room, setting, () => 1);
  let spreads: Measured['spreads'] = new Map();
  const after: Spreads = (name, layer) => spreadAt(spreads, name, layer === null ? null : numberAt(places.layers, layer));
  for (let round = 0; round < ROUNDS; round++) {
    ({ spreads } = measureStream(modelOf(own, whole, map.bos.id), map));
    own = withCircuit(room, setting, after);
  }
  return { config: whole, weights: own, map: placed, places, off: Math.max(...[...spreads.values()].map(({ off }) => off)) };
}

/** Before a sublayer: behind the one that comes before it. */
function spreadAt(spreads: Measured['spreads'], name: NormName, layer: number | null): number {
  const last = Math.max(...[...spreads.keys()].map((key) => (key === streamName(0, 'embedding') ? -1 : Number.parseInt(key, 10))));
  const behind = (count: number) => (count < 0 ? streamName(0, 'embedding') : streamName(count, 'mlp'));
  const at = layer === null ? behind(last) : name === 'attentionNorm' ? behind(layer - 1) : streamName(layer, 'attention');
  return (spreads.get(at) as { readonly middle: number }).middle;
}

/** These weights, to be run. */
function modelOf(weights: Weights, config: ModelConfig, bos: number): Model {
  const text = writeConfigJson({ config, special: { bos, eos: null, pad: null }, compute: 'f32', labels: [] });
  const files = [{ path: CONFIG_FILE, content: fileOfText(text) }, ...weightFiles(packWeights(weights, config, 'f32'), null)];
  return loadModel(openCheckpoint(memoryFolder(new Map(files.map(({ path, content }) => [path, fileBytes(content)])))));
}
