/**
 * Reads s-ops as linear forms over registers: whatever function of a value a head, a step or a logit needs. A function that no
 * form over the registers at hand can express is computed by a group of neurons first.
 */
import type { Branch, Form, NeuronGroup, Register, Step } from '../../circuit/circuit.ts';
import { workOn } from '../../circuit/effort.ts';
import { addConstant, combineForms, constantForm, pinnedAtBos, scaleForm } from '../../circuit/form.ts';
import { domainSize, isNumeric, numericValue } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { numberOf } from '../../tensor/number-at.ts';
import type { Facts, Shape } from '../facts/facts.ts';
import type { Optimization } from '../optimizations.ts';
import { FeatureBasis, type GrowingRegister } from './feature-basis.ts';
import { type Snap, UNSNAPPED } from './snap.ts';
import {
  additiveParts,
  compose,
  filled,
  firstEqual,
  firstWithNumber,
  levelsAt,
  levelsOf,
  lineThrough,
  pointsOf,
  rangeOf,
} from './steps/level-functions.ts';
import { NOISE_ROOM } from './steps/nearest-level.ts';
import { type Piece, piecesOf } from './steps/pieces.ts';
import { EMBEDDED_NOISE } from './steps/search-variable.ts';
import { StepForms } from './steps/step-forms.ts';
import { finishGroup, type PendingGroup, stepNoise } from './steps/step-group.ts';
import type { StepForm } from './steps/step-search.ts';
import type { CodeSource, OrderedReading, VariableCode } from './variable-code.ts';

type Choice = Shape & { readonly kind: 'choice' };

/** A number whose pieces are a function's values. */
type StepInput = Pick<PendingGroup, 'input' | 'pieces' | 'first'>;

/** Neurons that cut off the rounding of 0s and 1s that others wrote. */
interface SharpGroup {
  readonly node: SOp;
  readonly steps: Step[];
  readonly register: GrowingRegister;
  readonly basis: FeatureBasis;
}

/** The place of what a part is where another one holds the value. */
const NO_PLACE = -1;

export interface ReadingOptions {
  /** Whether numbers that heads write are told apart by neurons before functions of several are computed of them. */
  readonly decoded: boolean;
  readonly optimizations: ReadonlySet<Optimization>;
  readonly snap: Snap;
}

export class ValueReader {
  readonly #facts: Facts;
  readonly #source: CodeSource;
  readonly #optimizations: ReadonlySet<Optimization>;
  readonly #computed = new Map<SOp, VariableCode>();
  readonly #groups: PendingGroup[] = [];
  readonly #stepForms: StepForms;
  readonly #sharpened = new Map<SOp, SharpGroup>();
  readonly #pieces = new Map<SOp, { readonly raw: VariableCode['raw']; readonly pieces: readonly Piece[] }>();
  readonly #places = new Map<Choice, readonly Int32Array[]>();
  /** By s-op, the choices that it is a branch of. */
  readonly #branches = new Map<SOp, Branch[]>();
  /** S-ops of which every value's indicator will be read, if neurons have to compute them. */
  readonly #oneHot = new Set<SOp>();

  constructor(facts: Facts, source: CodeSource, { decoded, optimizations, snap }: ReadingOptions) {
    this.#facts = facts;
    this.#source = source;
    this.#optimizations = optimizations;
    const sums = optimizations.has('step-forms');
    this.#stepForms = new StepForms(facts, source, { decoded, sums, thresholds: sums && snap === UNSNAPPED });
  }

  /** A form that is `level(value)` wherever the s-op has that value. Its domain must be finite. */
  read(node: SOp, level: (value: Value, index: number) => number): Form {
    const { domain, shape, affine } = this.#facts.of(node);
    if (domain.kind !== 'finite') throw new Error('a function of values that are not enumerated');
    const levels = levelsOf(domain.values, level);
    if (levels.every((x) => x === levels[0])) return constantForm(levels[0] ?? 0);
    switch (shape.kind) {
      case 'variable':
        return this.#readVariable(node, levels);
      case 'table':
        // What neurons compute already is read from them.
        return this.#computed.get(node)?.read(levels) ?? this.#readTable(node, shape.variables, compose(shape.entries, levels), levels);
      case 'choice':
        return this.#readChoice(shape, domain.values, levels);
      default: {
        const line = affine === null ? null : lineThrough(domain.values, levels);
        if (line !== null) return addConstant(scaleForm(this.readNumber(node), line.slope), line.offset);
        return this.#compute(node).read(levels) as Form;
      }
    }
  }

