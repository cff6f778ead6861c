/** Makes a disguised folder and its key; the same plain model and recipe give the same bytes. */
import { MAP_FILE, type MapFile } from '../../checkpoint/map/circuit-map.ts';
import { type PackedFile, packCheckpoint } from '../../checkpoint/pack-checkpoint.ts';
import type { Disguised } from '../../disguise/disguise.ts';
import { disguised } from '../../disguise/disguise.ts';
import type { Host } from '../../disguise/hosted/host.ts';
import { keyText } from '../../disguise/key.ts';
import type { Recipe } from '../../disguise/recipe.ts';
import { VERSION } from '../../version.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import type { PlainModel } from './plain-model.ts';

export interface MadeDisguise {
  readonly disguised: Disguised;
  /** What is published: neither the map nor the card, which would give everything away. */
  readonly files: readonly PackedFile[];
  readonly records: readonly MapFile[];
}

export function makeDisguise(plain: PlainModel, recipe: Recipe, host: Host | null): MadeDisguise {
  const made = disguised(plain, recipe, host);
  const { vocab } = made.undo.order;
  const idOf = (id: number | null) => (id === null ? null : vocab.indexOf(id));
  const { dtype, compute, target: _, files: __, ...facts } = made.map;
  const packed = packCheckpoint({
    config: made.config,
    weights: made.weights,
    ...{ dtype, compute, eos: idOf(plain.eos), pad: idOf(plain.pad), map: facts, newHasher: newNodeSha256 },
  });
  const isPublic = ({ path }: { readonly path: string }) => path !== MAP_FILE && path !== 'README.md';
  return { disguised: made, files: packed.files.filter(isPublic), records: packed.map.files.filter(isPublic) };
}

/** The texts of the plain folder that the key keeps. */
export interface PlainTexts {
  readonly config: string;
  readonly map: string;
}

export function keyOf(plain: PlainModel, texts: PlainTexts, recipe: Recipe, { disguised: made, records }: MadeDisguise): string {
  const key = { recipe, ...texts, weights: { model: plain.weights.model, layers: plain.weights.layers }, files: records };
  return keyText(key, made, VERSION);
}
