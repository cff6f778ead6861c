/**
 * Bounds the errors of a model that computes in half precision: every operation's result is rounded to it, sums run in float32. Rounding is
 * monotone, so the codes of every register are followed as intervals, value by value, and are mostly points: what is within half a unit of
 * a number of the dtype is that number. The inequalities are in docs/half-precision.md.
 */

import type { Embedding, Form, Head, NeuronGroup, Register, Step } from '../../circuit/circuit.ts';
import { spend, workOn } from '../../circuit/effort.ts';
import { energyAt, type NormPlace, scaleError } from '../../placement/energy.ts';
import type { Placement } from '../../placement/placement.ts';
import { FINEST_UNIT, ROUNDED_SATURATION, type StepShape, stepShape } from '../../placement/step-neurons.ts';
import { meanRounding, readsAlone } from '../../placement/step-reading.ts';
import type { Traits } from '../../targets/target.ts';
import { type Dtype, unitOf } from '../../tensor/dtype.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { type Certificate, type Decision, NUMERIC_TOLERANCE, worstOf } from '../certificate.ts';
import { formRange } from '../form-range.ts';
import { HalfReader } from './half-reader.ts';
import { HalfScores } from './half-scores.ts';
import { hull, type Interval, point, round, scale, widen } from './interval.ts';
import { type Codes, energyGained, isDyadic, largestSum, SINGLE, UNIT } from './rounded-codes.ts';
import { StepSum } from './rounded-forms.ts';
import { StepGrid } from './step-grid.ts';

/** What SiLU is off by beyond {@link ROUNDED_SATURATION}; GELU is off by less. */
const ACTIVATION_TAIL = 1e-4;

/** What bounding what a step adds to a code takes. */
const TURNS_A_STEP = 30;

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
  readonly #reader: HalfReader;
  readonly #scores: HalfScores;

  constructor(placement: Placement, traits: Traits, context: number) {
    this.#placement = placement;
    this.#traits = traits;
    this.#context = context;
    this.#dtype = placement.storage.computed;
    this.#unit = UNIT[this.#dtype];
    this.#reader = new HalfReader(placement, this.#codes);
    this.#scores = new HalfScores(placement, traits, context, this.#reader);
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
    const { holds, worstMargin, worst } = worstOf(this.#decisions);
    return { holds, worstMargin, errorBound, worst, sums: 'any-order', failures: [] };
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
    this.#reader.scale =
      scaleError(this.#placement, { low: energy.low - gained, high: energy.high + gained }) + (Math.log2(sizes.width) / 2 + 5) * SINGLE;
    if (frame.balance === null) return;
    // A number and its negative round alike, and sums of small multiples of one unit do not: anything else unbalances the stream.
    const lost = [...this.#codes].map(([register, rows]) =>
      frame.ownBalance.has(register) || isDyadic(rows) ? 0 : 4 * this.#unit * largestSum(rows),
    );
    const unbalanced = lost.reduce((sum, x) => sum + x, 0) * (2 * place.layer + 2);
    const norms = this.#traits.normPlace === 'post' ? 2 * place.layer + 2 : 1;
    this.#reader.mean = norms * (meanRounding(this.#placement) + unbalanced / sizes.width);
  }

  #head(head: Head): { register: Register; feature: number; code: (value: number) => Interval }[] {
    const { kind, gap, counts, bosWeight } = head.semantics;
    const { selected, any } = this.#scores.scoreError(head);
    const leak =
      head.semantics.ladder === null
        ? (this.#context + 1) * Math.exp(-(gap - selected - any))
        : this.#scores.leakOfLadder(head, head.semantics.ladder, any);
    return head.values.map(({ form, write }) => {
      const hasBias = this.#traits.biases.attentionInput;
      const range = formRange(form);
      const read = this.#reader.formError(form, hasBias);
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
    workOn(group);
    for (const step of group.steps) this.#decide(group, step);
    const registers = new Set([...group.base, ...group.steps.flatMap((s) => s.writes)].map((w) => w.register));
    for (const register of registers) this.#computed(group, register);
  }

  /** Whether a step's input, before it is rounded, stays clear of its threshold; near it, rounding is a small part of a unit. */
  #decide({ name, spans }: NeuronGroup, step: Step): void {
    const { activation, biases } = this.#traits;
    const { gain, half, middle } = this.#shapeOf(step);
    const extra = -gain * middle;
    const read = this.#reader.read(step.input, { scale: gain, extra, hasBias: biases.mlp, isAlone: readsAlone(this.#placement, step) });
    const error = this.#reader.deviation(read, gain * step.input.constant + extra);
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
      spend(TURNS_A_STEP * steps.length);
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
    const norm = { scale: this.#reader.scale, mean: this.#reader.mean, isAlone: readsAlone(this.#placement, step) };
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
      const read = this.#reader.read(step.input, { scale: 1, extra: 0, hasBias: this.#traits.biases.mlp, isAlone });
      slack = this.#reader.deviation(read, step.input.constant);
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
        const error = this.#reader.formError(readout.form, hasBias);
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'numeric output', error, allowed: NUMERIC_TOLERANCE });
      } else if (readout.logits.length > 1) {
        const error = Math.max(...readout.logits.map((l) => this.#reader.formError(l.form, hasBias)));
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'categorical output', error, allowed: 0.5 });
      }
    }
    return bound;
  }
}
