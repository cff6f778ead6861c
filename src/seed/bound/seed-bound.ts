/**
 * How far the scale of the stream may move, at every place where a compiled circuit reads it, before one of its features could be wrong: for
 * every input, as long as nobody else writes into the reserved dimensions. Numbers are followed as what they should be, times a factor within
 * [a, b], give or take e.
 */
import type { Component, Form, Head, NeuronGroup, Register, Step } from '../../circuit/circuit.ts';
import { featureOf, formAtBos } from '../../circuit/form.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { SeedFeature } from '../discipline/export-features.ts';
import type { CompiledSeed } from '../host/compile-seed.ts';
import { stepShape } from '../host/weights/write-neurons.ts';

/** What is known of one feature at any position, as a form reads it. */
interface Known {
  /** Bounds of the number that it should be. */
  readonly low: number;
  readonly high: number;
  readonly a: number;
  readonly b: number;
  readonly e: number;
  /** And give or take so many shares of one position: what grows and falls with what a count is compared with. */
  readonly shares: number;
}

/** The same of a form; `up` and `down` are the largest sums of inexact terms above and below zero. */
interface KnownForm extends Known {
  readonly up: number;
  readonly down: number;
  readonly isOneSided: boolean;
}

export interface FeatureBound {
  readonly name: string;
  /** The stream may be so many times as loud as it was measured, or as quiet, at each place and position by itself; null: there is no bound. */
  readonly scale: number | null;
  /** By how much the right value leads every other one then, of 1. */
  readonly margin: number;
  /** Why there is no bound. */
  readonly why: string | null;
}

/** By which part of itself a weight may be off: of twelve bits that are decided, and of what is stored. */
const ROUNDED: Readonly<Record<Dtype, number>> = { f32: 2 ** -11, f16: 2 ** -10, bf16: 2 ** -8 };
/** A feature has to keep so much of its lead. */
export const LEAST_MARGIN = 0.25;
/** Factors that are tried, the largest first. */
const SCALES = [4, 3, 2.5, 2, 1.75, 1.5, 1.35, 1.25, 1.2, 1.15, 1.12, 1.1, 1.08, 1.06, 1.05, 1.04, 1.03, 1.02, 1.015, 1.01, 1.005];

class NoBound extends Error {}

/** The bound of every feature of a seed. */
export function seedBounds(seed: BoundedSeed, dtype: Dtype): FeatureBound[] {
  return seed.parts.flatMap(({ features }) => features.map((feature) => boundOf(seed, feature, ROUNDED[dtype])));
}

/** What a bound follows from. */
export type BoundedSeed = Pick<CompiledSeed, 'parts' | 'placed' | 'scales'>;

function boundOf(seed: BoundedSeed, feature: SeedFeature, rounding: number): FeatureBound {
  const { name } = feature;
  let why: string | null = null;
  for (const scale of SCALES) {
    try {
      const margin = new Follower(seed, scale, rounding).margin(feature);
      if (margin >= LEAST_MARGIN) return { name, scale, margin, why: null };
      why = `its lead is not kept where the scale moves by ${percent(SCALES.at(-1) as number)}`;
    } catch (error) {
      if (!(error instanceof NoBound)) throw error;
      why = error.message;
    }
  }
  return { name, scale: null, margin: 0, why };
}

function percent(scale: number): string {
  return `${(100 * (scale - 1)).toFixed(1)}%`;
}

interface Writers {
  readonly heads: readonly { readonly head: Head; readonly form: Form; readonly weight: number }[];
  readonly steps: readonly { readonly step: Step; readonly weight: number }[];
  readonly base: number;
}

/** Follows one factor through a circuit. */
class Follower {
  readonly #seed: BoundedSeed;
  readonly #rounding: number;
  readonly #scale: number;
  readonly #embedded: ReadonlyMap<Register, 'token' | 'index' | 'bos'>;
  readonly #known = new Map<string, Known>();
  /** How much of a token's own dimensions is heard at the first position, beside its flag. */
  readonly #atFirst: number;

  constructor(seed: BoundedSeed, scale: number, rounding: number) {
    this.#seed = seed;
    this.#rounding = rounding;
    this.#scale = scale;
    this.#embedded = new Map(seed.placed.circuit.embeddings.map(({ register, source }) => [register, source]));
    const places = [...seed.scales.attention, ...seed.scales.mlp];
    this.#atFirst = scale ** 2 * Math.max(0, ...places.map(({ first, typical }) => typical / first));
  }

