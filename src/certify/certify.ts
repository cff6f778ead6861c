/**
 * Bounds the error of every register of a placement under eager float32 arithmetic, and compares it with the margin of every
 * decision. Errors do not compound through saturated steps, so one forward pass over the components suffices. The inequalities
 * and their sources are in ARCHITECTURE.md, "The certificate".
 */
import type { Form, Head, NeuronGroup, Register, Write } from '../circuit/circuit.ts';
import type { Placement } from '../placement/placement.ts';
import { ACTIVATION_SATURATION, STEP_HALF_WIDTH, stepGain } from '../placement/step-neurons.ts';
import type { Traits } from '../targets/target.ts';
import type { Certificate, Decision } from './certificate.ts';
import { formRange } from './form-range.ts';

/** Half a unit in the last place of float32, relative. */
const ROUNDING = 2 ** -24;
/** A numeric output is right to this, relative to the larger of 1 and its magnitude (checkpoint.md). */
export const NUMERIC_TOLERANCE = 1e-3;

export function certify(placement: Placement, traits: Traits, context: number): Certificate {
  return new Certifier(placement, traits, context).run();
}

class Certifier {
  readonly #placement: Placement;
  readonly #traits: Traits;
  readonly #context: number;
  /** Largest error of any feature of a register, at any position. */
  readonly #errors = new Map<Register, number>();
  readonly #decisions: Decision[] = [];
  /** Relative error of everything that the norm passes through. */
  readonly #scaleError: number;

  constructor(placement: Placement, traits: Traits, context: number) {
    this.#placement = placement;
    this.#traits = traits;
    this.#context = context;
    this.#scaleError = normScaleError(placement);
  }

  run(): Certificate {
    for (const { register } of this.#placement.circuit.embeddings) this.#errors.set(register, embeddingError(register));
    for (const { heads, groups } of this.#placement.layers) {
      for (const { components } of heads) for (const head of components) this.#head(head);
      for (const { group } of groups) this.#neurons(group);
    }
    const errorBound = this.#readouts();
    const worst = this.#decisions.reduce<Decision | null>((w, d) => (w === null || marginOf(d) < marginOf(w) ? d : w), null);
    const worstMargin = worst === null ? 1 : marginOf(worst);
    return { holds: worstMargin > 0, worstMargin, errorBound, worst };
  }

  #head(head: Head): void {
    const scoreError = this.#scoreError(head);
    const { kind, gap } = head.semantics;
    // Everything not selected, BOS included unless it is counted on purpose.
    const leak = (this.#context + 1) * Math.exp(-(gap - 2 * scoreError));
    const unequal = Math.expm1(2 * scoreError);
    for (const { form, write } of head.values) {
      const { low, high } = formRange(form);
      const shares = kind === 'copy' ? leak : kind === 'mean' ? leak + unequal : leak + unequal / 4;
      this.#write(
        write,
        (high - low) * shares + this.#formError(form) + ROUNDING * (this.#context + 4) * Math.max(Math.abs(low), Math.abs(high)),
      );
    }
  }

  /** Nats by which a score can differ from its ideal. */
  #scoreError({ scores, semantics }: Head): number {
    let inherited = 0;
    let magnitude = Math.abs(semantics.selected) + semantics.gap;
    for (const { query, key } of scores) {
      const q = formRange(query);
      const k = formRange(key);
      inherited += largest(q) * this.#inherited(key) + largest(k) * this.#inherited(query);
      magnitude = Math.max(magnitude, largest(q) * largest(k));
    }
    return inherited + magnitude * (2 * this.#scaleError + (scores.length + 8) * ROUNDING);
  }

