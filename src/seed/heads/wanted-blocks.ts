/** Which reserved dimensions the circuits of a seed need, and how loud each is. */
import { positionPairs } from '../../codes/position-code.ts';
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';
import { tidy } from '../draw/tidy.ts';
import { type Detector, isReleased } from '../program/detector.ts';
import { contentsOf, type PlacedHead } from '../program/place-heads.ts';
import { type Block, goesTo, type SeedOptions } from '../program/seed-plan.ts';
import type { Content, SeedProgram } from '../program/seed-program.ts';
import type { StreamModel } from '../stream/stream-model.ts';
import { readsRaw } from './seeded-model.ts';

export type WantedBlock = Omit<Block, 'dims'> & { readonly count: number };

export interface BlockNeeds {
  readonly program: SeedProgram;
  readonly placed: readonly PlacedHead[];
  readonly config: ModelConfig;
  readonly options: SeedOptions;
  readonly detector: Detector | null;
  readonly names: ReadonlyMap<string, string>;
  readonly codeLength: number;
  readonly hasSink: boolean;
  /** Of a token's code in the embedding. */
  readonly amplitude: number;
  /** How loud an entry may be that a head of a layer writes. */
  readonly loudness: (layer: number) => number;
  /** The stream without circuits. */
  readonly bare: StreamModel;
}

/** The constant and the flag of the sink are this much larger than an entry of a code: one dimension has to weigh as much as many. */
const CONSTANT = 3;
/**
 * Without a BOS of its own the first position holds any token. Its flag is so large that the norm divides that token to nearly nothing:
 * what trained models do by themselves (Sun et al., "Massive Activations in Large Language Models", 2024).
 */
const MASSIVE = 20;
/**
 * A flag that neurons write, beside all else at the first position. The key there holds the first token itself, since the head that moves tokens sees
 * nothing before it, and must not match it: what follows the first token would be copied from nowhere. Behind the flag's last reader it is taken back,
 * so that loud is no loss; where it cannot be, it is so loud that the norm evens out how loud it became, and no louder.
 */
const FOUND = { released: 12, kept: 3 };
/** Room for the constant, the sink and what else takes one dimension. */
export const SMALL_BLOCKS = 8;

