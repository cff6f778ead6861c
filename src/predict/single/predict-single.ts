/**
 * Bounds the error of every feature of a placement under eager float32 arithmetic, and compares it with the margin of every
 * decision. Errors do not compound through saturated steps, so one forward pass over the components suffices. The inequalities
 * and their sources are in docs/certificate.md.
 */
import type { Embedding, Form, Head, NearestLevel, NeuronGroup, Readout, Register, ScorePair, Step, Write } from '../../circuit/circuit.ts';
import { spend, workOn } from '../../circuit/effort.ts';
import { formAtBos } from '../../circuit/form.ts';
import { energyAt, type NormPlace, scaleError } from '../../placement/energy.ts';
import { headLayout } from '../../placement/head-layout.ts';
import { headNorm } from '../../placement/head-norm.ts';
import type { PlacedClear, PlacedHead, Placement } from '../../placement/placement.ts';
import { ACTIVATION_SATURATION, ALWAYS_ON, ODD_PART_ERROR, type StepShape, stepShape } from '../../placement/step-neurons.ts';
import { storedForm } from '../../placement/stored-form.ts';
import { writeNorm, writes } from '../../placement/write-norm.ts';
import { scoreRoot } from '../../targets/model-config.ts';
import type { Traits } from '../../targets/target.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Certificate, Decision, Failure, SumOrder } from '../certificate.ts';
import { HOPELESS, marginOf, NUMERIC_TOLERANCE, worstOf } from '../certificate.ts';
import { type Culprit, culpritsOf, type HeadOrigin } from '../culprits.ts';
import { formRange } from '../form-range.ts';
import { inheritedError, RegisterErrors } from '../register-errors.ts';
import { averageRounding, ROUNDING, rowRounding } from '../row-rounding.ts';
import type { ScoreError } from '../scores/inherited-error.ts';
import { KnownScores } from '../scores/known-scores.ts';
import type { LostDistance } from '../scores/score-distances.ts';
import { inheritedScoreError, type StoredScore } from '../scores/score-error.ts';
import { areMany, envelopeOf } from './envelope.ts';
import { atMostAll, leakOf } from './leak.ts';
import { largestLoss, lostForm } from './lost-form.ts';
import { meanError, unbalancedWrites } from './mean-error.ts';
import { addStepErrors, type StepWrite } from './step-sums.ts';
import { distanceError, orderError } from './turning-error.ts';

/**
 * @param isLeastFirst whether to look first at what is left when what steps write is added up exactly: where a decision fails even so, no order
 * of sums mends it, and that is all that is said of it
 */
export function predictSingle(placement: Placement, traits: Traits, context: number, isLeastFirst = false): Certificate {
  const scores = new KnownScores();
  if (isLeastFirst) {
    const least = new Prediction(placement, traits, context, 'any-order', scores, true).run();
    if (!least.holds) return { ...least, isLeast: true };
  }
  const certificate = new Prediction(placement, traits, context, 'any-order', scores).run();
  const isOrdered = placement.layers.some(({ groups }) => groups.some(({ group }) => group.steps.length > 0));
  // if no decision before fails by less
  const isHopeless = certificate.failures.every(({ decision }) => marginOf(decision) < HOPELESS);
  if (certificate.holds || !isOrdered || isHopeless) return certificate;
  return new Prediction(placement, traits, context, 'in-order', scores).run();
}

/** Of a sum of squares with one large term, its root, and the products with the root's inverse and the gain. */
const OWN_NORM_ROUNDINGS = 12;

/** What bounding the error of a step takes. */
const TURNS_A_STEP = 400;

