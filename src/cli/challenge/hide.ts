/** The model of a challenge, hidden as its tier says: renumbered, or disguised. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { type PackedFile, packCheckpoint } from '../../checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { CompiledModel } from '../../compiler/compile.ts';
import type { Parts } from '../../disguise/plain.ts';
import { allowedSteps, HOSTED_STEPS, type Recipe } from '../../disguise/recipe.ts';
import { drawRenumbering, type Renumbering, renumbered } from '../../disguise/turn/renumber.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { Random } from '../../verify/random.ts';
import { VERSION } from '../../version.ts';
import type { Weights } from '../../weights/weights.ts';
import { chooseDisguise } from '../disguise/choose-disguise.ts';
import type { OpenedHost } from '../disguise/open-host.ts';
import { readPlain } from '../disguise/plain-model.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import type { Io } from '../terminal/io.ts';

interface Hiding {
  readonly tier: number;
  readonly secret: string;
  /** Of the last tier, the trained model among whose weights the circuit is to stand. */
  readonly host: OpenedHost | null;
  /** Where the question is which they are: the circuit's parts without which the rest has to go on. */
  readonly loose: Parts | null;
  readonly io: Io;
}

export interface Hidden {
  readonly files: readonly PackedFile[];
  /** With the ids of the hidden model. */
  readonly map: Pick<CircuitMap, 'context' | 'causal' | 'bos' | 'vocabulary' | 'outputs'>;
  readonly order: Renumbering;
  /** Heads and neurons where they stand in the hidden model, before they are renumbered. */
  readonly placed: Pick<CircuitMap, 'heads' | 'neurons'>;
}

/** From this tier on a model is disguised: at the first one like itself, then in a host four times as wide with three layers more. */
const DISGUISED = 4;
const HOSTS: Readonly<Record<number, Pick<Recipe, 'times' | 'width' | 'idleLayers'>>> = {
  4: { times: 2, width: 0, idleLayers: 1 },
  5: { times: 4, width: 0, idleLayers: 3 },
};

export async function hide({ tier, secret, host: trained, loose, io }: Hiding, compiled: CompiledModel): Promise<Hidden> {
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
    return { files: pack(renumbered(weights, order)), map, order, placed: map };
  }
  const plain = readPlain(memoryFolder(new Map(pack(weights).map(({ path, content }) => [path, fileBytes(content)]))));
  const steps = allowedSteps(plain.config.traits);
  const { made } = await chooseDisguise(
    { ...plain, ...(loose === null ? {} : { loose }) },
    { seed: secret, ...host, host: trained, steps: trained === null ? steps : HOSTED_STEPS, mayLeaveOut: false, wantsProof: false },
    io,
  );
  const { undo, upright, map: hiddenMap } = made.disguised;
  return { files: made.files, map: hiddenMap, order: undo.order, placed: upright.map };
}