  /** Whether what is read has no rounding that could be cut off. */
  isExact({ terms }: Form): boolean {
    return terms.every(({ register }) => this.#isExact(register));
  }

  /**
   * Like {@link read}, of a function that is 0 or 1, but exact to float32: where neurons wrote what is read, or an average is, their rounding is
   * cut off by one more step each. For scores that are counted, in a model that has the layers to spare.
   */
  readSharp(node: SOp, level: (value: Value, index: number) => number): Form {
    const form = this.read(node, level);
    if (this.isExact(form)) return form;
    const values = (this.#facts.of(node).domain as { values: readonly Value[] }).values;
    const levels = levelsOf(values, level);
    let sharp = this.#sharpened.get(node);
    if (sharp === undefined) {
      const register = this.#source.newRegister(node.name ?? 'value', node, values);
      const steps: Step[] = [];
      const produce = (wanted: Float64Array, feature: number) => {
        const input = pinnedAtBos(
          this.read(node, (_, at) => wanted[at] as number),
          0,
          this.#source.bos,
        );
        const intervals = pointsOf(wanted);
        steps.push({ input, ceilings: wanted, intervals, low: 0, high: 1, writes: [{ register, feature, weight: 1 }] });
        return 0;
      };
      sharp = { node, steps, register, basis: new FeatureBasis(register, values.length, produce) };
      this.#sharpened.set(node, sharp);
      if (this.#oneHot.has(node)) sharp.basis.makeIndicators('one-hot');
    }
    return sharp.basis.read(levels);
  }

  /** Whether a register holds what was embedded, or moved from there: steps round, and so do averages of several. */
  #isExact(register: Register): boolean {
    if (this.#groups.some((group) => group.register === register)) return false;
    const { node } = register;
    return node === null || this.#facts.of(node).shape.kind !== 'variable' || this.#source.variable(node).open;
  }

  /** The s-op's own number, as a form. */
  readNumber(node: SOp): Form {
    const { domain, affine, shape } = this.#facts.of(node);
    if (shape.kind !== 'affine' && domain.kind === 'finite') return this.read(node, numericValue);
    if (affine === null) throw new Error('not a number');
    return combineForms(
      [...affine.terms].map(([term, weight]) => ({ form: term === node ? this.#rawNumber(term) : this.readNumber(term), weight })),
      affine.constant,
    );
  }

  /**
   * Any number that tells the values of an s-op apart, preferably one that is there already: what a head counts or averages, or a form under
   * which every value has one interval. Its domain must be finite. Null where only numbers closer than their noise would do.
   */
  readOrdered(node: SOp, care = 1): OrderedReading | null {
    const { domain, shape, affine } = this.#facts.of(node);
    if (domain.kind !== 'finite') throw new Error('values that are not enumerated');
    const { values } = domain;
    const raw = this.#rawIntervals(node);
    if (raw !== null) return raw;
    const terms = affine === null || !isNumeric(domain) ? [node] : [...affine.terms.keys()];
    if (!terms.includes(node) && terms.every((term) => this.#stepForms.isOpen(term))) {
      const numbers = values.map(numericValue);
      const range = (numbers.at(-1) as number) - (numbers[0] as number);
      return { read: () => this.readNumber(node), intervals: numbers.map((x) => ({ low: x, high: x })), noise: range * EMBEDDED_NOISE };
    }
    const first = firstEqual(values);
    const isDistinct = first.every((f, i) => f === i);
    if (shape.kind === 'table' && shape.variables.length > 1 && isDistinct && !this.#computed.has(node)) {
      const found = this.#stepForms.of(node, shape.variables, shape.entries);
      if (found.pieces.length === values.length) {
        const byValue = [...found.pieces].sort((a, b) => a.value - b.value);
        const noise = found.parts.reduce((sum, { reading, weight }) => sum + Math.abs(weight) * reading.noise, 0);
        return { read: () => this.#formOf(found, shape.variables), intervals: byValue, noise };
      }
    }
    const numbers = Float64Array.from(first, (i) => (2 * i) / (values.length - 1) - 1);
    const noise = this.noiseOf(node, numbers);
    if (2 < NOISE_ROOM * care * noise * (values.length - 1)) return null;
    const intervals = Array.from(numbers, (x) => ({ low: x, high: x }));
    return { read: () => this.read(node, (_, i) => numbers[i] as number), intervals, noise };
  }

  /** What a head writes of a variable, where the node is that variable or a function of it that has an interval for each value. */
  #rawIntervals(node: SOp): OrderedReading | null {
    const { domain, shape } = this.#facts.of(node);
    const variable = shape.kind === 'table' && shape.variables.length === 1 ? (shape.variables[0] as SOp) : node;
    if (this.#facts.of(variable).shape.kind !== 'variable') return null;
    const { open, raw } = this.#source.variable(variable);
    if (open || raw === null || raw.levels === null) return null;
    const first = firstEqual((domain as { values: readonly Value[] }).values);
    const entryAt = (i: number) => (shape.kind === 'table' ? (shape.entries[i] as number) : i);
    const pieces = piecesOf(
      raw.levels,
      Int32Array.from(raw.levels, (_, i) => (entryAt(i) < 0 ? entryAt(i) : (first[entryAt(i)] as number))),
    );
    const byValue = new Map(pieces?.map((piece) => [piece.value, piece]));
    if (pieces === null || byValue.size < pieces.length) return null;
    return { read: () => raw.form, intervals: Array.from(first, (f) => byValue.get(f) as Piece), noise: raw.noise };
  }

  /**
   * About how far off a number of these levels can be: what moving it costs, or where neurons write it the rounding of every step up to the
   * last one, as the certificate has it.
   */
  noiseOf(node: SOp, levels: Float64Array): number {
    const { shape, domain } = this.#facts.of(node);
    if (shape.kind === 'choice' && domain.kind === 'finite') {
      const parts = this.#partLevels(shape, domain.values, levels);
      return parts.reduce((sum, own, i) => sum + this.noiseOf(shape.variables[i] as SOp, own), 0);
    }
    const [variable] = shape.kind === 'table' && shape.variables.length === 1 ? shape.variables : [node];
    const isStepped = shape.kind === 'table' && shape.variables.length > 1 ? true : !this.#stepForms.isOpen(variable as SOp);
    if (!isStepped) return rangeOf(levels) * EMBEDDED_NOISE;
    if (shape.kind === 'table' && shape.variables.length > 1)
      return stepNoise(this.#stepForms.of(node, shape.variables, shape.entries).pieces, levels);
    const own = shape.kind === 'table' ? compose(shape.entries, levels) : levels;
    const values = (shape.kind === 'table' ? this.#facts.of(variable as SOp).domain : domain) as { values: readonly Value[] };
    return stepNoise(this.#numberPieces(variable as SOp, values.values), own);
  }

  /** Prepares for reading (nearly) every value's indicator: one dimension a value where the component is still free to choose. */
  wantOneHot(node: SOp): void {
    const { shape } = this.#facts.of(node);
    if (shape.kind === 'choice') for (const part of shape.variables) this.wantOneHot(part);
    const code = shape.kind === 'variable' ? this.#source.variable(node) : null;
    if (code?.open) code.makeOneHot();
    else this.#oneHot.add(node);
  }

  /** Every group of neurons made, with its steps: call when nothing more will be read. */
  finish(): NeuronGroup[] {
    const sharp = [...this.#sharpened.values()].map(({ node, register, steps }): NeuronGroup => {
      return { kind: 'neurons', name: register.name, spans: node.spans, steps, base: [] };
    });
    return [...this.#groups.filter((g) => g.register.features.length > 0).map(finishGroup), ...sharp];
  }

  #rawNumber(node: SOp): Form {
    const { raw } = this.#source.variable(node);
    if (raw === null) throw new Error('not a number');
    return raw.form;
  }

  #readVariable(node: SOp, levels: Float64Array): Form {
    return this.#source.variable(node).read(levels) ?? (this.#openCode(node).read(levels) as Form);
  }

  /** A function of one variable of a table: of a component's output, or of an s-op that a table was cut at. */
  #readPart(variable: SOp, levels: Float64Array): Form {
    return this.read(variable, (_, i) => levels[i] as number);
  }

  /** The variable's own code if it can express any function, else that of the neurons that decode it. */
  #openCode(node: SOp): VariableCode {
    const code = this.#source.variable(node);
    return code.open ? code : this.#compute(node);
  }

  #readTable(node: SOp, variables: readonly SOp[], composed: Float64Array, levels: Float64Array): Form {
    const sizes = variables.map((v) => domainSize(this.#facts.of(v).domain));
    if (variables.length === 1) return this.#readPart(variables[0] as SOp, filled(composed));
    const sum = this.#optimizations.has('free-sums') ? additiveParts(composed, sizes) : null;
    if (sum === null) return this.#compute(node).read(levels) as Form;
    return combineForms(
      sum.parts.map((part, i) => ({
        form: part.every((x) => x === 0) ? constantForm(0) : this.#readPart(variables[i] as SOp, part),
        weight: 1,
      })),
      sum.origin,
    );
  }

  /** One part holds what the function is of, and of all others 0 is read. */
  #readChoice(choice: Choice, values: readonly Value[], levels: Float64Array): Form {
    this.#noteBranches(choice);
    const parts = this.#partLevels(choice, values, levels);
    return combineForms(parts.map((own, i) => ({ form: this.#readPart(choice.variables[i] as SOp, own), weight: 1 })));
  }

  /** Says of what the branches of a choice are computed as, that but one of them has a value. */
  #noteBranches({ variables: branches, none }: Choice): void {
    for (const part of branches) {
      const { shape, domain } = this.#facts.of(part);
      let node = part;
      let isNone = (domain as { values: readonly Value[] }).values.map((value) => value === none);
      // A branch of one variable is read from that.
      for (let own = shape; own.kind === 'table' && own.variables.length === 1; own = this.#facts.of(node).shape) {
        const above = isNone;
        node = own.variables[0] as SOp;
        isNone = Array.from(own.entries, (entry) => above[entry] ?? true);
      }
      const known = this.#branchesOf(node);
      if (isNone.filter(Boolean).length !== 1 || known.some((each) => each.branches === branches)) continue;
      known.push({ branches, none: isNone.indexOf(true) });
    }
  }

  #branchesOf(node: SOp): Branch[] {
    const known = this.#branches.get(node) ?? [];
    this.#branches.set(node, known);
    return known;
  }

  /** By the values of each part, what is read of it. */
  #partLevels(choice: Choice, values: readonly Value[], levels: Float64Array): Float64Array[] {
    return this.#placesOf(choice, values).map((places) => levelsAt(places, levels));
  }

  /** Where each value of each part stands among the values of the choice: asked for once for every dimension that is weighed. */
  #placesOf(choice: Choice, values: readonly Value[]): readonly Int32Array[] {
    const known = this.#places.get(choice);
    if (known !== undefined) return known;
    const placeOf = new Map(values.map((value, i) => [valueKey(value), i]));
    const places = choice.variables.map((part) => {
      const own = (this.#facts.of(part).domain as { values: readonly Value[] }).values;
      return Int32Array.from(own, (value) => (value === choice.none ? NO_PLACE : numberOf(placeOf, valueKey(value))));
    });
    this.#places.set(choice, places);
    return places;
  }

  /** Neurons that compute the s-op from a number read from its variables, whatever is asked of it then. */
  #compute(node: SOp): VariableCode {
    const known = this.#computed.get(node);
    if (known !== undefined) return known;
    const { domain, shape } = this.#facts.of(node);
    if (domain.kind !== 'finite') throw new Error('neurons compute finite functions only');
    workOn(node);
    const { input, pieces, first } =
      shape.kind === 'table' ? this.#stepInput(node, shape.variables, shape.entries) : this.#numberInput(node, domain.values);
    const register = this.#source.newRegister(node.name ?? 'value', node, domain.values);
    register.branchOf = this.#branchesOf(node);
    // BOS must not fall between two pieces: it is put on the first.
    const lowest = pieces[0] as Piece;
    const pinned = pinnedAtBos(input, lowest.low, this.#source.bos);
    const basis = new FeatureBasis(register, domain.values.length, (levels) => levels[lowest.value] as number);
    this.#groups.push({ node, name: register.name, input: pinned, pieces, first, register });
    const code: VariableCode = {
      open: true,
      raw: null,
      read: (levels) => basis.read(levels),
      makeOneHot: () => basis.makeIndicators('one-hot'),
    };
    if (this.#oneHot.has(node)) code.makeOneHot();
    this.#computed.set(node, code);
    return code;
  }

  /** A variable or linear form read as one number, its pieces the values in order. */
  #numberInput(node: SOp, values: readonly Value[]): StepInput {
    const raw = this.#facts.of(node).shape.kind === 'variable' ? this.#source.variable(node).raw : null;
    const first = firstWithNumber(raw?.levels ?? Float64Array.from(values, numericValue));
    return { input: raw?.form ?? this.readNumber(node), pieces: this.#numberPieces(node, values), first };
  }

  #numberPieces(node: SOp, values: readonly Value[]): readonly Piece[] {
    const raw = this.#facts.of(node).shape.kind === 'variable' ? this.#source.variable(node).raw : null;
    const known = this.#pieces.get(node);
    if (known?.raw === raw) return known.pieces;
    const levels = raw?.levels ?? Float64Array.from(values, numericValue);
    const pieces = piecesOf(levels, firstWithNumber(levels));
    if (pieces === null) throw new Error('two values have one number');
    const spread = (value: number) => raw?.spread?.[value] ?? 0;
    const own = pieces.map(({ low, high, value }) => ({ low: low - spread(value), high: high + spread(value), value }));
    this.#pieces.set(node, { raw, pieces: own });
    return own;
  }

  #stepInput(node: SOp, variables: readonly SOp[], entries: Int32Array): StepInput {
    const chosen = this.#stepForms.of(node, variables, entries);
    const { values } = this.#facts.of(node).domain as { values: readonly Value[] };
    return { input: this.#formOf(chosen, variables), pieces: chosen.pieces, first: values.map((_, v) => v) };
  }

  #formOf({ parts }: StepForm, variables: readonly SOp[]): Form {
    return combineForms(
      parts.map(({ reading, weight }, i) => ({
        form: weight === 0 ? constantForm(0) : this.#readPart(variables[i] as SOp, reading.levels),
        weight,
      })),
    );
  }
}