class Prediction {
  readonly #placement: Placement;
  readonly #traits: Traits;
  readonly #context: number;
  readonly #sums: SumOrder;
  readonly #errors = new Map<Register, RegisterErrors>();
  readonly #decisions: Decision[] = [];
  readonly #failures: Failure[] = [];
  /** What registers are off by that hold what was embedded, and nothing else, is the same for either order of sums. */
  readonly #scores: KnownScores;
  readonly #rewritten = new Set<Register>();
  /** By the form that is decided on: many steps read the same. */
  readonly #culprits = new Map<Form, readonly Culprit[]>();
  readonly #origins = new Map<Register, HeadOrigin>();
  /** Whether what steps write costs nothing: no order of sums does better. */
  readonly #isLeast: boolean;
  /** Relative error of the stream as the sublayer at hand reads it. */
  #scale = 0;
  /** Relative error of what the sublayer at hand writes, by the norm of that. */
  #writeScale = 0;
  /** Relative error of scores by the norms of queries and keys of the layer at hand. */
  #headScale = 0;
  /** What writes leave of the stream's mean. */
  readonly #unbalanced: number;
  /** What the mean can be off zero, as the norm in front of the sublayer at hand computes it. */
  #mean = 0;

  constructor(placement: Placement, traits: Traits, context: number, sums: SumOrder, scores: KnownScores, isLeast = false) {
    this.#scores = scores;
    this.#isLeast = isLeast;
    this.#placement = placement;
    this.#traits = traits;
    this.#context = context;
    this.#sums = sums;
    this.#unbalanced = unbalancedWrites(placement, traits);
  }

  run(): Certificate {
    const { circuit, layers } = this.#placement;
    for (const embedding of circuit.embeddings) this.#embedding(embedding);
    this.#rewritten.clear();
    for (const [layer, { heads, groups, clears }] of layers.entries()) {
      if (this.#isDecided) break;
      this.#enter({ layer, sublayer: 'attention' });
      this.#headScale = this.#normedHeads(heads);
      for (const { components } of heads) for (const head of components) this.#head(head);
      this.#enter({ layer, sublayer: this.#traits.sharedNorm ? 'attention' : 'mlp' });
      for (const { group } of groups) this.#neurons(group);
      for (const clear of clears) this.#clear(clear, layer);
    }
    this.#enter({ layer: layers.length - 1, sublayer: 'output' });
    const errorBound = this.#isDecided ? Number.POSITIVE_INFINITY : this.#readouts();
    const { holds, worstMargin, worst } = worstOf(this.#decisions);
    return { holds, worstMargin, errorBound, worst, sums: this.#sums, failures: this.#failures };
  }

  /** Whether one decision that fails is all that is asked for, and known. */
  get #isDecided(): boolean {
    return this.#isLeast && this.#failures.length > 0;
  }

  #decide(decision: Decision, read: Form, readout: Readout | null = null): void {
    this.#decisions.push(decision);
    if (marginOf(decision) > 0) return;
    const culprits = this.#culprits.get(read) ?? culpritsOf(read, this.#errors, this.#origins);
    this.#culprits.set(read, culprits);
    const reads = [...new Set(read.terms.map(({ register }) => register))];
    this.#failures.push({ decision, culprits: readout === null ? culprits : [...culprits, readout], reads });
  }

  /** What storing loses of each value's level, once more rounded where the model scales it. */
  #embedding({ register, source }: Embedding): void {
    const { storage } = this.#placement;
    const store = source === 'token' || source === 'bos' ? storage.embedding : storage.weight;
    const errors = this.#errorsOf(register, true);
    const lost = (level: number) => {
      const error = Math.abs(store(level) - level);
      return error + (Math.fround(level) === level && error === 0 ? 0 : ROUNDING * Math.abs(level));
    };
    for (const [feature, { levels, bos }] of register.features.entries()) {
      errors.addAt(-1, feature, lost(bos));
      for (const [value, level] of levels?.entries() ?? []) errors.addAt(value, feature, lost(level));
    }
  }

