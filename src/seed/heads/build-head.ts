/** One head as weights of its layer, and what is to be expected of it: where it attends, and what it moves from there. */

import { tidy } from '../draw/tidy.ts';
import type { Detector } from '../program/detector.ts';
import type { OwnCodes } from '../program/own-codes.ts';
import type { PlacedHead } from '../program/place-heads.ts';
import { type Block, goesTo, type HeadExpectation } from '../program/seed-plan.ts';
import type { Content, MeanHead, SeedHead } from '../program/seed-program.ts';
import { writeScores } from './head-scores.ts';
import { firstPlace, HeadWriter } from './head-writer.ts';
import { contentBlock, findBlock, needBlock, type SeededModel } from './seeded-model.ts';

export interface BuiltHead {
  readonly expectation: HeadExpectation;
  readonly writer: HeadWriter;
}

export function buildHead(model: SeededModel, placed: PlacedHead): BuiltHead {
  const writer = new HeadWriter(model, placed);
  const { head } = placed;
  const scores = writeScores(writer, head);
  writeValues(writer, head);
  const name = model.names.get(head.key) as string;
  return { expectation: { name, placed, ...scores }, writer };
}

/** What the head moves, and where to: a feature, a block of its own where others read it, the token block where it is an output. */
function writeValues(writer: HeadWriter, head: SeedHead): void {
  const { model } = writer;
  const codes = model.options.grown?.own ?? null;
  const feature = findBlock(model, 'presence', head.key) ?? findBlock(model, 'mean', head.key);
  if (head.kind === 'mean') moveNumber(writer, head, feature);
  else if (head.moves.kind === 'presence') movePresence(writer, feature as Block);
  else if (codes !== null && head.moves.kind === 'tokens') moveOwnTokens(writer, head, codes);
  else moveTokens(writer, head, head.moves);
}

function moveTokens(writer: HeadWriter, head: SeedHead, moves: Content): void {
  const { model } = writer;
  const source = contentBlock(model, moves);
  const moved = findBlock(model, 'moved', head.key);
  const isOutput = model.outputs.some(
    (output) => output.kind === 'tokens' && output.head === head && goesTo(model.options, output.name).logits,
  );
  // Where the current token is what was looked for, its own code is taken out of the token block, so that it does not compete with the answer.
  const amplitude = model.outputAmplitudes.get(head.key) ?? 0;
  const isRaised = isOutput && amplitude > 0;
  const own = head.kind === 'match' && moved === null && isRaised ? head.matches.find(({ query }) => query.kind === 'tokens') : undefined;
  const { detector } = model;
  // At a first position that is found what is moved is what stood before: written less that, it is nothing.
  const isLess = head.kind === 'match' && detector !== null && moved === null && isRaised;
  const taken = own !== undefined ? contentBlock(model, own.key) : isLess ? contentBlock(model, previousOf(detector)) : null;
  const stock = writer.stock;
  const rms = writer.rms(head.kind === 'first' ? firstPlace(model) : 'typical');
  for (let d = 0; d < source.dims.length; d++) {
    const reads: [number, number][] = [[source.dims[d] as number, tidy((stock * rms) / source.amplitude)]];
    if (taken !== null) {
      const own = isLess ? 1 : needBlock(model, 'tokens').amplitude / amplitude;
      reads.push([taken.dims[d] as number, -tidy((own * stock * rms) / taken.amplitude)]);
    }
    const writes: [number, number][] = [];
    if (moved !== null) writes.push([moved.dims[d] as number, tidy(moved.amplitude / stock)]);
    if (isOutput) writes.push([needBlock(model, 'tokens').dims[d] as number, tidy(amplitude / stock)]);
    const counter = isOutput ? findBlock(model, 'counter') : null;
    if (counter !== null) writes.push([counter.dims[0] as number, -tidy(amplitude / stock)]);
    writer.move(d, reads, writes);
  }
}

/** In the first layer, where the stream is the embedding: what the norm makes of it goes through the projection. */
function moveOwnTokens(writer: HeadWriter, head: SeedHead, { projection, length }: OwnCodes): void {
  const { dims, amplitude } = needBlock(writer.model, 'moved', head.key);
  const { stock } = writer;
  const width = projection.length / length;
  for (const [d, dim] of dims.entries()) {
    const weights = projection.subarray(d * width, (d + 1) * width).map((weight) => stock * weight);
    writer.moveOwn(d, weights, [[dim, tidy(amplitude / stock)]]);
  }
}

function previousOf({ previous }: Detector): Content {
  return { kind: 'moved', head: previous };
}

/** The constant, but for the sink, where the flag cancels it. */
function movePresence(writer: HeadWriter, feature: Block): void {
  const { model, stock } = writer;
  const constant = needBlock(model, 'constant');
  const flag = findBlock(model, 'flag');
  const weight = (stock * writer.rms('typical')) / constant.amplitude;
  const reads: [number, number][] = [[constant.dims[0] as number, tidy(weight)]];
  if (flag !== null) reads.push([flag.dims[0] as number, -tidy((weight * constant.amplitude) / flag.amplitude)]);
  writer.move(0, reads, [[feature.dims[0] as number, tidy(feature.amplitude / stock)]]);
}

function moveNumber(writer: HeadWriter, head: MeanHead, feature: Block | null): void {
  const { model, stock } = writer;
  const values = needBlock(model, 'values', head.key);
  if (feature === null) throw new Error('a mean that nothing holds');
  const weight = tidy((stock * writer.rms('typical')) / values.amplitude);
  writer.move(0, [[values.dims[0] as number, weight]], [[feature.dims[0] as number, tidy(feature.amplitude / stock)]]);
}
