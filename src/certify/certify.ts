/**
 * Bounds the error of every feature of a placement under eager float32 arithmetic, and compares it with the margin of every
 * decision. Errors do not compound through saturated steps, so one forward pass over the components suffices. The inequalities
 * and their sources are in ARCHITECTURE.md, "The certificate".
 */
import type { Form, Head, NeuronGroup, Register, Step, Write } from '../circuit/circuit.ts';
import { distanceGain } from '../placement/distance-gain.ts';
import { energyAt, type NormPlace, scaleError } from '../placement/energy.ts';
import { headLayout } from '../placement/head-layout.ts';
import type { Placement } from '../placement/placement.ts';
import { ACTIVATION_SATURATION, middleOf, STEP_HALF_WIDTH, stepGain } from '../placement/step-neurons.ts';
import type { Traits } from '../targets/target.ts';
import type { Certificate, Decision } from './certificate.ts';
import { formRange } from './form-range.ts';
import { inheritedError, RegisterErrors } from './register-errors.ts';
import { inheritedScoreError, largest, type ScoreError } from './score-error.ts';

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
  readonly #errors = new Map<Register, RegisterErrors>();
  readonly #decisions: Decision[] = [];
  /** Relative error of the stream as the sublayer at hand reads it. */
  #scale = 0;

  constructor(placement: Placement, traits: Traits, context: number) {
    this.#placement = placement;
    this.#traits = traits;
    this.#context = context;
  }

  run(): Certificate {
    const { circuit, layers } = this.#placement;
    for (const { register } of circuit.embeddings) {
      const errors = this.#errorsOf(register, false);
      for (const [feature, { levels, low, high }] of register.features.entries()) errors.add(feature, embeddingError(levels, low, high));
    }
    for (const [layer, { heads, groups }] of layers.entries()) {
      this.#enter({ layer, sublayer: 'attention' });
      for (const { components } of heads) for (const head of components) this.#head(head);
      this.#enter({ layer, sublayer: 'mlp' });
      for (const { group } of groups) this.#neurons(group);
    }
    this.#enter({ layer: layers.length - 1, sublayer: 'output' });
    const errorBound = this.#readouts();
    const worst = this.#decisions.reduce<Decision | null>((w, d) => (w === null || marginOf(d) < marginOf(w) ? d : w), null);
    const worstMargin = worst === null ? 1 : marginOf(worst);
    return { holds: worstMargin > 0, worstMargin, errorBound, worst };
  }

  /** The norm's sums over the width are taken in a tree; the root halves their relative error. */
  #enter(place: NormPlace): void {
    const { width } = this.#placement.sizes;
    this.#scale = scaleError(this.#placement, energyAt(this.#placement, place)) + (Math.log2(width) / 2 + 5) * ROUNDING;
    // On the stream itself every norm rounds what is there once more.
    if (this.#traits.normPlace === 'post') this.#scale += 3 * ROUNDING * (2 * place.layer + (place.sublayer === 'attention' ? 1 : 2));
  }

  #head(head: Head): void {
    const { kind, gap } = head.semantics;
    const scoreError = this.#scoreError(head);
    // Everything not selected, BOS included unless it is counted on purpose.
    const leak = (this.#context + 1) * Math.exp(-(gap - scoreError.selected - scoreError.any));
    // Weights within e^±ε of each other move a mean by at most tanh(ε)/2 of the range, and a share x by 2ε·x(1 − x).
    const unequal = kind === 'copy' ? 0 : Math.tanh(scoreError.selected) / 2;
    const summation = (kind === 'copy' ? 8 : this.#context + 8) * ROUNDING;
    for (const { form, write } of head.values) {
      const { low, high } = formRange(form);
      // What is selected is averaged among itself, but for `width`, where it shares with BOS.
      const shared = formRange(form, kind === 'width');
      const error = (high - low) * leak + (shared.high - shared.low) * unequal + this.#formError(form);
      this.#errorsOf(write.register, false).add(write.feature, error + summation * Math.max(Math.abs(low), Math.abs(high)));
    }
  }

  /** Nats by which a score can differ from its ideal. */
  #scoreError(head: Head): ScoreError {
    const { scores, semantics } = head;
    const { bos } = this.#placement.circuit;
    const inherited = inheritedScoreError(head, bos, this.#errors);
    // Where nothing is read from the stream every key has the same score, to the bit.
    const content = scores.length === 0 ? 0 : Math.max(semantics.selected, ...scores.map((s) => largest(s.query) * largest(s.key)));
    const own = content * (2 * this.#scale + (Math.log2(scores.length + 1) + 6) * ROUNDING);
    const turned = this.#turningError(head);
    return { selected: inherited.selected + own, any: inherited.any + own + turned };
  }

  /** Distances are scored by angles that float32 holds to one rounding of the position itself. */
  #turningError({ relative }: Head): number {
    if (relative === null) return 0;
    const layout = headLayout(this.#placement.sizes.dim, this.#placement.rotary);
    const { gain } = distanceGain(layout, relative, this.#context);
    return gain * (2 * this.#scale + (4 * this.#context + 8) * ROUNDING);
  }

  #neurons(group: NeuronGroup): void {
    const inputs = new Map<Form, { error: number; top: number }>();
    for (const step of group.steps) {
      const { input } = step;
      const known = inputs.get(input) ?? { error: this.#formError(input), top: formRange(input).high };
      inputs.set(input, known);
      const gain = stepGain(step, this.#traits.activation);
      const middle = middleOf(step);
      const allowed = (step.high - step.low) / 2 - (STEP_HALF_WIDTH + ACTIVATION_SATURATION[this.#traits.activation]) / gain;
      const rounding = 4 * ROUNDING * Math.max(Math.abs(known.top), Math.abs(middle));
      this.#decisions.push({ name: group.name, spans: group.spans, kind: 'step', error: known.error + rounding, allowed });
      for (const write of step.writes) this.#stepError(step, write, gain);
    }
    for (const { register, feature, weight } of group.base) this.#errorsOf(register, true).add(feature, ROUNDING * Math.abs(weight));
  }

  /**
   * Below its threshold a step is exactly 0. Above, both neurons' pre-activations a are rounded when the bias is added (their rows are
   * equal, so the products before that are), and each sum that takes in one of the two a/2h is rounded once: 4 roundings of a/2h, and
   * two more where the written weight is no power of two.
   */
  #stepError(step: Step, { register, feature, weight }: Write, gain: number): void {
    const errors = this.#errorsOf(register, true);
    const roundings = Number.isInteger(Math.log2(Math.abs(weight))) ? 4 : 6;
    for (const [value, ceiling] of step.ceilings.entries()) {
      if (ceiling <= middleOf(step)) continue;
      const preactivation = gain * (ceiling - middleOf(step)) + STEP_HALF_WIDTH;
      errors.addAt(value, feature, (Math.abs(weight) * roundings * ROUNDING * preactivation) / (2 * STEP_HALF_WIDTH));
    }
  }

  #readouts(): number {
    let bound = 0;
    for (const readout of this.#placement.circuit.readouts) {
      const { name, spans } = readout;
      if (readout.kind === 'numeric') {
        const error = this.#formError(readout.form);
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'numeric output', error, allowed: NUMERIC_TOLERANCE });
      } else if (readout.logits.length > 1) {
        const error = Math.max(...readout.logits.map((l) => this.#formError(l.form)));
        bound = Math.max(bound, error);
        this.#decisions.push({ name, spans, kind: 'categorical output', error, allowed: 0.5 });
      }
    }
    return bound;
  }

  /** The error of a form as the model reads it: inherited from registers, scaled by the norm, rounded in the sum. */
  #formError(form: Form): number {
    const { low, high, absolute } = formRange(form);
    // Without a bias the constant is read from the anchors, and scaled with the rest.
    const varying = Math.max(Math.abs(low - form.constant), Math.abs(high - form.constant)) + Math.abs(form.constant);
    const rounding = (Math.log2(form.terms.length + 1) + 4) * ROUNDING * (absolute + Math.abs(form.constant));
    return inheritedError(form, this.#errors) + varying * this.#scale + rounding;
  }

  #errorsOf(register: Register, byValue: boolean): RegisterErrors {
    let errors = this.#errors.get(register);
    if (errors === undefined) {
      errors = new RegisterErrors(register, byValue);
      this.#errors.set(register, errors);
    }
    return errors;
  }
}

function marginOf({ error, allowed }: Decision): number {
  return allowed > 0 ? 1 - error / allowed : Number.NEGATIVE_INFINITY;
}

/** Levels that float32 cannot hold are rounded once. */
function embeddingError(levels: Float64Array | null, low: number, high: number): number {
  const exact = levels === null || levels.every((x) => Math.fround(x) === x);
  return exact ? 0 : ROUNDING * Math.max(Math.abs(low), Math.abs(high));
}