  /** The root halves the relative error of the sum of squares, in which each anchor and everything else together costs a rounding. */
  #enter(place: NormPlace): void {
    this.#enterStream(place);
    this.#writeScale = this.#writeScaleAt(place);
  }

  /** A is read with the stream's scale, by a gate and another factor too, and rounded as what is written is. */
  #writeScaleAt({ layer, sublayer }: NormPlace): number {
    const own = this.#placement.layers[layer];
    if (!this.#traits.writeNorms || sublayer === 'output' || own === undefined || !writes(own, sublayer)) return 0;
    const { error } = writeNorm(this.#placement, layer, sublayer);
    return error + 2 * this.#scale + 2 * OWN_NORM_ROUNDINGS * ROUNDING;
  }

  #enterStream(place: NormPlace): void {
    const { sizes, frame } = this.#placement;
    const energy = energyAt(this.#placement, place);
    if (this.#traits.normPlace === 'last' && place.sublayer !== 'output') return;
    this.#mean = meanError(this.#placement, this.#errors, this.#unbalanced, place, energy);
    const anchors = frame.anchors.length * frame.amplitude ** 2;
    const squares = (frame.anchors.length + 3) * ROUNDING + Math.min((1.001 * energy.high) / anchors, sizes.width * ROUNDING);
    this.#scale = scaleError(this.#placement, energy) + squares / 2 + 5 * ROUNDING;
    // On the stream itself every norm rounds what is there once more.
    if (this.#traits.normPlace === 'post') this.#scale += 3 * ROUNDING * (2 * place.layer + (place.sublayer === 'attention' ? 1 : 2));
  }

  /** What the norms of queries and keys are off by together, their own roundings among it. */
  #normedHeads(heads: readonly PlacedHead[]): number {
    if (this.#traits.headNorms === 'none' || heads.length === 0) return 0;
    const of = (side: 'query' | 'key') => headNorm(this.#placement, this.#traits, heads, side, this.#context).error;
    return of('query') + of('key') + 2 * OWN_NORM_ROUNDINGS * ROUNDING;
  }

  #head(head: Head): void {
    workOn(head);
    const { kind, bosWeight } = head.semantics;
    const scoreError = this.#scoreError(head);
    const leak = atMostAll(leakOf(head, scoreError, this.#context));
    // Weights within e^±ε of each other move a mean by at most tanh(ε/2) of the range, and a share x by 2ε·x(1 − x).
    const share = kind === 'width' ? this.#context / (bosWeight + this.#context) : 1;
    const even = atMostAll(Math.tanh(scoreError.selected / 2));
    const isAlike = kind === 'copy' || kind === 'extreme';
    const unequal = isAlike ? 0 : Math.min(even, atMostAll(2 * scoreError.selected * Math.exp(2 * scoreError.selected) * share));
    for (const { form, write } of head.values) {
      const { low, high } = formRange(form);
      // What is selected is averaged among itself, but for `width`, where it shares with BOS.
      const shared = formRange(form, kind === 'width');
      const largest = Math.max(Math.abs(low), Math.abs(high));
      const read = this.#formError(form, { scale: 1, extra: 0, hasBias: this.#traits.biases.attentionInput });
      // BOS, where it is counted, has nearly all of the weight
      const size = largest * share + (kind === 'width' ? Math.abs(formAtBos(form)) : 0);
      const averaged = { bos: kind === 'width' ? formAtBos(form) : 0, keys: formRange(form, false) };
      const summed = averageRounding(head.semantics, this.#context, averaged, read);
      // in either sum what leaks may be lost, or count twice
      const scored = 2 * Math.max(largest, high - low) * leak + (shared.high - shared.low) * unequal;
      const error = scored + read + summed;
      this.#origins.set(write.register, { head, scores: scored, read, value: form });
      const written = Math.abs(write.weight) * (error + this.#writeScale * (size + error)) + this.#lostWeight(write) * (size + error);
      this.#errorsOf(write.register, false).add(write.feature, written);
    }
  }

  /** What storing loses of a written weight. */
  #lostWeight(write: Write, scale = 1): number {
    return Math.abs(this.#placement.storage.weight(scale * write.weight) / scale - write.weight);
  }

  /** Nats by which a score can differ from its ideal. */
  #scoreError(head: Head): ScoreError & { readonly lost: LostDistance } {
    const { scores, semantics } = head;
    const { bos } = this.#placement.circuit;
    const inherited = inheritedScoreError(
      scores.map((score) => this.#stored(score)),
      bos,
      this.#errors,
      this.#mean,
      (group, measure) => this.#scores.of(group, { mean: this.#mean, rewritten: this.#rewritten }, measure),
    );
    // Where nothing is read from the stream every key has the same score, to the bit.
    const { magnitude, products } = inherited;
    const size = scores.length === 0 ? 0 : Math.max(head.order === undefined ? semantics.selected : semantics.highest, magnitude);
    // each product and each addition, scaling, and the two biases; products that are 0 but for their errors cost no more than those
    const own = size * (2 * this.#scale + this.#headScale + (products + 5) * ROUNDING);
    const zeros = size * scores.length * ROUNDING;
    const layout = () => headLayout(this.#placement.sizes.dim, this.#placement.rotary);
    const scale = 2 * this.#scale + this.#headScale;
    const order = orderError(head, layout, this.#context, scale);
    // of an extreme, what is selected is told apart by the order
    const selected = own + Math.min(inherited.selected, zeros) + order;
    const any = own + Math.min(inherited.any, zeros) + order + distanceError(head, layout, this.#context, scale);
    return {
      selected: inherited.selected + selected,
      any: inherited.any + any,
      lost: { apart: inherited.lost.apart + selected + any, closer: inherited.lost.closer + any },
    };
  }

  #stored({ query, key }: ScorePair): StoredScore {
    const hasBias = this.#traits.biases.attentionInput;
    const lost = (form: Form, scale: number) =>
      lostForm(storedForm(this.#placement, form, { scale, extra: 0, hasBias }), scale, this.#mean);
    return { query, key, queryLost: lost(query, scoreRoot(this.#traits, this.#placement.sizes)), keyLost: lost(key, 1) };
  }

  #neurons(group: NeuronGroup): void {
    workOn(group);
    spend(TURNS_A_STEP * group.steps.length);
    const hasBias = this.#traits.biases.mlp;
    const known = new Map<Form, { gain: number; error: number; top: number }>();
    const written: StepWrite[] = [];
    for (const step of group.steps) {
      const { input } = step;
      const shape = stepShape(step, this.#traits.activation, this.#placement.storage);
      const { gain, half, middle } = shape;
      // Steps of one input and gain differ in what storing leaves of their constants, and in nothing else that matters here.
      let shared = known.get(input);
      if (shared?.gain !== gain) {
        shared = { gain, error: this.#formError(input, { scale: gain, extra: 0, hasBias }), top: formRange(input).high };
        known.set(input, shared);
      }
      const constants = [half, -half].map((h) => {
        const constant = gain * (input.constant - middle) + h;
        return storedForm(this.#placement, { constant, terms: [] }, { scale: 1, extra: 0, hasBias }).constant;
      });
      const left = Math.max(...constants.map((c) => Math.abs(c.left))) / gain;
      const allowed = (step.high - step.low) / 2 - (half + ACTIVATION_SATURATION[this.#traits.activation]) / gain;
      const rounding = 4 * ROUNDING * Math.max(Math.abs(shared.top), Math.abs(middle));
      this.#decide({ name: group.name, spans: group.spans, kind: 'step', error: shared.error + left + rounding, allowed }, input);
      if (this.#isDecided) return;
      if (this.#isLeast) continue;
      const anchors = Math.max(...constants.map((c) => c.anchors.length));
      for (const write of step.writes) written.push(this.#stepWrite(step, write, shape, anchors));
    }
    if (!this.#isLeast) addStepErrors(written, this.#sums, (register) => this.#errorsOf(register, true));
    for (const write of group.base) {
      const scale = hasBias ? 1 : 1 / ALWAYS_ON;
      const written = (ROUNDING + this.#readFromAnchors() + this.#writeScale) * Math.abs(write.weight);
      this.#errorsOf(write.register, true).add(write.feature, written + this.#lostWeight(write, scale));
    }
  }

  /**
   * What the norm's scale does to 2h, and to the pre-activation of a neuron that is always on, where anchors stand for biases; and to the other
   * factor of a gated MLP, which is read from an anchor too. Relative to what is written.
   */
  #readFromAnchors(): number {
    const { biases, mlp } = this.#traits;
    return (biases.mlp ? 0 : this.#scale + 2 * ROUNDING) + (mlp === 'gated' ? this.#scale + 3 * ROUNDING : 0);
  }

  /**
   * Of a number x that two neurons take off the stream, what the norm's scale and their roundings make of it is left; of one that should be 0,
   * which does not saturate them, what their activation's odd part is off by. It is in the dimension of whoever comes to live there.
   */
  #clear({ register }: PlacedClear, layer: number): void {
    const { dimensions, lifetimes } = this.#placement;
    const own = this.#errorsOf(register, true);
    const lost = this.#scale + this.#readFromAnchors() + this.#writeScale + 8 * ROUNDING;
    const left = register.features.map(({ levels, bos }, feature) => {
      const at = (level: number, error: number) => (Math.abs(level) + error) * lost + (level === 0 ? ODD_PART_ERROR * error : 0);
      return [bos, ...(levels ?? [])].reduce((most, level, i) => Math.max(most, at(level, own.at(i - 1, feature))), 0);
    });
    const places = dimensions.get(register) ?? [];
    for (const [heir, { written }] of lifetimes) {
      if (written === 'embedding' || written.layer < layer) continue;
      for (const [feature, dimension] of (dimensions.get(heir) ?? []).entries()) {
        const from = heir === register ? -1 : places.indexOf(dimension);
        if (from >= 0) this.#errorsOf(heir, written.sublayer === 'mlp').add(feature, numberAt(left, from));
      }
    }
  }

  /**
   * Below its threshold a step is exactly 0. Above, both neurons' pre-activations a are rounded when what tells them apart is added: that is
   * the bias, behind a sum that is the same for both, or one number beside a single other; where it is part of a longer sum, every
   * addition of that sum may round differently. Then each a/2h is rounded where the written weight is no power of two or another factor is
   * multiplied in, and by the additions of the sum that it goes into.
   *
   * @param anchors how many anchor units hold parts of the constant
   */
  #stepWrite(step: Step, write: Write, { gain, half, middle }: StepShape, anchors: number): StepWrite {
    const { register, feature, weight } = write;
    const additions = step.input.terms.length + anchors - 1;
    const apart = anchors === 0 || additions <= 1 ? 0 : 2 * additions;
    const products = (Number.isInteger(Math.log2(Math.abs(weight))) ? 0 : 2) + (this.#traits.mlp === 'gated' ? 2 : 0);
    const lost = this.#lostWeight(write, 1 / (2 * half)) + (this.#readFromAnchors() + this.#writeScale) * Math.abs(weight);
    // of the pre-activation gain·(c - middle) + half, and of the absolute values that it is added up from
    const unit = Math.abs(weight) / (2 * half);
    const [own, sum] = [ROUNDING * (2 + products) * unit, ROUNDING * apart * unit];
    const start = half - gain * middle;
    const fixed = own * start + sum * (gain * Math.abs(middle) + half) + lost;
    const terms = { fixed, slope: own * gain, sizes: sum * gain, large: unit * start, steep: unit * gain };
    return { register, feature, weight, middle, ceilings: step.ceilings, ...terms };
  }

  #readouts(): number {
    const hasBias = this.#traits.biases.unembedding;
    let bound = 0;
    for (const readout of this.#placement.circuit.readouts) {
      const { name, spans } = readout;
      if (readout.kind === 'numeric') {
        const error = this.#formError(readout.form, { scale: 1, extra: 0, hasBias });
        bound = Math.max(bound, error);
        this.#decide({ name, spans, kind: 'numeric output', error, allowed: NUMERIC_TOLERANCE }, readout.form);
      } else if (readout.nearest !== null) {
        const error = this.#nearestErrors(readout.logits, readout.nearest);
        bound = Math.max(bound, error);
        const all = { constant: 0, terms: readout.nearest.flatMap(({ number }) => number.terms) };
        this.#decide({ name, spans, kind: 'categorical output', error, allowed: 1 }, all, readout);
      } else if (readout.logits.length > 1) {
        const error = this.#logitError(readout.logits.map(({ form }) => form));
        bound = Math.max(bound, error);
        const all = { constant: 0, terms: readout.logits.flatMap(({ form }) => form.terms) };
        this.#decide({ name, spans, kind: 'categorical output', error, allowed: 0.5 }, all, readout);
      }
    }
    return bound;
  }

  /** The most that any of these logits is off by. */
  #logitError(forms: readonly Form[]): number {
    const row = { scale: 1, extra: 0, hasBias: this.#traits.biases.unembedding };
    if (!areMany(forms)) return Math.max(...forms.map((form) => this.#formError(form, row)));
    const lost = forms.map((form) => lostForm(storedForm(this.#placement, form, row), 1, this.#mean));
    return this.#formError(envelopeOf(forms), row, largestLoss(envelopeOf(lost)));
  }

  /**
   * How much of the ideal gap of 1 between neighbouring logits can be lost: to the error of the number that they share, times what their
   * slopes differ by, and to each one's own rounding. Those of another number are lower by twice their slope, and lose that times its error.
   */
  #nearestErrors(logits: readonly { readonly form: Form }[], nearest: readonly NearestLevel[]): number {
    const hasBias = this.#traits.biases.unembedding;
    const errors = nearest.map(({ number, order, slopes }) => {
      const range = formRange(number);
      const varying = Math.max(Math.abs(range.low - number.constant), Math.abs(range.high - number.constant));
      const shared = inheritedError(number, this.#errors) + varying * this.#scale;
      let own = 0;
      let steep = 0;
      for (const [i, at] of order.entries()) {
        const { form } = logits[at] as { readonly form: Form };
        const absolute = Math.abs(numberAt(slopes, i)) * range.absolute;
        const rounding = rowRounding(form, absolute + Math.abs(form.constant), shared, this.#mean);
        const lost = largestLoss(lostForm(storedForm(this.#placement, form, { scale: 1, extra: 0, hasBias }), 1, this.#mean));
        own = Math.max(own, rounding + lost + (nearest.length > 1 ? Math.abs(form.constant) * this.#scale : 0));
        if (i === 0) continue;
        const below = logits[numberAt(order, i - 1)]?.form.constant ?? 0;
        const steeper = numberAt(slopes, i) - numberAt(slopes, i - 1);
        steep = Math.max(steep, steeper * shared + Math.abs(form.constant - below) * this.#scale);
      }
      return { shared, own, steep };
    });
    const worst = (part: 'shared' | 'own' | 'steep') => errors.reduce((most, e) => Math.max(most, e[part]), 0);
    const within = worst('steep') + 2 * worst('own');
    return nearest.length === 1 ? within : Math.max(within, worst('shared') + worst('own'));
  }

  /**
   * The error of a form as the model reads it, for each unit of it: inherited from registers, lost in storing, scaled by the norm, rounded
   * in the sum.
   */
  #formError(
    form: Form,
    row: { readonly scale: number; readonly extra: number; readonly hasBias: boolean },
    lost = largestLoss(lostForm(storedForm(this.#placement, form, row), row.scale, this.#mean)),
  ): number {
    const { low, high, absolute } = formRange(form);
    // Without a bias the constant is read from the anchors, and scaled with the rest.
    const varying = Math.max(Math.abs(low - form.constant), Math.abs(high - form.constant)) + Math.abs(form.constant);
    const inherited = inheritedError(form, this.#errors);
    const rounding = rowRounding(form, absolute + Math.abs(form.constant), inherited, this.#mean);
    return inherited + lost + varying * this.#scale + rounding;
  }

  /** Where something is to be added. */
  #errorsOf(register: Register, byValue: boolean): RegisterErrors {
    this.#rewritten.add(register);
    let errors = this.#errors.get(register);
    if (errors === undefined) {
      errors = new RegisterErrors(register, byValue);
      this.#errors.set(register, errors);
    }
    return errors;
  }
}
