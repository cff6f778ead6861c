/**
 * Bounds the errors of a model that computes in half precision: every operation's result is rounded to it, sums run in float32. Rounding is
 * monotone, so the codes of every register are followed as intervals, value by value, and are mostly points: what is within half a unit of
 * a number of the dtype is that number. The inequalities are in docs/half-precision.md.
 */

import type { Embedding, Form, Head, Ladder, NeuronGroup, Register, ScorePair, Step } from '../../circuit/circuit.ts';
import { distanceGain } from '../../placement/distance-gain.ts';
import { energyAt, type NormPlace, scaleError } from '../../placement/energy.ts';
import { headLayout } from '../../placement/head-layout.ts';
import type { Placement } from '../../placement/placement.ts';
import { FINEST_UNIT, ROUNDED_SATURATION, type StepShape, stepShape } from '../../placement/step-neurons.ts';
import { meanRounding, readsAlone } from '../../placement/step-reading.ts';
import { type RowOptions, storedForm } from '../../placement/stored-form.ts';
import { scoreRoot } from '../../targets/model-config.ts';
import type { Traits } from '../../targets/target.ts';
import { type Dtype, largestOf, unitOf } from '../../tensor/dtype.ts';
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import { type Certificate, type Decision, NUMERIC_TOLERANCE } from '../certificate.ts';
import { formRange } from '../form-range.ts';
import { termsByRegister } from '../register-errors.ts';
import { compareSides, groupByOperands, type ScoreError, type Side, sideErrorsOf } from '../score-error.ts';

import { add, distance, hull, type Interval, magnitude, point, round, scale, widen } from './interval.ts';
import { type Codes, energyGained, isDyadic, largestSum, SINGLE, UNIT } from './rounded-codes.ts';
import { type FormPart, type ReadForm, StepSum, withBos } from './rounded-forms.ts';
import { StepGrid } from './step-grid.ts';

/** What SiLU is off by beyond {@link ROUNDED_SATURATION}; GELU is off by less. */
const ACTIVATION_TAIL = 1e-4;

export function predictHalf(placement: Placement, traits: Traits, context: number): Certificate {
  return new HalfPrediction(placement, traits, context).run();
}

class HalfPrediction {
  readonly #placement: Placement;
  readonly #traits: Traits;
  readonly #context: number;
  readonly #dtype: Dtype;
  readonly #unit: number;
  readonly #codes = new Map<Register, Codes>();
  readonly #grid: StepGrid;
  readonly #decisions: Decision[] = [];
  /** Relative error of the norm's scale, and absolute error of its mean, as the sublayer at hand has them. */
  #scale = 0;
  #mean = 0;

  constructor(placement: Placement, traits: Traits, context: number) {
    this.#placement = placement;
    this.#traits = traits;
    this.#context = context;
    this.#dtype = placement.storage.computed;
    this.#unit = UNIT[this.#dtype];
    this.#grid = new StepGrid(this.#dtype, placement.circuit.bos, this.#codes);
  }

