/**
 * One row of a weight matrix as a function of what the stream holds: every non-zero weight counts, whoever it belongs to. For each
 * producer the row reads there is a number by value; the rest are constants and bounds.
 */
import { floatAt, numberAt } from '../../tensor/number-at.ts';
import type { NormView } from './norm.ts';
import { type Range, SAFETY, sumError, UNDERFLOW, UNIT } from './rounding.ts';
import { noiseOf, type Producer, type Stream, type Touches, touchesOf } from './stream.ts';

/** What a row reads from one producer, by value. */
export interface FormPart {
  readonly producer: Producer;
  readonly center: Float64Array;
  readonly radius: Float64Array;
  /** Sums of absolute terms. */
  readonly absolute: Float64Array;
}

export interface Form {
  /** Weights by dimension of the stream, the norm's factors included. */
  readonly weights: ReadonlyMap<number, number>;
  /** Read from constants of the stream, so that the norm scales it. */
  readonly constant: number;
  /** Biases. */
  readonly offset: number;
  readonly parts: readonly FormPart[];
  /** The stream's noise in what it reads. */
  readonly noise: number;
  /** How often it reads each error of a mean, in the order of {@link FormReader.meanBounds}. At one position every row reads the same errors. */
  readonly means: Float64Array;
  /** Of everything that does not go by value: `noise`, and what errors of means leave. */
  readonly slack: number;
  /** Absolute terms that do not go by value. */
  readonly absolute: number;
  /** How many terms of the sum are large, how many are not, and the sum of those. */
  readonly large: number;
  readonly tiny: number;
  readonly tinyCount: number;
  /** Roundings of each number that it reads, and of its product. */
  readonly roundings: number;
  readonly products: number;
  readonly scale: number;
  /** Its own rounding besides, where the model is turned. */
  readonly turning: number;
  /** The number at BOS, and what of its error is not inherited from what it reads: by the norm's scale and by rounding. */
  readonly bos: Approximate & { readonly scaling: number; readonly rounding: number };
}

export interface Approximate {
  readonly center: number;
  readonly radius: number;
}

/** A term is large if it may be more than this part of the largest. */
const TINY = 2 ** -18;

/** What a form reads from one constant dimension of the stream: its weight, the constant's size, and by how much it may be off as it is read. */
export interface ReadConstant {
  readonly dim: number;
  readonly weight: number;
  readonly size: number;
  readonly noise: number;
}

/** Terms at the end of a sum: each costs a rounding of the whole sum, and all of them together of `apart`. */
export interface Ending {
  readonly count: number;
  readonly apart: number;
}

/** Rows that are turned together, as they are read, and their biases: their lengths. */
export interface TurnedBlock {
  readonly length: number;
  readonly biasLength: number;
}

export class FormReader {
  readonly #stream: Stream;
  readonly #view: NormView;
  readonly #touches: Touches;
  readonly #noise: Float64Array;
  /** The largest errors of means: of those that norms on the stream have left, and of the mean that is taken off before reading. */
  readonly meanBounds: readonly number[];

  constructor(stream: Stream, view: NormView) {
    this.#stream = stream;
    this.#view = view;
    this.#touches = touchesOf(stream);
    this.#noise = noiseOf(stream);
    this.meanBounds = [...stream.shared.map(({ bound }) => bound), view.mean];
  }