  margin({ code }: SeedFeature): number {
    if (code.kind === 'token') throw new NoBound('it is any of all tokens, by a code that is heard as loud as the others');
    if (code.kind === 'numeric') throw new NoBound('it is a quotient of means over positions, each of its own scale');
    const forms = code.forms.map((form) => this.#form(form));
    const offs = forms.map(({ e, shares }) => e + shares);
    return Math.min(...forms.map(({ a }, v) => a - (offs[v] as number))) - Math.max(0, ...offs);
  }

  #form({ constant, terms }: Form): KnownForm {
    const byRegister = new Map<Register, { up: number; down: number; inUp: number; inDown: number }>();
    let [a, b, e, shares] = [1, 1, 0, 0];
    for (const term of terms) {
      const known = this.#feature(term.register, term.feature);
      const ends = [term.weight * known.low, term.weight * known.high];
      const [up, down] = [Math.max(0, ...ends), Math.max(0, ...ends.map((end) => -end))];
      const isExact = known.a === 1 && known.b === 1;
      const own = { up, down, inUp: isExact ? 0 : up, inDown: isExact ? 0 : down };
      const before = byRegister.get(term.register);
      // of the values of one s-op there is one at a time; numbers of the position are what they are together
      const join = this.#isExclusive(term.register) ? Math.max : (x: number, y: number) => x + y;
      byRegister.set(
        term.register,
        before === undefined
          ? own
          : {
              up: join(before.up, own.up),
              down: join(before.down, own.down),
              inUp: join(before.inUp, own.inUp),
              inDown: join(before.inDown, own.inDown),
            },
      );
      [a, b] = [Math.min(a, known.a), Math.max(b, known.b)];
      e += Math.abs(term.weight) * known.e;
      shares += Math.abs(term.weight) * known.shares;
    }
    const sums = [...byRegister.values()];
    const total = (of: 'up' | 'down' | 'inUp' | 'inDown') => sums.reduce((sum, each) => sum + each[of], 0);
    const [up, down] = [total('up'), total('down')];
    const low = constant - down;
    const high = constant + up;
    return {
      low,
      high,
      a,
      b,
      e: e + this.#rounding * (Math.abs(constant) + up + down),
      shares,
      up: total('inUp'),
      down: total('inDown'),
      isOneSided: constant === 0 && (up === 0 || down === 0),
    };
  }

