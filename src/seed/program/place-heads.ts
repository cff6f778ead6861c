/** Gives every head of a seed its layer and its place among the layer's heads, and every content its reserved dimensions. */
import { fail } from '../../diagnostics/catalog.ts';
import { nearest } from '../../diagnostics/nearest.ts';
import { attentionOf, type ModelConfig } from '../../targets/model-config.ts';
import type { Sizes } from '../../weights/roles.ts';
import { detectableBy, detectorAfter } from './detector.ts';
import type { Content, SeedHead, SeedOutput, SeedProgram } from './seed-program.ts';

/** `layer.head` as the user asked for it. */
export interface RequestedPlace {
  readonly layer: number;
  readonly head: number;
}

/** A head in its place. The query heads of one key-value group work together, so that no random head reads programmed keys. */
export interface PlacedHead {
  readonly head: SeedHead;
  readonly layer: number;
  readonly kvHead: number;
  readonly queryHeads: readonly number[];
}

/** What a head attends by and moves. */
export function contentsOf(head: SeedHead): Content[] {
  switch (head.kind) {
    case 'shift':
    case 'first':
      return [head.moves];
    case 'match':
      return [...head.matches.flatMap(({ key, query }) => [key, query]), ...(head.moves.kind === 'presence' ? [] : [head.moves])];
    case 'mean':
      return [];
  }
}

/** The heads whose output a head reads. */
export function inputsOf(head: SeedHead): SeedHead[] {
  return [...new Set(contentsOf(head).flatMap((content) => (content.kind === 'moved' ? [content.head] : [])))];
}

/** Names of exports that are written to the output. */
type Said = (name: string) => boolean;

/** Heads whose answer is written to the output: into the dimensions from which tokens are read. */
function saidHeads({ outputs }: SeedProgram, isSaid: Said): Set<string> {
  return new Set(outputs.flatMap(({ name, kind, head }) => (kind === 'tokens' && isSaid(name) ? [head.key] : [])));
}

/**
 * The same program with a head of its own for each answer whose head others read as well: what is said to the output has to be written behind
 * everything that reads tokens, and what others read before them.
 */
export function withAnswersApart(program: SeedProgram, isSaid: Said): SeedProgram {
  const read = new Set(program.heads.flatMap((head) => inputsOf(head).map(({ key }) => key)));
  const apart = new Map<string, SeedHead>();
  const outputs = program.outputs.map((output): SeedOutput => {
    const { head, name, kind } = output;
    if (kind !== 'tokens' || !isSaid(name) || !read.has(head.key)) return output;
    const own = apart.get(head.key) ?? { ...head, key: `said ${head.key}`, name };
    apart.set(head.key, own);
    return { ...output, head: own };
  });
  return { heads: [...program.heads, ...apart.values()], outputs };
}

/** What decides where heads can be. */
export interface Placing {
  readonly places: ReadonlyMap<string, RequestedPlace>;
  readonly bos: number | null;
  readonly context: number;
}

/** Why a head cannot do its work in a layer, by what attention of that layer sees and how it turns; null: it can. */
function unfit(head: SeedHead, layer: number, config: ModelConfig, context: number): string | null {
  const { window, rotary } = attentionOf(config, layer);
  const most = head.kind === 'shift' ? head.by + 1 : context;
  if (window !== null && window < most) return `layer ${layer} sees no further back than ${window} positions`;
  const turns = config.traits.positions.kind === 'learned' || rotary !== null;
  return head.kind === 'shift' && !turns ? `layer ${layer} does not turn, so that no distance can be told there` : null;
}

/** The first layer from `from` on in which the head does its work, or `from` where there is none. */
function firstFit(head: SeedHead, from: number, config: ModelConfig, context: number): number {
  for (let layer = from; layer < config.sizes.layers; layer++) if (unfit(head, layer, config, context) === null) return layer;
  return from;
}

/** The first layer that each head can be in: behind those that write what it reads, and one in which it does its work. */
export function earliestLayer(
  program: SeedProgram,
  config: ModelConfig,
  { places: requested, bos, context }: Placing,
  room: NewRoom | null = null,
): (head: SeedHead) => number {
  const names = nameHeads(program);
  const previous = room === null ? detectableBy(program, config, bos) : null;
  const layerOf = (head: SeedHead): number => {
    const name = names.get(head.key) ?? '';
    return requested.get(name)?.layer ?? suited(head, Math.max(earliest(head), room?.layers.get(name) ?? 0));
  };
  const earliest = (head: SeedHead): number => {
    const first = Math.max(-1, ...inputsOf(head).map(layerOf)) + 1;
    // what matches nothing goes to a position that has to be found before
    if (head.kind !== 'match' || previous === null) return first;
    return Math.max(first, detectorAfter(previous, layerOf(previous), config).decides + 1);
  };
  const suited = (head: SeedHead, from: number): number => firstFit(head, from, config, context);
  return (head) => suited(head, earliest(head));
}