export function wantedBlocks(needs: BlockNeeds): WantedBlock[] {
  const { program, placed, config, options, detector, names, codeLength, hasSink, amplitude, loudness, bare } = needs;
  const { layers, width } = config.sizes;
  const learned = config.traits.positions.kind === 'learned';
  const wanted: WantedBlock[] = [];
  const lastReader = (reads: (placed: PlacedHead) => boolean): number => Math.max(-1, ...placed.filter(reads).map(({ layer }) => layer));
  const anyReads = (test: (content: Content) => boolean) => (placed: PlacedHead) => contentsOf(placed.head).some(test);
  const add = (block: WantedBlock): void => {
    if (block.lastRead >= 0) wanted.push(block);
  };
  const embedded = { written: -1, head: null } as const;
  const isMatch = ({ head }: PlacedHead): boolean => head.kind === 'match';
  const turns = ({ head }: PlacedHead): boolean => head.kind === 'shift' && !learned;
  const hasOutput = program.outputs.some(({ kind, name }) => kind === 'tokens' && goesTo(options, name).logits);
  const last = lastReader(() => true);
  // neurons of the layer of the flag's last reader take it back, behind what heads of that layer write
  const released = detector === null || !isReleased(config.traits) ? -1 : detector.releases + 1;
  add({
    name: 'constant',
    kind: 'constant',
    amplitude: tidy(CONSTANT * amplitude),
    ...embedded,
    count: 1,
    lastRead: Math.max(
      lastReader((p) => isMatch(p) || turns(p) || p.head.kind === 'first' || config.traits.writeNorms),
      released,
    ),
  });
  if (options.grown?.levels)
    add({
      name: 'even',
      kind: 'even',
      amplitude: tidy(CONSTANT * amplitude),
      ...embedded,
      count: 1,
      lastRead: lastReader(turns),
    });
  // BOS weighs as much as a token with its code, so that its key is no larger than theirs
  const loud = isReleased(config.traits) ? FOUND.released : FOUND.kept;
  const found = detector === null || readsRaw(config) ? null : loud * bare.rms(detector.decides + 1, 'first') * Math.sqrt(width);
  const flag =
    found ??
    (options.bos === null && options.grown === null && !readsRaw(config)
      ? MASSIVE * bare.rms(0, 'typical') * Math.sqrt(width)
      : Math.sqrt(codeLength) * amplitude);
  if (hasSink)
    add({
      name: 'sink',
      kind: 'flag',
      amplitude: tidy(flag),
      written: detector?.decides ?? -1,
      head: null,
      count: 1,
      lastRead: Math.max(lastReader(isMatch), released),
    });
  if (detector !== null) {
    const difference = { name: 'difference', kind: 'difference', written: detector.compares, head: null, count: 1 } as const;
    add({ ...difference, amplitude: tidy(Math.sqrt(codeLength) * amplitude), lastRead: detector.decides + 1 });
  }
  if (config.traits.writeNorms) add({ name: 'floor', kind: 'floor', amplitude: 0, ...embedded, count: 1, lastRead: 0 });
  if (config.traits.norm === 'layer-norm') add({ name: 'zero', kind: 'zero', amplitude: 0, ...embedded, count: 1, lastRead: last });
  // what is new adds up to nothing, so that the mean that a norm takes off stays what it was
  if (config.traits.norm === 'layer-norm' && options.grown !== null)
    add({
      name: 'balance',
      kind: 'balance',
      amplitude: tidy(Math.sqrt(2 * codeLength) * amplitude),
      ...embedded,
      count: 1,
      lastRead: layers,
    });
  // what an answer adds to an unembedding that is the embedding, and keeps a mean, is taken off again
  if (config.traits.norm === 'layer-norm' && options.grown !== null && config.tied && hasOutput)
    add({ name: 'counter', kind: 'counter', amplitude: 0, ...embedded, count: 1, lastRead: layers });
  if (learned) {
    add({
      name: 'positions',
      kind: 'positions',
      amplitude,
      ...embedded,
      count: 2 * positionPairs(positionsOf(config)),
      lastRead: lastReader(({ head }) => head.kind === 'shift'),
    });
    const starts = lastReader(({ head }) => head.kind === 'first');
    add({ name: 'start', kind: 'start', amplitude: tidy(CONSTANT * amplitude), ...embedded, count: 1, lastRead: starts });
    add({
      name: 'ramp',
      kind: 'ramp',
      amplitude: tidy(CONSTANT * amplitude),
      ...embedded,
      count: 1,
      lastRead: lastReader(({ head }) => head.kind === 'match' && head.prefers !== null),
    });
  }
  add({
    name: 'tokens',
    kind: 'tokens',
    amplitude,
    ...embedded,
    count: codeLength,
    lastRead: hasOutput ? layers : options.grown?.own ? -1 : lastReader(anyReads(({ kind }) => kind === 'tokens')),
  });
  for (const { head, layer } of placed) {
    const reader = lastReader(anyReads((content) => content.kind === 'moved' && content.head.key === head.key));
    const name = names.get(head.key) as string;
    const isFeature = program.outputs.some(
      (output) => output.kind === 'tokens' && output.head === head && goesTo(options, output.name).feature,
    );
    // as strong as everything else is where it is read
    if (reader >= 0 || isFeature)
      add({
        name,
        kind: 'moved',
        amplitude: tidy(loudness(layer)),
        written: layer,
        head: head.key,
        count: codeLength,
        lastRead: isFeature ? layers : reader,
      });
    if (head.kind === 'mean')
      add({
        name: `${name} values`,
        kind: 'values',
        amplitude: tidy(CONSTANT * amplitude),
        ...embedded,
        count: 1,
        head: head.key,
        lastRead: layer,
      });
    const feature = program.outputs.find((output) => output.head === head && output.kind !== 'tokens');
    if (feature !== undefined)
      add({
        name,
        kind: feature.kind === 'mean' ? 'mean' : 'presence',
        amplitude: tidy(CONSTANT * loudness(layer)),
        written: layer,
        head: head.key,
        count: 1,
        lastRead: layers,
      });
  }
  return wanted;
}