  #isExclusive(register: Register): boolean {
    return this.#embedded.get(register) !== 'index';
  }

  #feature(register: Register, feature: number): Known {
    const key = `${register.id}.${feature}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#embedded.has(register) ? this.#fromEmbedding(register, feature) : this.#written(register, feature);
    this.#known.set(key, found);
    return found;
  }

  /** Beyond the first position, where all that is read is the flag. */
  #fromEmbedding(register: Register, feature: number): Known {
    const all = featureOf({ register, feature }).levels ?? [0, 1];
    return { low: Math.min(...all), high: Math.max(...all), a: 1, b: 1, e: 0, shares: 0 };
  }

  #written(register: Register, feature: number): Known {
    const { heads, steps, base } = writersOf(this.#seed.placed.circuit.components, register, feature);
    if (heads.length > 0 && steps.length + Math.abs(base) > 0) throw new NoBound('heads and neurons write it together');
    if (heads.length === 0) return this.#fromSteps(steps);
    if (heads.length > 1) throw new NoBound('several heads write it');
    const [{ head, form, weight }] = heads as [Writers['heads'][number]];
    const moved = head.semantics.kind === 'mean' ? this.#mean(form) : this.#copied(head, form);
    return {
      ...moved,
      low: Math.min(weight * moved.low, weight * moved.high),
      high: Math.max(weight * moved.low, weight * moved.high),
      e: Math.abs(weight) * moved.e,
    };
  }

  /** A mean of equal scores: each key is as loud as it is, and of the token at the first position a share of one is heard. */
  #mean(form: Form): Known {
    const own = this.#form(form);
    const scale = this.#scale;
    const atFirst = formAtBos(form);
    return {
      low: Math.min(atFirst, own.low),
      high: Math.max(atFirst, own.high),
      a: own.a / scale,
      b: own.b * scale,
      e: scale * (own.e + own.shares),
      shares: this.#heardAtFirst(own),
    };
  }

  /** Where a position table says which is first, a token stands there all the same. */
  #heardAtFirst({ low, high }: KnownForm): number {
    const isHeard = this.#seed.placed.host.config.traits.positions.kind === 'learned';
    return isHeard ? this.#atFirst * Math.max(Math.abs(low), Math.abs(high)) : 0;
  }

  /** One key, or the first position where there is none: what goes astray follows from the least gaps of scores. */
  #copied(head: Head, form: Form): Known {
    const own = this.#form(form);
    const astray = this.#astray(head);
    const scale = this.#scale;
    const atFirst = formAtBos(form);
    const [low, high] = [Math.min(atFirst, own.low), Math.max(atFirst, own.high)];
    const range = Math.max(high, 0) - Math.min(low, 0);
    return {
      low,
      high,
      a: own.a / scale,
      b: own.b * scale,
      e: scale * (own.e + own.shares + this.#heardAtFirst(own) + own.b * range * astray),
      shares: 0,
    };
  }

  #astray({ scores, bos, recency, semantics: { selected, gap } }: Head): number {
    const isSlope = scores.some(
      ({ query, key }) => query.terms.length === 0 && key.terms.some(({ register }) => this.#embedded.get(register) === 'index'),
    );
    if (recency !== undefined || isSlope)
      throw new NoBound('the last of several keys is found by a slope of scores, which each key hears at its own scale');
    const scale = this.#scale;
    let inexact = 0;
    let heard = 1;
    for (const { query, key } of scores) {
      const [q, k] = [this.#form(query), this.#form(key)];
      const [largest, keyLargest] = [Math.max(Math.abs(q.low), Math.abs(q.high)), Math.max(Math.abs(k.low), Math.abs(k.high))];
      inexact += q.e * k.b * keyLargest + k.e * q.b * largest + q.e * k.e;
      heard = Math.min(heard, q.a * k.a);
    }
    // scores of a key as they are heard: by how much its position is louder or quieter than measured
    const least = (score: number) => Math.min(score / scale, score * scale);
    const most = (score: number) => Math.max(score / scale, score * scale);
    // all other keys lie so far below the first position, and it below what is selected
    const other = selected + heard * (-3 * gap);
    const context = this.#seed.placed.context;
    const off = 2 * inexact * scale ** 2;
    const lead = (above: number, below: number) => (least(above) - most(below)) / scale - off;
    const gaps = { overFirst: lead(selected, bos.score), overOthers: lead(selected, other), firstOverOthers: lead(bos.score, other) };
    return Math.max(Math.exp(-gaps.overFirst) + context * Math.exp(-gaps.overOthers), context * Math.exp(-gaps.firstOverOthers));
  }

  /** 0 or 1 for each step; where neurons have no biases, times the square of what the scale moved by. */
  #fromSteps(steps: Writers['steps']): Known {
    const { offset, reach, isBiased, tail } = stepShape(this.#seed.placed.host.config);
    const scale = this.#scale;
    let e = 0;
    for (const { step, weight } of steps) {
      const { short, over } = this.#input(step);
      const half = (step.high - step.low) / 2;
      const saturated = (reach * (1 - Math.max(short, over) / half)) / scale - offset / (isBiased ? 1 : scale);
      if (saturated < 2)
        throw new NoBound(`\`${step.writes[0]?.register.name ?? 'a step'}\` compares numbers that the scale may move past each other`);
      e += (Math.abs(weight) * tail(saturated)) / offset;
    }
    const [a, b] = isBiased ? [1, 1] : [scale ** -2, scale ** 2];
    return { low: 0, high: 1, a, b, e: e * b, shares: 0 };
  }

  /** How far the input of a step may fall short of `high`, and how far it may come over `low`. */
  #input({ input, low, high }: Step): { short: number; over: number } {
    const form = this.#form(input);
    const { a, b, up, down, isOneSided } = form;
    // a count is compared in shares of one position, and `low` and `high` are what those are at the last
    const e = form.e + form.shares / (this.#seed.placed.context + 1);
    // what should be zero is zero times something, and what should not is at least its least
    if (isOneSided && high === 0 && low < 0) return { short: e, over: -low * (1 - a) + e };
    if (isOneSided && low === 0 && high > 0) return { short: high * (1 - a) + e, over: e };
    return { short: (1 - a) * up + (b - 1) * down + e, over: (b - 1) * up + (1 - a) * down + e };
  }
}

function writersOf(components: readonly Component[], register: Register, feature: number): Writers {
  const isIt = (write: { readonly register: Register; readonly feature: number }) =>
    write.register === register && write.feature === feature;
  const heads = components.flatMap((head) =>
    head.kind === 'head' ? head.values.flatMap(({ form, write }) => (isIt(write) ? [{ head, form, weight: write.weight }] : [])) : [],
  );
  const groups = components.filter((each): each is NeuronGroup => each.kind === 'neurons');
  const steps = groups.flatMap((group) => group.steps.flatMap((step) => step.writes.filter(isIt).map(({ weight }) => ({ step, weight }))));
  const base = groups.flatMap((group) => group.base.filter(isIt)).reduce((sum, { weight }) => sum + weight, 0);
  return { heads, steps, base };
}