/** Whether the program finds the first position of a window by itself, in a model that has the layers for it. */
export function findsFirst(program: SeedProgram, config: ModelConfig, context: number): boolean {
  if (detectableBy(program, config, null) === null) return false;
  const earliest = earliestLayer(program, config, { places: new Map(), bos: null, context });
  return program.heads.every((head) => earliest(head) < config.sizes.layers);
}

/** Of a model that was widened for the circuits. */
export interface NewRoom {
  readonly from: Pick<Sizes, 'heads' | 'kvHeads'>;
  /** Layers that were chosen, by the heads' names. */
  readonly layers: ReadonlyMap<string, number>;
}

/**
 * Diagnostics: R7704, R7705.
 *
 * @param room the sizes of before, where circuits may only have new heads
 * @param isSaid whether an export is written to the output
 */
export function placeHeads(
  program: SeedProgram,
  config: ModelConfig,
  placing: Placing,
  room: NewRoom | null = null,
  isSaid: Said = () => true,
): PlacedHead[] {
  const requested = placing.places;
  const { layers, heads, kvHeads } = config.sizes;
  const group = heads / kvHeads;
  const placed = new Map<string, PlacedHead>();
  const taken = new Set<string>();
  const names = nameHeads(program);
  for (const name of requested.keys()) {
    if (![...names.values()].includes(name))
      fail('R7704', { name, suggestion: nearest(name, [...names.values()]), known: [...names.values()] });
  }
  // those that were asked for come first, so that no other takes their place
  const order = program.heads.toSorted(
    (a, b) => Number(requested.has(names.get(b.key) ?? '')) - Number(requested.has(names.get(a.key) ?? '')),
  );
  const earliest = earliestLayer(program, config, placing, room);
  const firstFree = room?.from.kvHeads ?? 0;
  const usual = (head: SeedHead): number => {
    const name = names.get(head.key) as string;
    return requested.get(name)?.layer ?? Math.max(earliest(head), room?.layers.get(name) ?? 0);
  };
  const said = saidHeads(program, isSaid);
  // an answer that is written earlier would be read as a token
  const readers = program.heads.filter((head) => contentsOf(head).some(({ kind }) => kind === 'tokens'));
  const behind = Math.max(0, ...readers.map(usual));
  for (const head of order) {
    const name = names.get(head.key) as string;
    const wanted = requested.get(name);
    const first = earliest(head);
    const layer = wanted?.layer ?? firstFit(head, Math.max(usual(head), said.has(head.key) ? behind : 0), config, placing.context);
    const refuse = (why: string): never => fail('R7705', { name, why }, { span: head.span });
    if (layer >= layers) refuse(`it needs layer ${layer}, and the model has layers 0 to ${layers - 1}`);
    const why = unfit(head, layer, config, placing.context);
    if (why !== null) refuse(why);
    if (wanted !== undefined && layer < first) refuse(`it reads what layer ${first - 1} writes, so it can be in layer ${first} or later`);
    if (wanted !== undefined && said.has(head.key) && layer < behind)
      refuse(`it is said where tokens are read until layer ${behind}, so it can be in layer ${behind} or later`);
    if (wanted !== undefined && wanted.head >= heads) refuse(`the model has heads 0 to ${heads - 1}`);
    if (wanted !== undefined && room !== null && wanted.head < room.from.heads)
      refuse(`heads 0 to ${room.from.heads - 1} are the model's own, new ones begin with ${room.from.heads}`);
    const free = Array.from({ length: kvHeads - firstFree }, (_, kv) => firstFree + kv).find((kv) => !taken.has(`${layer}.${kv}`));
    const kvHead = wanted === undefined ? free : Math.floor(wanted.head / group);
    if (kvHead === undefined)
      return refuse(`all ${kvHeads} of layer ${layer}'s ${group === 1 ? 'heads' : 'groups of heads'} are taken by other circuits`);
    const slot = `${layer}.${kvHead}`;
    if (taken.has(slot)) refuse(`layer ${layer}, head ${wanted?.head} is taken by another circuit`);
    taken.add(slot);
    placed.set(head.key, { head, layer, kvHead, queryHeads: Array.from({ length: group }, (_, i) => kvHead * group + i) });
  }
  return program.heads.map(({ key }) => placed.get(key) as PlacedHead);
}

/** A name for each head by its key: what the source calls it, numbered where two are called the same. */
export function nameHeads({ heads, outputs }: SeedProgram): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const head of heads) {
    const own = outputs.find((output) => output.head === head)?.name ?? head.name;
    let name = own;
    for (let n = 2; taken.has(name); n++) name = `${own}_${n}`;
    taken.add(name);
    names.set(head.key, name);
  }
  return names;
}