  #neurons(group: NeuronGroup): void {
    const error = this.#formError(group.input);
    const { high: top } = formRange(group.input);
    const half = STEP_HALF_WIDTH;
    for (const step of group.steps) {
      const gain = stepGain(step, this.#traits.activation);
      const middle = (step.low + step.high) / 2;
      const allowed = (step.high - step.low) / 2 - (half + ACTIVATION_SATURATION[this.#traits.activation]) / gain;
      const preactivation = gain * Math.max(top - middle, step.high - middle) + half;
      const rounding = (ROUNDING * (group.input.terms.length + 4) * gain * Math.max(Math.abs(top), Math.abs(middle))) / gain;
      this.#decisions.push({ name: group.name, spans: group.spans, kind: 'step', error: error + rounding, allowed });
      for (const write of step.writes) this.#write(write, (Math.abs(write.weight) * 4 * ROUNDING * preactivation) / half);
    }
    for (const write of group.base) this.#write(write, ROUNDING * Math.abs(write.weight));
  }

  #readouts(): number {
    let bound = 0;
    for (const readout of this.#placement.circuit.readouts) {
      const { name, spans } = readout;
      if (readout.kind === 'numeric') {
        const error = this.#formError(readout.form);
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'numeric output', error, allowed: NUMERIC_TOLERANCE });
      } else {
        const error = Math.max(...readout.logits.map((l) => this.#formError(l.form)));
        bound = Math.max(bound, error);
        if (readout.logits.length > 1) this.#decisions.push({ name, spans, kind: 'categorical output', error, allowed: 0.5 });
      }
    }
    return bound;
  }

  /** The error of a form as the model reads it: inherited from registers, scaled by the norm, rounded in the sum. */
  #formError(form: Form): number {
    const { low, high, absolute } = formRange(form);
    const varying = Math.max(Math.abs(low - form.constant), Math.abs(high - form.constant));
    return this.#inherited(form) + varying * this.#scaleError + (form.terms.length + 4) * ROUNDING * (absolute + Math.abs(form.constant));
  }

  #inherited(form: Form): number {
    return form.terms.reduce((sum, t) => sum + Math.abs(t.weight) * (this.#errors.get(t.register) ?? 0), 0);
  }

  #write({ register }: Write, error: number): void {
    this.#errors.set(register, (this.#errors.get(register) ?? 0) + error);
  }
}

function marginOf({ error, allowed }: Decision): number {
  return allowed > 0 ? 1 - error / allowed : Number.NEGATIVE_INFINITY;
}

function largest({ low, high }: { low: number; high: number }): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

/** Levels that float32 cannot hold are rounded once. */
function embeddingError(register: Register): number {
  const exact = register.features.every((f) => f.levels === null || f.levels.every((x) => Math.fround(x) === x));
  return exact ? 0 : ROUNDING;
}

/**
 * The norm divides by σ·√(1 + E/(anchors·C²)) where E is the energy of all that is not an anchor: a relative error of at most half
 * that quotient, and the rounding of a sum over the width taken pairwise.
 */
function normScaleError({ frame, circuit, lifetimes, sizes }: Placement): number {
  let energy = 1;
  let sum = 0;
  for (const register of lifetimes.keys()) {
    const { energy: own, sum: ownSum } = codeSize(register);
    energy += own;
    sum += ownSum;
  }
  energy += circuit.bos.features.length + sum * sum;
  return energy / (2 * frame.anchors.length * frame.amplitude ** 2) + (8 + Math.log2(sizes.width)) * ROUNDING;
}

/** The largest squared length of a register's code, and the largest sum of its numbers. */
function codeSize(register: Register): { energy: number; sum: number } {
  const count = register.features[0]?.levels?.length ?? 0;
  let energy = 0;
  let sum = 0;
  for (let v = 0; v < count; v++) {
    let own = 0;
    let ownSum = 0;
    for (const { levels } of register.features) {
      const x = levels?.[v] ?? 0;
      own += x * x;
      ownSum += x;
    }
    energy = Math.max(energy, own);
    sum = Math.max(sum, Math.abs(ownSum));
  }
  if (count === 0) for (const f of register.features) energy += Math.max(f.low ** 2, f.high ** 2);
  return { energy, sum: count === 0 ? Math.sqrt(energy * register.features.length) : sum };
}
