/** The model of a challenge, hidden as its tier says: renumbered, or disguised. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { type PackedFile, packCheckpoint } from '../../checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { CompiledModel } from '../../compiler/compile.ts';
import { allowedSteps, type Recipe } from '../../disguise/recipe.ts';
import { drawRenumbering, type Renumbering, renumbered } from '../../disguise/turn/renumber.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { Random } from '../../verify/random.ts';
import { VERSION } from '../../version.ts';
import type { Weights } from '../../weights/weights.ts';
import { chooseDisguise } from '../disguise/choose-disguise.ts';
import { readPlain } from '../disguise/plain-model.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import type { Io } from '../terminal/io.ts';

interface Hiding {
  readonly tier: number;
  readonly secret: string;
  readonly io: Io;
}

export interface Hidden {
  readonly files: readonly PackedFile[];
  /** With the ids of the hidden model. */
  readonly map: Pick<CircuitMap, 'context' | 'causal' | 'bos' | 'vocabulary' | 'outputs'>;
  readonly order: Renumbering;
  /** Of the hidden model's layers, which of the compiled ones each is. */
  readonly layers: readonly (number | null)[];
}

/** From this tier on a model is disguised: at the first one like itself, then in a host four times as wide with three layers more. */
const DISGUISED = 4;
const HOSTS: Readonly<Record<number, Pick<Recipe, 'times' | 'width' | 'idleLayers'>>> = {
  4: { times: 2, width: 0, idleLayers: 1 },
  5: { times: 4, width: 0, idleLayers: 3 },
};

export async function hide({ tier, secret, io }: Hiding, compiled: CompiledModel): Promise<Hidden> {
  const { config, weights, dtype, compute, pad, map } = compiled;
  const pack = (own: Weights) =>
    packCheckpoint({
      ...{ config, weights: own, dtype, compute, eos: null, pad },
      map: { raspc: VERSION, ...map },
      newHasher: newNodeSha256,
    }).files;
  const host = HOSTS[tier];
  if (tier < DISGUISED || host === undefined) {
    const random = new Random(Number.parseInt(sha256HexOfText(secret).slice(0, 12), 16), tier);
    const order = drawRenumbering(weights, { shuffle: (items) => (tier < 2 ? items : random.shuffle(items)), stream: tier >= 3 });
    return { files: pack(renumbered(weights, order)), map, order, layers: [...weights.layers.keys()] };
  }
  const plain = readPlain(memoryFolder(new Map(pack(weights).map(({ path, content }) => [path, fileBytes(content)]))));
  const steps = allowedSteps(plain.config.traits);
  const { made } = await chooseDisguise(plain, { seed: secret, ...host, host: null, steps, mayLeaveOut: false }, io);
  const { order, layers } = made.disguised.undo;
  return { files: made.files, map: made.disguised.map, order, layers };
}