  run(): Certificate {
    const { circuit, layers } = this.#placement;
    for (const embedding of circuit.embeddings) this.#embedding(embedding);
    for (const [layer, { heads, groups }] of layers.entries()) {
      this.#enter({ layer, sublayer: 'attention' });
      const written = heads.flatMap(({ components }) => components.flatMap((head) => this.#head(head)));
      if (this.#traits.residual === 'sequential') this.#settle(written);
      this.#enter({ layer, sublayer: 'mlp' });
      for (const { group } of groups) this.#neurons(group);
      if (this.#traits.residual === 'parallel') this.#settle(written);
    }
    this.#enter({ layer: layers.length - 1, sublayer: 'output' });
    const errorBound = this.#readouts();
    const worst = this.#decisions.reduce<Decision | null>((w, d) => (w === null || marginOf(d) < marginOf(w) ? d : w), null);
    const worstMargin = worst === null ? 1 : marginOf(worst);
    return { holds: worstMargin > 0, worstMargin, errorBound, worst, sums: 'any-order', failures: [] };
  }

  #embedding({ register, source }: Embedding): void {
    const { storage } = this.#placement;
    const store = source === 'index' ? storage.weight : storage.embedding;
    // A scaled embedding is rounded once more, and so is the sum of tables.
    const written = (level: number) => round(this.#dtype, point(store(level)));
    const values = register.features[0]?.levels?.length ?? 0;
    const row = (value: number) => register.features.map((f) => written(value < 0 ? f.bos : (f.levels?.[value] ?? 0)));
    this.#codes.set(
      register,
      Array.from({ length: values + 1 }, (_, v) => row(v - 1)),
    );
  }

  /**
   * The norm's scale, and its mean: rounding unbalances the stream by at most a few units of what is written, and the float32 sum over
   * the anchors is off by its own rounding.
   */
  #enter(place: NormPlace): void {
    const { frame, sizes } = this.#placement;
    const gained = [...this.#codes].reduce((sum, [register, rows]) => sum + energyGained(register, rows), 0);
    const energy = energyAt(this.#placement, place);
    this.#scale =
      scaleError(this.#placement, { low: energy.low - gained, high: energy.high + gained }) + (Math.log2(sizes.width) / 2 + 5) * SINGLE;
    if (frame.balance === null) return;
    // A number and its negative round alike, and sums of small multiples of one unit do not: anything else unbalances the stream.
    const lost = [...this.#codes].map(([register, rows]) =>
      frame.ownBalance.has(register) || isDyadic(rows) ? 0 : 4 * this.#unit * largestSum(rows),
    );
    const unbalanced = lost.reduce((sum, x) => sum + x, 0) * (2 * place.layer + 2);
    const norms = this.#traits.normPlace === 'post' ? 2 * place.layer + 2 : 1;
    this.#mean = norms * (meanRounding(this.#placement) + unbalanced / sizes.width);
  }

  /**
   * A number of the stream as a sublayer reads it, behind the norm and beside its reference: both have the same mean m taken off, and
   * are rounded. Of x - m and -m that leaves x, but for at most m (x itself is a number near x - m), and for the units of both. Alone it is x - m,
   * rounded.
   */
  #normed(x: Interval, isAlone: boolean): Interval {
    const scaled = { low: x.low - Math.abs(x.low) * this.#scale, high: x.high + Math.abs(x.high) * this.#scale };
    if (isAlone) return round(this.#dtype, widen(scaled, this.#mean));
    if (x.low === 0 && x.high === 0) return x;
    const byMean = Math.min(this.#mean * (1 + 2 * this.#unit), this.#unit * (magnitude(x) + 2 * this.#mean));
    return widen(round(this.#dtype, scaled), byMean);
  }

  /** What the terms of one register add up to, by value, BOS first; in float32. */
  #partOf(register: Register, weights: readonly { readonly feature: number; readonly weight: number }[], isAlone: boolean): Interval[] {
    const rows = this.#codes.get(register);
    if (rows === undefined) throw new Error(`${register.name} is read before it is written`);
    return rows.map((row) => {
      let sum = point(0);
      let absolute = 0;
      for (const { feature, weight } of weights) {
        const x = scale(this.#normed(row[feature] as Interval, isAlone), weight);
        absolute += magnitude(x);
        sum = add(sum, x);
      }
      return widen(sum, SINGLE * (weights.length + 2) * absolute);
    });
  }

  /** A form's rows as stored: its registers' parts (by value, BOS first), and its constant with what the references add. */
  #read(form: Form, row: RowOptions): ReadForm {
    const stored = storedForm(this.#placement, form, row);
    const weightOf = new Map(stored.terms.map(({ term, weight }) => [term, weight]));
    const separate = [...termsByRegister(form)].map(
      ([register, terms]): FormPart => ({
        register,
        values: this.#partOf(
          register,
          terms.map((t) => ({ feature: t.feature, weight: numberOf(weightOf, t) })),
          row.isAlone ?? false,
        ),
        ideal: Array.from({ length: this.#codes.get(register)?.length ?? 0 }, (_, v) =>
          terms.reduce((sum, t) => {
            const f = register.features[t.feature];
            return sum + t.weight * row.scale * ((v === 0 ? f?.bos : f?.levels?.[v - 1]) ?? 0);
          }, 0),
        ),
        spread: Array.from({ length: this.#codes.get(register)?.length ?? 0 }, (_, v) =>
          terms.reduce((sum, t) => sum + Math.abs(t.weight) * row.scale * (register.features[t.feature]?.spread?.[v - 1] ?? 0), 0),
        ),
      }),
    );
    const parts = withBos(separate, this.#placement.circuit.bos);
    const constant = row.scale * form.constant + row.extra;
    const references = stored.meanLeft * this.#mean;
    return { parts, constant: widen(point(constant), Math.abs(stored.constant.left) + references + 2 * SINGLE * Math.abs(constant)) };
  }

  /** How far the sum can be off before it is rounded, beyond what is expected: for each register the worst of its values. */
  #deviation({ parts, constant }: ReadForm, idealConstant: number): number {
    return parts.reduce(
      (sum, { values, ideal, spread }) => sum + Math.max(0, ...values.map((x, v) => distance(x, numberAt(ideal, v)) - numberAt(spread, v))),
      distance(constant, idealConstant),
    );
  }

  /** How far a form can be off once it is rounded. */
  #formError(form: Form, hasBias: boolean): number {
    const read = this.#read(form, { scale: 1, extra: 0, hasBias });
    const [only] = read.parts;
    if (read.parts.length === 0) return distance(round(this.#dtype, read.constant), form.constant);
    if (read.parts.length === 1 && only !== undefined) {
      return Math.max(
        ...only.values.map((x, v) => distance(round(this.#dtype, add(x, read.constant)), numberAt(only.ideal, v) + form.constant)),
      );
    }
    const { low, high } = formRange(form);
    return this.#deviation(read, form.constant) + this.#unit * Math.max(Math.abs(low), Math.abs(high));
  }

  #head(head: Head): { register: Register; feature: number; code: (value: number) => Interval }[] {
    const { kind, gap, counts, bosWeight } = head.semantics;
    const { selected, any } = this.#scoreError(head);
    const leak =
      head.semantics.ladder === null
        ? (this.#context + 1) * Math.exp(-(gap - selected - any))
        : this.#leakOfLadder(head, head.semantics.ladder, any);
    return head.values.map(({ form, write }) => {
      const hasBias = this.#traits.biases.attentionInput;
      const range = formRange(form);
      const read = this.#formError(form, hasBias);
      const size = Math.max(Math.abs(range.low), Math.abs(range.high)) + read;
      const levels = write.register.features[write.feature]?.levels ?? null;
      const bos = write.register.features[write.feature]?.bos ?? 0;
      const code = (value: number): Interval => {
        const ideal = value < 0 ? bos : (levels?.[value] ?? 0);
        let mixed: Interval;
        if (kind === 'width' && counts !== null && value >= 0)
          mixed = this.#share(numberAt(counts, value), range.high, bosWeight, selected, leak);
        else if (kind === 'copy' || value < 0)
          mixed = round(this.#dtype, widen(point(ideal), read + leak * size + this.#weightLoss(leak) * size));
        // An average of n weights that are rounded each, with values that are: of values of one sign, relative to the average itself.
        else {
          const rounded = range.low >= 0 || range.high <= 0 ? Math.abs(ideal) + read : size;
          mixed = round(this.#dtype, widen(point(ideal), read + (leak + 2 * selected) * size + 3 * this.#unit * rounded));
        }
        return round(this.#dtype, scale(mixed, this.#placement.storage.weight(write.weight)));
      };
      return { register: write.register, feature: write.feature, code };
    });
  }

  /** What a weight of nearly 1 loses when it is rounded: nothing, if it is near enough. */
  #weightLoss(leak: number): number {
    return leak < this.#unit / 4 ? 0 : this.#unit;
  }

  /** `count` keys of one value with equal weights beside BOS: each weight is rounded, then their sum. */
  #share(count: number, value: number, bosWeight: number, unequal: number, leak: number): Interval {
    // Softmax runs in float32: its own rounding, and what unselected keys take.
    const slack = 2 * unequal + leak + (this.#context + 8) * SINGLE;
    const weight = 1 / (bosWeight + count);
    const rounded = round(this.#dtype, { low: weight * (1 - slack), high: weight * (1 + slack) });
    const sum = { low: value * rounded.low * count * (1 - slack), high: value * (rounded.high * count * (1 + slack) + leak) };
    return round(this.#dtype, sum);
  }

  /**
   * Nats by which a score can be off: of the selected keys among each other, and of any key. Rounding goes by the largest score that there is,
   * which an extreme's slope takes far beyond the least selected one; before it is divided by √dim, which is a power of two, it has to be in
   * the dtype's range.
   */
  #scoreError({ scores, relative, semantics, bos }: Head): ScoreError {
    const groups = groupByOperands(scores, this.#placement.circuit.bos).map((group) => this.#groupError(group));
    const sum = (part: keyof ScoreError) => groups.reduce((total, g) => total + g[part], 0);
    if (semantics.ladder !== null) return { selected: sum('any'), any: sum('any') };
    const total = Math.abs(semantics.selected);
    const reach = Math.max(total, Math.abs(semantics.highest));
    const float = SINGLE * (scores.length + 4) * reach;
    const error = sum('selected') + float;
    const any = sum('any') + float;
    const largest = (Math.max(reach, Math.abs(bos.score) + bos.toItself) + any) * scoreRoot(this.#traits, this.#placement.sizes);
    if (!(largest < largestOf(this.#dtype))) return { selected: Number.POSITIVE_INFINITY, any: Number.POSITIVE_INFINITY };
    // Where all selected keys have one score, a number of the dtype, it absorbs what is less than half a unit; any other is rounded.
    const { low, high } = round(this.#dtype, widen(point(total), error));
    const isPoint = reach === total && low === total && high === total;
    const own = this.#unit * (reach + any);
    return { selected: isPoint ? 0 : error + 2 * own, any: any + own + this.#turningError(relative) };
  }

  /**
   * What the highest of the selected keys, or BOS where there is none, leaves to others: to the rungs below it, to BOS, and to keys that are not
   * selected. A rung is a number of the dtype, so what it is off by before rounding is at most doubled.
   *
   * @param off nats by which any score can be off before it is rounded
   */
  #leakOfLadder({ scores, semantics, bos }: Head, { rung, penalty }: Ladder, off: number): number {
    const largest = Math.max(Math.abs(semantics.selected), Math.abs(semantics.highest));
    const size = 2 * penalty.most + largest;
    const error = off + SINGLE * (scores.length + 4) * size;
    const lowest = Math.max(largest, penalty.most - semantics.selected);
    if (!((lowest + error) * scoreRoot(this.#traits, this.#placement.sizes) < largestOf(this.#dtype))) return Number.POSITIVE_INFINITY;
    const next = Math.exp(-(rung - 4 * error));
    const overBos = semantics.selected - bos.score - 4 * error;
    const overMismatch = penalty.least - (semantics.highest - bos.score) - 2 * error - this.#unit * (lowest + error);
    // At BOS, where it sees others, they score 0.
    const atBos = bos.toItself === 0 ? 0 : this.#context * Math.exp(-(bos.score + bos.toItself - 4 * error));
    const leak = next / (1 - next) + Math.exp(-overBos) + this.#context * Math.exp(-overMismatch) + atBos;
    return rung > 4 * error ? leak : Number.POSITIVE_INFINITY;
  }

  /** Dimensions that compare one register with another by all pairs of their values; any others by their largest numbers. */
  #groupError(group: readonly ScorePair[]): ScoreError {
    const hasBias = this.#traits.biases.attentionInput;
    const root = scoreRoot(this.#traits, this.#placement.sizes);
    const queries = group.map(({ query }) => ({ form: query, read: this.#read(query, { scale: root, extra: 0, hasBias }) }));
    const keys = group.map(({ key }) => ({ form: key, read: this.#read(key, { scale: 1, extra: 0, hasBias }) }));
    const [querySides, keySides] = [this.#sides(queries, root), this.#sides(keys, 1)];
    if (querySides !== null && keySides !== null) return compareSides(querySides, keySides);
    let error = 0;
    for (const [d, { query, key }] of group.entries()) {
      const q = this.#roundedError(queries[d]?.read as ReadForm, query, root) / root;
      const k = this.#roundedError(keys[d]?.read as ReadForm, key, 1);
      error += q * largestNumber(key) + k * largestNumber(query) + q * k;
    }
    return { selected: error, any: error };
  }

  /** A side's vectors, rounded, at every value of the one register that it reads; null where it reads several. */
  #sides(side: readonly { readonly form: Form; readonly read: ReadForm }[], factor: number): Side[] | null {
    if (side.some(({ read }) => read.parts.length > 1)) return null;
    const rows = Math.max(...side.map(({ read }) => read.parts[0]?.values.length ?? 1));
    const first = rows === 1 ? 0 : 1;
    return Array.from({ length: rows - first }, (_, i) => {
      const errors = new Float64Array(side.length);
      const entries: { dimension: number; number: number }[] = [];
      for (const [dimension, { form, read }] of side.entries()) {
        const [part] = read.parts;
        const v = Math.min(i + first, (part?.values.length ?? 1) - 1);
        const ideal = (part?.ideal[v] ?? 0) + factor * form.constant;
        const error = distance(round(this.#dtype, add(part?.values[v] ?? point(0), read.constant)), ideal) / factor;
        errors[dimension] = error < TINY ? 0 : error;
        if (ideal !== 0) entries.push({ dimension, number: ideal / factor });
      }
      return { entries, ...sideErrorsOf(errors) };
    });
  }

  /** How far a rounded form is from its ideal, times its scale: by value where it reads one register. */
  #roundedError(read: ReadForm, form: Form, factor: number): number {
    const ideal = factor * form.constant;
    const [only] = read.parts;
    if (read.parts.length === 0) return distance(round(this.#dtype, read.constant), ideal);
    if (read.parts.length === 1 && only !== undefined) {
      const errors = only.values.map((x, v) => distance(round(this.#dtype, add(x, read.constant)), numberAt(only.ideal, v) + ideal));
      return Math.max(...errors.map((e) => (e < TINY * factor ? 0 : e)));
    }
    return this.#deviation(read, ideal) + this.#unit * factor * largestNumber(form);
  }

  /** Angles are rounded, and so is what turns by them. */
  #turningError(relative: Head['relative']): number {
    if (relative === null) return 0;
    const layout = headLayout(this.#placement.sizes.dim, this.#placement.rotary);
    return 8 * this.#unit * distanceGain(layout, relative, this.#context).gain;
  }

  #settle(written: readonly { register: Register; feature: number; code: (value: number) => Interval }[]): void {
    for (const { register, feature, code } of written) {
      const rows = this.#rowsOf(register);
      for (const [v, row] of rows.entries()) row[feature] = code(v - 1);
    }
  }

  #rowsOf(register: Register): Interval[][] {
    let rows = this.#codes.get(register) as Interval[][] | undefined;
    if (rows === undefined) {
      const values = register.features[0]?.levels?.length ?? 1;
      rows = Array.from({ length: values + 1 }, () => register.features.map(() => point(0)));
      this.#codes.set(register, rows);
    }
    return rows;
  }

  #neurons(group: NeuronGroup): void {
    for (const step of group.steps) this.#decide(group, step);
    const registers = new Set([...group.base, ...group.steps.flatMap((s) => s.writes)].map((w) => w.register));
    for (const register of registers) this.#computed(group, register);
  }

  /** Whether a step's input, before it is rounded, stays clear of its threshold; near it, rounding is a small part of a unit. */
  #decide({ name, spans }: NeuronGroup, step: Step): void {
    const { activation, biases } = this.#traits;
    const { gain, half, middle } = this.#shapeOf(step);
    const extra = -gain * middle;
    const read = this.#read(step.input, { scale: gain, extra, hasBias: biases.mlp, isAlone: readsAlone(this.#placement, step) });
    const error = this.#deviation(read, gain * step.input.constant + extra);
    const edge = half + ROUNDED_SATURATION[activation];
    const allowed = Math.min(step.high - middle, middle - step.low) * gain - edge - 2 * this.#unit * edge;
    this.#decisions.push({ name, spans, kind: 'step', error: error / gain, allowed: allowed / gain });
  }

  readonly #shapes = new Map<Step, StepShape>();

  #shapeOf(step: Step): StepShape {
    let shape = this.#shapes.get(step);
    if (shape === undefined) {
      shape = stepShape(step, this.#traits.activation, this.#placement.storage);
      this.#shapes.set(step, shape);
    }
    return shape;
  }

  /** The codes that a group of steps writes: each step's two pre-activations are rounded, then what they add up to. */
  #computed(group: NeuronGroup, register: Register): void {
    const rows = this.#rowsOf(register);
    const values = register.features[0]?.levels?.length ?? 0;
    const steps = group.steps.filter((s) => s.writes.some((w) => w.register === register));
    const codeAt = (inputOf: (step: Step) => Interval): Interval[] => {
      const sums = register.features.map(() => new StepSum());
      for (const { feature, weight } of group.base) {
        const stored = this.#placement.storage.weight(weight);
        sums[feature]?.add(point(stored), Math.abs(weight), unitOf(stored, FINEST_UNIT));
      }
      for (const step of steps) this.#addStep(step, register, inputOf(step), sums);
      // Rounded as the sublayer's result, and as a part of the stream.
      return sums.map((sum) => round(this.#dtype, round(this.#dtype, sum.result())));
    };
    rows[0] = codeAt(() => point(Number.NEGATIVE_INFINITY));
    for (let value = 0; value < values; value++) {
      const count = steps.reduce((most, { intervals }) => Math.max(most, intervals[value]?.length ?? 0), 1);
      const codes = Array.from({ length: count }, (_, i) =>
        codeAt(({ intervals }) => intervals[value]?.[i] ?? intervals[value]?.[0] ?? point(Number.NEGATIVE_INFINITY)),
      );
      rows[value + 1] = codes.reduce((all, code) => all.map((x, feature) => hull(x, code[feature] as Interval)));
    }
  }

  #addStep(step: Step, register: Register, { low: floor, high: ceiling }: Interval, sums: readonly StepSum[]): void {
    const { activation } = this.#traits;
    const shape = this.#shapeOf(step);
    const { gain, half, middle } = shape;
    const isTaken = ceiling > middle;
    const beyond = gain * (middle - ceiling) - half - ROUNDED_SATURATION[activation];
    const { rise, unit } = isTaken
      ? this.#riseOf(step, floor, ceiling, shape)
      : { rise: widen(point(0), activation === 'silu' ? ACTIVATION_TAIL * Math.exp(-Math.max(0, beyond)) : 0), unit: 0 };
    const size = isTaken ? gain * (ceiling - middle) + half : 0;
    for (const { register: to, feature, weight } of step.writes) {
      if (to !== register) continue;
      const stored = this.#placement.storage.weight(weight / (2 * half));
      sums[feature]?.add(scale(rise, stored), 2 * Math.abs(stored) * size, unit * unitOf(stored, FINEST_UNIT));
    }
  }

  /**
   * act(a + h) - act(a - h) where the input lies in [floor, ceiling], both rounded: 2h, but for the rounding. And what both are multiples of, 0
   * where that is not known.
   */
  #riseOf(step: Step, floor: number, ceiling: number, shape: StepShape): { readonly rise: Interval; readonly unit: number } {
    const { gain, half, middle } = shape;
    const top = gain * (ceiling - middle) + half;
    const norm = { scale: this.#scale, mean: this.#mean, isAlone: readsAlone(this.#placement, step) };
    const onGrid = this.#grid.deviation(step, { low: floor, high: ceiling }, shape, norm);
    if (onGrid !== null) return { rise: widen(point(2 * half), onGrid.deviation), unit: onGrid.unit };
    const slack = SINGLE * 8 * gain * (Math.abs(ceiling) + Math.abs(middle)) + this.#inputSlack(step, gain);
    const at = (input: number): Interval => {
      const a = gain * (input - middle);
      const above = round(this.#dtype, widen(point(a + half), slack));
      const below = round(this.#dtype, widen(point(a - half), slack));
      return { low: above.low - below.high, high: above.high - below.low };
    };
    // One number, or one of two neighbours that a rounding could give; anything in between only where more is read.
    const isNumber =
      ceiling - floor <= 4 * this.#unit * Math.abs(ceiling) &&
      step.input.terms.filter((t) => t.register.features[t.feature]?.spread).length === 1;
    if (floor === ceiling || isNumber) return { rise: hull(at(floor), at(ceiling)), unit: 0 };
    return { rise: widen(point(2 * half), 2 * (this.#unit * top + slack)), unit: 0 };
  }

  readonly #slacks = new Map<Form, number>();

  /** How far a step's input can be off, in units of the pre-activation. */
  #inputSlack(step: Step, gain: number): number {
    let slack = this.#slacks.get(step.input);
    if (slack === undefined) {
      const isAlone = readsAlone(this.#placement, step);
      const read = this.#read(step.input, { scale: 1, extra: 0, hasBias: this.#traits.biases.mlp, isAlone });
      slack = this.#deviation(read, step.input.constant);
      this.#slacks.set(step.input, slack);
    }
    return slack * gain;
  }

  #readouts(): number {
    const hasBias = this.#traits.biases.unembedding;
    let bound = 0;
    for (const readout of this.#placement.circuit.readouts) {
      const { name, spans } = readout;
      if (readout.kind === 'numeric') {
        const error = this.#formError(readout.form, hasBias);
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'numeric output', error, allowed: NUMERIC_TOLERANCE });
      } else if (readout.logits.length > 1) {
        const error = Math.max(...readout.logits.map((l) => this.#formError(l.form, hasBias)));
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'categorical output', error, allowed: 0.5 });
      }
    }
    return bound;
  }
}

/** Below this a difference of two forms is float64's own. */
const TINY = 1e-12;

function largestNumber(form: Form): number {
  const { low, high } = formRange(form);
  return Math.max(Math.abs(low), Math.abs(high));
}

function marginOf({ error, allowed }: Decision): number {
  return allowed > 0 && Number.isFinite(error) ? 1 - error / allowed : Number.NEGATIVE_INFINITY;
}