  /** Rows with the same key read the same from everything but constants. */
  varyingKey(row: ArrayLike<number>): string {
    const entries: string[] = [];
    for (let dim = 0; dim < this.#stream.width; dim++) if (row[dim] !== 0 && !this.#isConstant(dim)) entries.push(`${dim}:${row[dim]}`);
    return entries.join(' ');
  }

  constantsOf({ weights }: Form): ReadConstant[] {
    return [...weights].flatMap(([dim, weight]) => {
      if (!this.#isConstant(dim)) return [];
      const size = Math.abs(floatAt(this.#stream.constant, dim));
      return [{ dim, weight, size, noise: floatAt(this.#noise, dim) + this.#view.roundings * UNIT * size }];
    });
  }

  /**
   * What a row reads behind everything that is not constant, as a sum from the first dimension to the last comes to it; null where something that
   * is not constant comes later.
   */
  endingOf(row: ArrayLike<number>, form: Form): Ending | null {
    const constants = this.constantsOf(form).sort((a, b) => a.dim - b.dim);
    const from = constants[0]?.dim ?? this.#stream.width;
    if ([...form.weights.keys()].some((dim) => dim > from && !this.#isConstant(dim))) return null;
    let [later, products] = [0, 0];
    for (const [place, { dim, weight, size, noise }] of constants.entries()) {
      const product = Math.abs(weight) * (size + noise);
      // what is there once this is added is the whole less what is still to come
      later += place * product;
      if (!isPowerOfTwo(numberAt(row, dim))) products += product;
    }
    return { count: constants.length, apart: SAFETY * (later + products) };
  }

  #isConstant(dim: number): boolean {
    return this.#stream.constant[dim] !== 0 && this.#touches[dim]?.length === 0;
  }

  /** The length of a block of rows as they are read. */
  lengthOf(rows: ArrayLike<number>): number {
    const { factor } = this.#view;
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += (numberAt(rows, i) * numberAt(factor, i % factor.length)) ** 2;
    return Math.sqrt(sum);
  }

  /**
   * @param row weights by dimension of the stream
   * @param block the rows and biases that are turned with it; itself alone where there are none
   */
  read(row: ArrayLike<number>, bias: number, block: TurnedBlock | null = null): Form {
    const { constant: constants, noise, producers, shared, width } = this.#stream;
    const { factor, bias: normBias, mean, roundings, scale, underflow, turning: perLength } = this.#view;
    const { length = this.lengthOf(row), biasLength = Math.abs(bias) } = perLength === 0 ? { length: 0, biasLength: 0 } : (block ?? {});
    const turning = SAFETY * (perLength * length + (perLength === 0 ? 0 : 2 * UNIT * biasLength));
    const entries: { readonly dim: number; readonly weight: number }[] = [];
    let [offset, underflown] = [bias, 0];
    for (let dim = 0; dim < width; dim++) {
      const w = numberAt(row, dim);
      if (w === 0) continue;
      entries.push({ dim, weight: w * floatAt(factor, dim) });
      underflown += Math.abs(w) * floatAt(underflow, dim);
      if (normBias !== null) offset += w * floatAt(normBias, dim);
    }
    let [constant, off, absolute] = [0, underflown, Math.abs(offset)];
    const means = new Float64Array(this.meanBounds.length);
    const byProducer = new Map<number, { at: number; weight: number }[]>();
    const fixed: number[] = offset === 0 ? [] : [Math.abs(offset)];
    for (const { dim, weight } of entries) {
      const own = weight * floatAt(constants, dim);
      constant += own;
      off += Math.abs(weight) * floatAt(noise, dim);
      for (const [i, { coefficients }] of shared.entries()) means[i] = floatAt(means, i) + weight * floatAt(coefficients, dim);
      means[shared.length] = floatAt(means, shared.length) + weight;
      const still = Math.abs(own) + Math.abs(weight) * (mean + floatAt(this.#noise, dim));
      absolute += still;
      fixed.push(still);
      for (const { producer, at } of this.#touches[dim] ?? []) {
        const known = byProducer.get(producer);
        if (known === undefined) byProducer.set(producer, [{ at, weight }]);
        else known.push({ at, weight });
      }
    }
    const slack = means.reduce((total, often, i) => total + Math.abs(often) * numberAt(this.meanBounds, i), off);
    const terms = [...byProducer].map(([index, reads]) => ({ producer: producers[index] as Producer, reads }));
    const threshold = TINY * Math.max(0, ...fixed, ...terms.map((t) => largestTerm(t.producer, t.reads)));
    let large = fixed.filter((x) => x > threshold).length;
    let tiny = fixed.reduce((total, x) => (x > threshold ? total : total + x), 0);
    let tinyCount = fixed.length - large;
    let bosLarge = large;
    let bos = constant;
    let bosRadius = 0;
    let bosAbsolute = absolute;
    const parts = terms.map(({ producer, reads }) => {
      const part = partOf(producer, reads, threshold);
      large += part.large;
      tiny += part.tiny;
      tinyCount += reads.length;
      for (const { at, weight } of reads) {
        const x = weight * floatAt(producer.bosCenter, at);
        const radius = Math.abs(weight) * floatAt(producer.bosRadius, at);
        bos += x;
        bosRadius += radius;
        bosAbsolute += Math.abs(x) + radius;
        if (Math.abs(x) + radius > threshold) bosLarge++;
      }
      return part.part;
    });
    const { bos: ratio, bosScale } = this.#view;
    const scaling = SAFETY * ratio * bosScale * (Math.abs(bos) + bosRadius);
    const products = entries.every(({ dim }) => isPowerOfTwo(numberAt(row, dim))) ? 0 : 1;
    const bosTerms = { total: Math.max(1, ratio) * bosAbsolute, large: bosLarge, tiny, tinyCount };
    const bosCenter = ratio * bos + offset;
    const rounding = SAFETY * (UNIT * (roundings + products) * bosTerms.total + sumError(bosTerms, Math.abs(bosCenter)) + turning);
    return {
      weights: new Map(entries.map(({ dim, weight }) => [dim, weight])),
      constant,
      offset,
      parts,
      noise: off,
      means,
      slack,
      absolute,
      large,
      tiny,
      tinyCount,
      roundings,
      products,
      scale,
      turning,
      bos: { center: bosCenter, radius: SAFETY * (ratio * (bosRadius + slack) + scaling + rounding), scaling, rounding },
    };
  }
}

function largestTerm({ count, dims, center, radius }: Producer, reads: readonly { at: number; weight: number }[]): number {
  let largest = 0;
  for (const { at, weight } of reads) {
    for (let value = 0; value < count; value++) {
      const i = value * dims.length + at;
      largest = Math.max(largest, Math.abs(weight) * (Math.abs(floatAt(center, i)) + floatAt(radius, i)));
    }
  }
  return largest;
}

function partOf(
  producer: Producer,
  reads: readonly { at: number; weight: number }[],
  threshold: number,
): { part: FormPart; large: number; tiny: number } {
  const { count, dims } = producer;
  const part = { producer, center: new Float64Array(count), radius: new Float64Array(count), absolute: new Float64Array(count) };
  let [large, tiny] = [0, 0];
  for (let value = 0; value < count; value++) {
    let [sum, off, total, own, rest] = [0, 0, 0, 0, 0];
    for (const { at, weight } of reads) {
      const i = value * dims.length + at;
      const x = weight * floatAt(producer.center, i);
      const r = Math.abs(weight) * floatAt(producer.radius, i);
      sum += x;
      off += r;
      total += Math.abs(x) + r;
      if (Math.abs(x) + r > threshold) own++;
      else rest += Math.abs(x) + r;
    }
    part.center[value] = sum;
    part.radius[value] = off;
    part.absolute[value] = total;
    large = Math.max(large, own);
    tiny = Math.max(tiny, rest);
  }
  return { part, large, tiny };
}

/** A number that a form has, its error by cause. */
export interface Read extends Approximate {
  /** Read from what the norm scales. */
  readonly scaled: number;
  /** What it reads may be off by this, but for errors of means. */
  readonly inherited: number;
  /** The row's own rounding. */
  readonly rounding: number;
}

/** What a form's parts add up to: their middle, how far off they are, and their absolute terms. */
export interface PartSums {
  readonly center: number;
  readonly off: number;
  readonly absolute: number;
}

export function sumParts(parts: readonly FormPart[], valueAt: (part: FormPart, index: number) => number): PartSums {
  let [center, off, absolute] = [0, 0, 0];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as FormPart;
    const value = valueAt(part, index);
    center += floatAt(part.center, value);
    off += floatAt(part.radius, value);
    absolute += floatAt(part.absolute, value);
  }
  return { center, off, absolute };
}

/** The number that a form has, where each part has the value that `valueAt` says. */
export function formAt(form: Form, valueAt: (part: FormPart, index: number) => number): Read {
  return formOf(form, sumParts(form.parts, valueAt));
}

/** The number that a form has, where its parts add up to this. */
export function formOf(form: Form, sums: PartSums): Read {
  const scaled = form.constant + sums.center;
  const off = form.noise + sums.off;
  const absolute = form.absolute + sums.absolute;
  const inherited = SAFETY * (off + form.roundings * UNIT * absolute);
  const all = inherited + SAFETY * (form.slack - form.noise);
  const center = scaled + form.offset;
  const rounding = formRounding(form, absolute, Math.abs(center) + all);
  return { center, scaled, inherited, rounding, radius: SAFETY * (all + rounding + form.scale * (Math.abs(scaled) + all)) };
}

/** A form at some positions: how far off it is, but for what it reads, by the norm's scale and by rounding; and bounds of its absolute number. */
export interface Reading {
  readonly scaling: number;
  readonly rounding: number;
  readonly least: number;
  readonly most: number;
}

/** At BOS; and by value where the form reads one producer, else wherever. */
export function readingsOf(form: Form): Reading[] {
  const at = (scaled: number, radius: number, absolute: number): Reading => {
    const center = Math.abs(scaled + form.offset);
    const rounding = SAFETY * (form.roundings * UNIT * absolute + formRounding(form, absolute, center + radius));
    const scaling = SAFETY * form.scale * (Math.abs(scaled) + radius);
    return { scaling, rounding, least: Math.max(0, center - radius), most: center + radius };
  };
  const { center, radius, scaling, rounding } = form.bos;
  const bos = { scaling, rounding, least: Math.max(0, Math.abs(center) - radius), most: Math.abs(center) + radius };
  const [only, ...others] = form.parts;
  if (only === undefined || others.length > 0) {
    const { low, high } = keyRange(form);
    return [bos, { ...at(Math.max(Math.abs(low), Math.abs(high)), 0, largestAbsolute(form)), least: 0 }];
  }
  const values = Array.from(only.center, (x, value) =>
    at(form.constant + x, form.slack + floatAt(only.radius, value), form.absolute + floatAt(only.absolute, value)),
  );
  return [bos, ...values];
}

/** The rounding of a row's products and of their sum. */
function formRounding({ large, tiny, tinyCount, products, turning }: Form, absolute: number, result: number): number {
  return turning + products * UNIT * absolute + sumError({ total: absolute, large, tiny, tinyCount }, result);
}

/** The rounding of what is read and of the row, for each unit of absolute terms; tiny terms left out. */
export function roundingPerUnit(form: Form): number {
  return UNIT * form.roundings + formRounding({ ...form, tiny: 0, tinyCount: 0, turning: 0 }, 1, 1);
}

/** The rounding that tiny terms add, and that of turned rows. */
export function roundingOfTiny(form: Form): number {
  const underflow = UNDERFLOW * (form.large + form.tinyCount);
  return SAFETY * (form.turning + Math.min(1.001 * form.tiny, UNIT * form.tinyCount * largestAbsolute(form)) + underflow);
}

/** The rounding of the row's own products and sum, which rows that read the same do not share. */
export function ownRounding(form: Form): number {
  const absolute = largestAbsolute(form);
  return formRounding(form, absolute, absolute);
}

/** At least the `rounding` of {@link formAt}, whatever the values. */
export function mostRounding(form: Form): number {
  return formRounding(form, largestAbsolute(form), Number.POSITIVE_INFINITY);
}

function largestAbsolute({ absolute, parts }: Form): number {
  return parts.reduce((total, part) => total + part.absolute.reduce((most, x) => Math.max(most, x), 0), absolute);
}

/** Bounds of a form at every position but BOS's. */
export function keyRange(form: Form): Range {
  let [low, high] = [form.constant - form.slack, form.constant + form.slack];
  for (const { center, radius } of form.parts) {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let value = 0; value < center.length; value++) {
      least = Math.min(least, floatAt(center, value) - floatAt(radius, value));
      most = Math.max(most, floatAt(center, value) + floatAt(radius, value));
    }
    low += least;
    high += most;
  }
  const error = form.scale * Math.max(Math.abs(low), Math.abs(high)) + roundingPerUnit(form) * largestAbsolute(form) + roundingOfTiny(form);
  return { low: low - error + form.offset, high: high + error + form.offset };
}

/** Bounds of a form at any position, BOS included. */
export function formRange(form: Form): Range {
  const { low, high } = keyRange(form);
  const { center, radius } = form.bos;
  return { low: Math.min(low, center - radius), high: Math.max(high, center + radius) };
}

function isPowerOfTwo(x: number): boolean {
  return Number.isInteger(Math.log2(Math.abs(x)));
}
