/**
 * From graph to circuit for a host that is not ours: every finite value has a dimension of its own, every decision of neurons is a comparison with
 * zero, every count a share of the positions so far beside 1 / n. What is computed does not depend on the scale of the stream.
 */
import type { Circuit, Component, Embedding, Feature, Form, Head, NeuronGroup, Readout, Register, Step } from '../../circuit/circuit.ts';
import { combineForms, constantForm, formKey, pinnedAtBos } from '../../circuit/form.ts';
import type { TokenCode } from '../../codes/token-code.ts';
import { bounds, domainSize } from '../../graph/domain.ts';
import type { Elementwise, Graph, SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import { isWholeChoice, isWholeToken } from '../../graph/whole-token.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { chosenCode } from './codes/one-position.ts';
import { embeddedCode, sharpCode } from './codes/token-codes.ts';
import { compareCounts } from './counts/compare-counts.ts';
import { decodeRatio } from './counts/decode-ratio.ts';
import type { RatioCode } from './counts/ratio-code.ts';
import { featureOf, isCounted, type SeedFeature, tokenLogits } from './export-features.ts';
import type { CodeForms, GivenCodes } from './lowering-source.ts';
import { countOf, type LoweringSource, MOST_VALUES, type PendingHead, refuse, type SeedTraits } from './lowering-source.ts';
import { isBehind } from './moved-back.ts';
import { prune } from './prune.ts';
import { SeedAttention } from './seed-attention.ts';
import { type SharedRegisters, sharedRegisters } from './shared-registers.ts';
import { argumentTable, fireBoxes, tableBoxes } from './table-boxes.ts';

export interface LoweredSeed {
  readonly circuit: Circuit;
  readonly features: readonly SeedFeature[];
  /** The register of the input's own codes; null where nothing asks for them. */
  readonly coded: Register | null;
}

/** A joint table is cut into boxes by itself up to here; beyond, its arguments are computed first. */
const JOINT_STEPS = 400;

export function lowerSeed(
  graph: Graph,
  facts: Facts,
  exports: readonly Export[],
  traits: SeedTraits,
  { shared = sharedRegisters(), codes = null }: { readonly shared?: SharedRegisters; readonly codes?: GivenCodes | null } = {},
): LoweredSeed {
  return new SeedLowering(graph, facts, traits, shared, codes).lower(exports);
}

class SeedLowering implements LoweringSource {
  readonly graph: Graph;
  readonly facts: Facts;
  readonly traits: SeedTraits;
  readonly bos: Register;
  readonly #shared: SharedRegisters;
  readonly #embeddings: Embedding[];
  readonly blurred = new Set<Register>();
  readonly #sharpened = new Map<string, Form>();
  readonly #heads: PendingHead[] = [];
  readonly #groups: NeuronGroup[] = [];
  readonly #bits = new Map<SOp, readonly Form[]>();
  readonly #partitions = new Map<string, readonly Form[]>();
  readonly #ratios = new Map<SOp, RatioCode | null>();
  readonly #levels = new Map<string, Form>();
  readonly #attention: SeedAttention;
  readonly #given: GivenCodes | null;
  readonly #codes = new Map<SOp, CodeForms>();
  readonly #sharpCodes = new Map<SOp, CodeForms>();
  #coded: Register | null = null;
  #unit: Form | null = null;
  #classRegister: (Register & { features: Feature[] }) | null = null;
  #indexRegister: (Register & { features: Feature[] }) | null = null;

  constructor(graph: Graph, facts: Facts, traits: SeedTraits, shared: SharedRegisters, codes: GivenCodes | null) {
    this.#shared = shared;
    this.#given = codes;
    this.bos = shared.bos;
    this.#embeddings = [{ register: this.bos, source: 'bos' }];
    this.graph = graph;
    this.facts = facts;
    this.traits = traits;
    this.#attention = new SeedAttention(this);
  }

  get context(): number {
    return this.facts.assumptions.context;
  }

  lower(exports: readonly Export[]): LoweredSeed {
    const features = exports.map((each) => featureOf(this, each, this.#given));
    const heads = this.#heads.filter(({ values }) => values.length > 0).map((head): Head => ({ kind: 'head', ...head }));
    const components: Component[] = [...heads, ...this.#groups];
    const readouts = features.map(({ name, node, code }): Readout => {
      if (code.kind === 'numeric') return { kind: 'numeric', name, spans: node.spans, form: code.numerator, per: code.denominator };
      if (code.kind === 'token') return { kind: 'categorical', name, spans: node.spans, logits: tokenLogits(code), nearest: null };
      const logits = code.values.map((value, i) => ({ value, form: code.forms[i] as Form }));
      return { kind: 'categorical', name, spans: node.spans, logits, nearest: null };
    });
    const embeddings = this.#embeddings.filter(({ register }) => register.features.length > 0);
    const exported = features.flatMap(({ code }) => (code.kind === 'numeric' ? [code.numerator, code.denominator] : code.forms));
    return { circuit: prune({ embeddings, components, readouts, bos: this.bos }, exported), features, coded: this.#coded };
  }

  get isCoded(): boolean {
    return this.#given !== null;
  }

  get tokenCode(): TokenCode {
    return (this.#given ?? refuse(this.graph.tokens('asis'), NO_CODES)).code;
  }

  codeOf(node: SOp): CodeForms {
    const known = this.#codes.get(node);
    if (known !== undefined) return known;
    const given = this.#given;
    if (given === null || !isWholeToken(node)) return refuse(node, NO_CODES);
    const codes = this.#makeCode(node, given);
    this.#codes.set(node, codes);
    return codes;
  }

  sharpCodeOf(node: SOp): CodeForms {
    const sharp = this.#sharpCodes.get(node) ?? sharpCode(this, this.codeOf(node));
    this.#sharpCodes.set(node, sharp);
    return sharp;
  }

  #makeCode(node: SOp, given: GivenCodes): CodeForms {
    if (node.kind === 'aggregate') return this.#attention.moveCode(node);
    if (isWholeChoice(node)) return chosenCode(this, node);
    const tokens = this.graph.tokens('asis');
    if (node !== tokens) return this.codeOf(tokens);
    const { register, ...codes } = embeddedCode(this, tokens, given);
    this.#coded = register;
    this.#embeddings.push({ register, source: 'token' });
    return codes;
  }

  /** 0 or 1 for each value of the s-op, in the order of its domain. */
  bits(node: SOp): readonly Form[] {
    const known = this.#bits.get(node);
    if (known !== undefined) return known;
    // the values that are known of are some tokens out of many
    if (this.#given !== null && isWholeToken(node)) return refuse(node, 'it asks what a token says that was moved');
    const { domain } = this.facts.of(node);
    if (domain.kind !== 'finite' || domain.values.length > MOST_VALUES)
      return refuse(node, `it has ${countOf(domainSize(domain))} values, of which a dimension each is kept for ${MOST_VALUES} at most`);
    const forms = this.#makeBits(node, domain.values);
    this.#bits.set(node, forms);
    return forms;
  }

  /** 0 or 1 for each class of values. Values of class -1 are in none. */
  partition(node: SOp, classOf: ArrayLike<number>): readonly Form[] {
    const classes = Math.max(0, ...Array.from(classOf, (c) => c + 1));
    const key = `${node.id}:${Array.from(classOf).join()}`;
    const known = this.#partitions.get(key);
    if (known !== undefined) return known;
    const forms = this.#makePartition(node, classOf, classes);
    this.#partitions.set(key, forms);
    return forms;
  }

  #makePartition(node: SOp, classOf: ArrayLike<number>, classes: number): readonly Form[] {
    const { domain, shape } = this.facts.of(node);
    const size = domainSize(domain);
    if (this.#given !== null && node === this.graph.tokens('asis')) return this.#tokenClasses(node, size, classOf, classes);
    if (!this.#bits.has(node)) {
      if (shape.kind === 'table' && shape.variables.length === 1) {
        const [variable] = shape.variables as [SOp];
        return this.#padded(
          this.partition(
            variable,
            Int32Array.from(shape.entries, (entry) => (entry < 0 ? -1 : (classOf[entry] as number))),
          ),
          classes,
        );
      }
      if (node.kind === 'indices' && this.traits.positions === 'learned') {
        return Array.from({ length: classes }, (_, c) =>
          this.indexForm(Float64Array.from({ length: size }, (_, v) => (classOf[v] === c ? 1 : 0))),
        );
      }
      if (shape.kind === 'table' && shape.variables.length > 1) {
        // the values of class -1 are one more class, which nobody reads
        const of = (entry: number) => (entry < 0 ? -1 : (classOf[entry] as number) < 0 ? classes : (classOf[entry] as number));
        const boxes = tableBoxes(this.facts, shape.variables, Int32Array.from(shape.entries, of));
        if (boxes.boxes.length <= JOINT_STEPS && size > classes) return fireBoxes(this, node, classes + 1, boxes).slice(0, classes);
      }
      const ratio = this.ratioOf(node);
      if (ratio !== null && domain.kind === 'finite' && classes < size) {
        const of = Int32Array.from(classOf, (c) => (c < 0 ? classes : c));
        return decodeRatio(this, node, domain.values, { of, count: classes + 1 }, ratio).slice(0, classes);
      }
    }
    const bits = this.bits(node);
    return Array.from({ length: classes }, (_, c) =>
      combineForms(bits.flatMap((form, v) => (classOf[v] === c ? [{ form, weight: 1 }] : []))),
    );
  }

  #padded(forms: readonly Form[], count: number): readonly Form[] {
    return Array.from({ length: count }, (_, i) => forms[i] ?? constantForm(0));
  }

  #makeBits(node: SOp, values: readonly Value[]): readonly Form[] {
    if (values.length === 1) return [constantForm(1)];
    const { shape } = this.facts.of(node);
    const every = Int32Array.from(values, (_, v) => v);
    if (shape.kind === 'table' && shape.variables.length === 1)
      return this.#padded(
        this.partition(
          shape.variables[0] as SOp,
          Int32Array.from(shape.entries, (entry) => Math.max(-1, entry)),
        ),
        values.length,
      );
    if (node.kind === 'tokens') return this.#tokenBits(node, values);
    if (node.kind === 'indices' && this.traits.positions === 'learned') return this.partition(node, every);
    const ratio = this.ratioOf(node);
    if (ratio !== null) return decodeRatio(this, node, values, { of: every, count: values.length }, ratio);
    if (node.kind === 'aggregate' || node.kind === 'width') return this.#attention.lookUp(node, values);
    if (node.kind !== 'elementwise') throw new Error(`${node.kind} has no bits`);
    return this.#compute(node, values);
  }

  /** Where there are some tokens of each class, a dimension a class. */
  #tokenClasses(node: SOp, size: number, classOf: ArrayLike<number>, classes: number): readonly Form[] {
    if (this.#classRegister === null) {
      this.#classRegister = this.newRegister('tokens', node, null, 'features');
      this.#embeddings.push({ register: this.#classRegister, source: 'token' });
    }
    const register = this.#classRegister;
    return Array.from({ length: classes }, (_, c) => {
      const levels = Float64Array.from({ length: size }, (_, v) => (classOf[v] === c ? 1 : 0));
      const known = register.features.findIndex((feature) => feature.levels?.every((level, v) => level === levels[v]));
      return known < 0 ? this.addFeature(register, levels, 0) : { constant: 0, terms: [{ register, feature: known, weight: 1 }] };
    });
  }

  #tokenBits(node: SOp, values: readonly Value[]): readonly Form[] {
    const register = this.newRegister('tokens', node, values, 'one-hot');
    const forms = values.map((_, v) =>
      this.addFeature(
        register,
        Float64Array.from(values, (_, u) => (u === v ? 1 : 0)),
        0,
      ),
    );
    this.#embeddings.push({ register, source: 'token' });
    return forms;
  }

  /** A number of the position, from its table. */
  indexForm(levels: Float64Array, atBos = 0): Form {
    const key = `${levels.join()}@${atBos}`;
    const known = this.#levels.get(key);
    if (known !== undefined) return known;
    const indices = this.graph.indices();
    const { domain } = this.facts.of(indices);
    if (this.#indexRegister === null) {
      this.#indexRegister = this.newRegister('indices', indices, domain.kind === 'finite' ? domain.values : null, 'features');
      this.#embeddings.push({ register: this.#indexRegister, source: 'index' });
    }
    const form = this.addFeature(this.#indexRegister, levels, atBos);
    this.#levels.set(key, form);
    return form;
  }

  newRegister(
    name: string,
    node: SOp | null,
    values: readonly Value[] | null,
    encoding: Register['encoding'],
  ): Register & { features: Feature[] } {
    return { id: this.#shared.next++, name, spans: node?.spans ?? [], node, encoding, values, features: [] };
  }

  addFeature(register: Register & { features: Feature[] }, levels: Float64Array | null, bos: number): Form {
    const low = Math.min(bos, 0, ...(levels ?? []));
    const high = Math.max(bos, 1, ...(levels ?? []));
    register.features.push({ levels, spread: null, low, high, bos, unit: 1 });
    return { constant: 0, terms: [{ register, feature: register.features.length - 1, weight: 1 }] };
  }

  addHead(head: PendingHead): PendingHead {
    this.#heads.push(head);
    return head;
  }

  addGroup(group: NeuronGroup): void {
    this.#groups.push(group);
  }

  isBehind(form: Form, head: PendingHead): boolean {
    return isBehind(form, head, this.#heads, this.#groups);
  }

  sharp(form: Form): Form {
    if (!form.terms.some(({ register }) => this.blurred.has(register))) return form;
    const key = formKey(form);
    const known = this.#sharpened.get(key);
    if (known !== undefined) return known;
    const register = this.newRegister('sharp', null, null, 'features');
    const clean = this.addFeature(register, null, 0);
    const steps = [this.step(form, 0, 1, [{ register, feature: 0, weight: 1 }])];
    this.#groups.push({ kind: 'neurons', name: register.name, spans: [], steps, base: [] });
    this.#sharpened.set(key, clean);
    return clean;
  }

  /** The form, but `level` at BOS. */
  pinned(form: Form, level: number): Form {
    return pinnedAtBos(form, level, this.bos);
  }

  /** 1 / (n + 1) where n positions have been read, BOS not counted. */
  get unit(): Form {
    if (this.#unit === null) {
      const one: Form = { constant: 0, terms: [{ register: this.bos, feature: 0, weight: 1 }] };
      this.#unit =
        this.traits.positions === 'learned'
          ? this.indexForm(
              Float64Array.from({ length: this.context }, (_, i) => 1 / (i + 2)),
              1,
            )
          : this.#attention.share('share of BOS', one, 1);
    }
    return this.#unit;
  }

  /** The s-op as a quotient of shares; null where it is none. */
  ratioOf(node: SOp): RatioCode | null {
    const known = this.#ratios.get(node);
    if (known !== undefined) return known;
    const ratio = this.#makeRatio(node);
    this.#ratios.set(node, ratio);
    return ratio;
  }

  #makeRatio(node: SOp): RatioCode | null {
    if (node.kind === 'indices') {
      const numerator = combineForms([{ form: this.unit, weight: -2 }], 1);
      return this.#counted(numerator, 0, this.context - 1);
    }
    if (node.kind === 'width' || node.kind === 'aggregate') return this.#attention.ratioOf(node);
    const { affine, domain } = this.facts.of(node);
    if (affine === null || !affine.exact || affine.terms.has(node) || affine.terms.size === 0) return null;
    const parts = [...affine.terms].map(([term, weight]) => ({ ratio: isCounted(term) ? this.ratioOf(term) : null, weight }));
    if (
      parts.some(
        ({ ratio }) =>
          ratio === null ||
          ratio.counted !== 'units' ||
          ratio.cases.length !== 1 ||
          ratio.cases[0]?.gate !== null ||
          ratio.unit !== this.unit,
      )
    )
      return null;
    const numerator = combineForms([
      ...parts.map(({ ratio, weight }) => ({ form: (ratio as RatioCode).cases[0]?.numerator as Form, weight })),
      { form: this.unit, weight: affine.constant },
    ]);
    const { low, high } = bounds(domain);
    return this.#counted(numerator, low, high);
  }

  #counted(numerator: Form, low: number, high: number): RatioCode {
    const cases = [{ gate: null, numerator, denominator: this.unit }];
    return { cases, unit: this.unit, leastUnit: 1 / (this.context + 1), counted: 'units', grain: 1, low, high, absent: null };
  }

  /** A step whose input is above `high`, or below `low`; at BOS it is below. */
  step(input: Form, low: number, high: number, writes: Step['writes']): Step {
    return { input: this.pinned(input, low), ceilings: new Float64Array(0), intervals: [], low, high, writes };
  }

  #compute(node: Elementwise, values: readonly Value[]): readonly Form[] {
    const { shape } = this.facts.of(node);
    const compared = compareCounts(this, node, values);
    if (compared !== null) return compared;
    const joint = shape.kind === 'table' ? tableBoxes(this.facts, shape.variables, shape.entries) : null;
    if (joint !== null && joint.boxes.length <= JOINT_STEPS) return fireBoxes(this, node, values.length, joint);
    const own = argumentTable(this.facts, node, values);
    const byArguments = own === null ? null : tableBoxes(this.facts, own.variables, own.entries);
    const best = joint === null || (byArguments !== null && byArguments.boxes.length < joint.boxes.length) ? byArguments : joint;
    if (best === null || 2 * best.boxes.length > this.traits.neurons)
      return refuse(
        node,
        best === null
          ? 'its arguments have too many combinations'
          : `it takes ${2 * best.boxes.length} neurons, and a layer has ${this.traits.neurons}`,
      );
    return fireBoxes(this, node, values.length, best);
  }
}

const NO_CODES = 'it asks which token it is';
