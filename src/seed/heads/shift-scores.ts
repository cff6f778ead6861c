/** A head that looks a number of positions back: by a table of positions, or by how pairs of its dimensions turn. */
import { positionCode } from '../../codes/position-code.ts';
import { type DistanceGain, distanceGain } from '../../placement/distance-gain.ts';
import type { HeadLayout } from '../../placement/head-layout.ts';
import { positionsOf } from '../../targets/model-config.ts';
import { tidy } from '../draw/tidy.ts';
import type { ShiftHead } from '../program/seed-program.ts';
import type { HeadWriter } from './head-writer.ts';
import { capped } from './norms/cap.ts';
import { distanceMargin, leakageOf, NO_SCORES, type Scores, scaleLimit } from './score-frame.ts';
import { findBlock, needBlock } from './seeded-model.ts';

/** Behind norms: the part of its attention that a head that looks for a distance may lose, and the least margin that is tried for it. */
const ASTRAY = 0.003;
const LEAST_MARGIN = 4;
/** Pairs that such a head uses at most, of those that turn fastest, and those that it leaves. */
const MOST_PAIRS = 16;
const SPARE_PAIRS = 2;

/** The position code, turned back by the distance, meets the code of the position there. */
export function shiftByTable(writer: HeadWriter, head: ShiftHead): Scores {
  const { model } = writer;
  const { dims, amplitude } = needBlock(model, 'positions');
  const positions = positionsOf(model.config);
  const { context } = model.options;
  const code = positionCode(positions, dims.length);
  const margin = distanceMargin(model);
  const gain = margin / (1 - code.lobe);
  // the code's vector has length 1 there and amplitude·√dims here
  const weight = tidy(Math.sqrt(gain * writer.scoreRoot) * (writer.rms('typical') / (amplitude * Math.sqrt(dims.length))));
  for (let pair = 0; pair < dims.length; pair += 2) {
    const angle = turnOf(code.dimensions[pair] as Float64Array, code.dimensions[pair + 1] as Float64Array, head.by);
    const [x, y] = [dims[pair] as number, dims[pair + 1] as number];
    writer.compare(pair, {
      query: [
        [x, tidy(weight * angle.cosine)],
        [y, tidy(weight * angle.sine)],
      ],
      key: [[x, weight]],
    });
    writer.compare(pair + 1, {
      query: [
        [x, tidy(-weight * angle.sine)],
        [y, tidy(weight * angle.cosine)],
      ],
      key: [[y, weight]],
    });
  }
  const at = (factor: number): number => leakageOf(gain * factor, code.lobe, context);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: scaleLimit(at), compares: dims.length };
}

/** Cosine and sine of the angle by which a pair turns in `by` positions: entry 0 of the code is (amplitude, 0). */
function turnOf(cosines: Float64Array, sines: Float64Array, by: number): { cosine: number; sine: number } {
  const amplitude = cosines[0] as number;
  const at = by % cosines.length;
  return { cosine: (cosines[at] as number) / amplitude, sine: (sines[at] as number) / amplitude };
}

/** Turning pairs recognize the distance between two constants. */
export function shiftByRotation(writer: HeadWriter, head: ShiftHead): Scores {
  const { model } = writer;
  // what the norm of the first layer divides by is known of every token
  const constant = writer.isFirst ? (findBlock(model, 'even') ?? needBlock(model, 'constant')) : needBlock(model, 'constant');
  const [dim] = constant.dims as [number];
  const { context } = model.options;
  const { gain, terms, margin } = distanceScores(writer, head);
  const flag = findBlock(model, 'flag');
  const unit = (writer.rms('typical') / constant.amplitude) * Math.sqrt(writer.scoreRoot);
  let compares = 0;
  for (const { pair, cosine, sine } of terms) {
    const strength = Math.sqrt(Math.sqrt(cosine * cosine + sine * sine));
    if (strength === 0) continue;
    const scale = unit / strength;
    writer.query(pair.first, [[dim, tidy(cosine * scale)]]);
    writer.query(pair.second, [[dim, tidy(sine * scale)]]);
    const key: [number, number][] = [[dim, tidy(strength * unit)]];
    // the first position is as far away as it is, however long its key
    if (flag !== null && writer.evened > 1)
      key.push([flag.dims[0] as number, tidy((strength * unit * (writer.evened - 1) * constant.amplitude) / flag.amplitude)]);
    writer.key(pair.first, key);
    compares += 2;
  }
  const { scoreCap: cap } = model.config.numbers;
  const lobe = 1 - margin / gain;
  if (writer.isNormed) {
    writer.settleNorms(gain);
    return { ...NO_SCORES, margin, leakage: astrayOf({ gain, terms }, head.by, context, cap), compares };
  }
  const at = (factor: number): number =>
    cap === null && !writer.isJoint
      ? leakageOf(gain * factor, lobe, context)
      : astrayOf(louder({ gain, terms }, factor), head.by, context, cap);
  // nothing of the stream's scale is in a score where the norm of all queries has a length of its own
  const limit = writer.isJoint ? Number.POSITIVE_INFINITY : scaleLimit(at);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: limit, compares };
}

function louder({ gain, terms }: DistanceGain, factor: number): DistanceGain {
  const all = terms.map(({ pair, cosine, sine }) => ({ pair, cosine: factor * cosine, sine: factor * sine }));
  return { gain: gain * factor, terms: all };
}

/**
 * How strongly each pair tells the distance. Behind norms of queries and keys a score is a share of the gains of its layer, so it is no larger than it
 * has to be: what all distances together take is counted, not bounded by the nearest. So it is where scores are capped.
 */
function distanceScores(writer: HeadWriter, head: ShiftHead): DistanceGain & { readonly margin: number } {
  const { options, config } = writer.model;
  const { space } = writer;
  const { context } = options;
  const cap = config.numbers.scoreCap;
  const most = distanceMargin(writer.model);
  const scores = (pairs: HeadLayout['pairs'], margin: number) => ({
    ...distanceGain({ content: [], pairs }, { offset: head.by, gap: margin }, context),
    margin,
  });
  if (!writer.isNormed && !writer.isJoint && cap === null) return scores([...space.pairs], most);
  // the slowest pairs tell no distance, and are left to the constant that every key has
  const pairs = space.pairs.slice(0, Math.max(1, Math.min(space.pairs.length - SPARE_PAIRS, MOST_PAIRS)));
  for (let margin = LEAST_MARGIN; margin < most; margin += 0.25) {
    const found = scores(pairs, margin);
    if (astrayOf(found, head.by, context, cap) <= ASTRAY) return found;
  }
  return scores(pairs, most);
}

/** Softmax weight of all distances but one, from all that there are. */
function astrayOf({ gain, terms }: DistanceGain, offset: number, context: number, cap: number | null): number {
  const top = capped(gain, cap);
  let lost = 0;
  for (let distance = 0; distance < context; distance++) {
    if (distance === offset) continue;
    const score = terms.reduce(
      (sum, { pair, cosine, sine }) => sum + Math.hypot(cosine, sine) * Math.cos(pair.frequency * (distance - offset)),
      0,
    );
    lost += Math.exp(capped(score, cap) - top);
  }
  return lost / (1 + lost);
}
