/**
 * From graph to circuit: every aggregate and width becomes a head, every function that no linear form can express a group of
 * neurons, every export a readout. Works backwards from the exports, so that only what is read is ever computed or encoded.
 */
import type { Circuit, Embedding, Form, Head, HeadValue, Register } from '../../circuit/circuit.ts';
import { registersRead } from '../../circuit/dataflow.ts';
import { addConstant, constantForm, pinnedAtBos, scaleForm } from '../../circuit/form.ts';
import { bounds, numericValue } from '../../graph/domain.ts';
import { type Aggregate, type Graph, type Reduction, reachable, type SelectorWidth, type SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import type { Traits } from '../../targets/target.ts';
import { roundTo } from '../../tensor/dtype.ts';
import type { Facts } from '../facts/facts.ts';
import type { Optimization } from '../optimizations.ts';
import { Care, type DensePlace } from './care.ts';
import { FeatureBasis, type GrowingRegister, growingRegister } from './feature-basis.ts';
import { type Attention, AttentionLowering, LINEAR_CONTEXT, valuesOf } from './lower-attention.ts';
import { lowerReadout } from './lower-readout.ts';
import type { LoweringOptions } from './lower-selectors.ts';
import { type HeadNumber, numberCode } from './number-code.ts';
import { ValueReader } from './read-values.ts';
import { LEAKAGE_NATS, type Snap } from './snap.ts';
import type { VariableCode } from './variable-code.ts';

/** The same for a count of what was counted, whose rounding it inherits: a flat one leaves more room between two numbers. */
const COUNTED_CONTEXT = 48;
/** How many times the context BOS weighs beyond: shares are then flat enough that the largest counts are no closer than the others. */
const FLAT = 16;

export function lowerToCircuit(graph: Graph, facts: Facts, exports: readonly Export[], options: LoweringOptions): Circuit {
  return new Lowering(graph, facts, options).lower(exports);
}

/** Whether what is selected depends on other counts. */
function countsCounts(node: SelectorWidth): boolean {
  return reachable([node.selector]).some(({ kind }) => kind === 'width');
}

/** About how far off an average is, and a share of BOS's. */
const HEAD_NOISE = 4e-5;
const SHARE_NOISE = 2e-6;

interface PendingHead extends Attention {
  readonly name: string;
  readonly node: SOp;
  readonly values: HeadValue[];
}

class Lowering {
  readonly bos: Register = {
    id: 0,
    name: 'bos',
    spans: [],
    node: null,
    encoding: 'features',
    values: null,
    features: [{ levels: Float64Array.of(0), spread: null, low: 0, high: 1, bos: 1, unit: 1 }],
  };
  readonly #facts: Facts;
  readonly #positions: Traits['positions'];
  readonly #snap: Snap;
  readonly #decoded: boolean;
  readonly #reader: ValueReader;
  readonly #attention: AttentionLowering;
  readonly #variables = new Map<SOp, VariableCode>();
  readonly #embeddings: Embedding[] = [{ register: this.bos, source: 'bos' }];
  readonly #heads: PendingHead[] = [];
  readonly #optimizations: ReadonlySet<Optimization>;
  readonly #care: Care;
  readonly #appended: string | null;
  #registers = 1;

  constructor(graph: Graph, facts: Facts, options: LoweringOptions) {
    this.#facts = facts;
    this.#positions = options.positions;
    this.#snap = options.snap;
    this.#decoded = options.decoded;
    this.#optimizations = options.optimizations;
    this.#reader = new ValueReader(facts, this, options);
    this.#care = options.care ?? new Care();
    this.#appended = options.appended ?? null;
    this.#attention = new AttentionLowering(graph, facts, this.#reader, this.#care, this, options);
  }

  lower(exports: readonly Export[]): Circuit {
    const readouts = exports.map((e) =>
      lowerReadout(e, {
        facts: this.#facts,
        reader: this.#reader,
        care: this.#care,
        isSingle: this.#snap.computed === 'f32',
        optimizations: this.#optimizations,
        isAppended: e.name === this.#appended,
      }),
    );
    const heads: Head[] = this.#heads
      .filter((h) => h.values.length > 0)
      .map(({ node, place, ...rest }) => {
        const head: Head = { kind: 'head', spans: node.spans, ...rest };
        if (place !== null) this.#care.noteOwner(head, place);
        return head;
      });
    const components = [...heads, ...this.#reader.finish()];
    // Every head asks whether a key is BOS.
    const readsBos = heads.length > 0 || components.some((c) => registersRead(c).has(this.bos));
    const embeddings = this.#embeddings.filter(({ register }) => (register === this.bos ? readsBos : register.features.length > 0));
    return { embeddings, components, readouts, bos: this.bos };
  }

  variable(node: SOp): VariableCode {
    const known = this.#variables.get(node);
    if (known !== undefined) return known;
    const code = this.#makeVariable(node);
    this.#variables.set(node, code);
    return code;
  }

  newRegister(name: string, node: SOp, values: readonly Value[] | null): GrowingRegister {
    return growingRegister(this.#registers++, name, node, values);
  }

  #makeVariable(node: SOp): VariableCode {
    switch (node.kind) {
      case 'tokens':
        return this.#embedded(node, 'tokens', 'token');
      case 'indices':
        return this.#positions.kind === 'learned' ? this.#embedded(node, 'indices', 'index') : this.#position(node);
      case 'aggregate':
        return this.#aggregated(node);
      case 'reduction':
        return this.#extreme(node);
      case 'width':
        return this.#counted(node);
      default:
        throw new Error(`${node.kind} is no variable`);
    }
  }

  #embedded(node: SOp, name: string, source: Embedding['source']): VariableCode {
    const values = valuesOf(node, this.#facts);
    const register = this.newRegister(name, node, values);
    const basis = new FeatureBasis(register, values.length, () => 0, {
      level: this.#snap.level,
      isCoarse: this.#snap.computed !== 'f32',
    });
    this.#embeddings.push({ register, source });
    return this.#openCode(basis);
  }

  #aggregated(node: Aggregate): VariableCode {
    const { domain } = this.#facts.of(node);
    const { nonempty, single } = this.#facts.selectionCount(node.selector);
    if (single && domain.kind === 'finite')
      return this.#moved(node, domain.values, nonempty, this.#attention.attend(node.selector, 'copy', nonempty));
    const name = node.name ?? 'aggregate';
    const values: HeadValue[] = [];
    // where all that is selected holds the same, it need not weigh the same
    const held = this.#facts.of(node.value).domain;
    const isAlike = held.kind === 'finite' && held.values.length === 1;
    this.#heads.push({ name, node, values, ...this.#attention.attend(node.selector, single ? 'copy' : 'mean', nonempty, { isAlike }) });
    const { low, high } = bounds(domain);
    // Around 0 a number is half as large, and what multiplies it rounds half as much.
    const isCentred = Number.isFinite(low + high) && this.#mayBeDense('centred-means', { kind: 'mean', node });
    const middle = isCentred ? (low + high) / 2 : 0;
    const scale = 2 ** Math.ceil(Math.log2(Math.max(high - middle, middle - low, Number.MIN_VALUE)));
    const bos = nonempty ? 0 : (numericValue(node.default) - middle) / scale;
    return this.#numberCode(node, name, values, {
      form: this.#pinned(addConstant(scaleForm(this.#reader.readNumber(node.value), 1 / scale), -middle / scale), bos),
      gain: 1,
      bos,
      scale,
      middle,
      noise: HEAD_NOISE,
      level: (v) => (numericValue(v) - middle) / scale,
      spread: (v) => this.#snap.average * Math.abs((numericValue(v) - middle) / scale),
    });
  }

  /** Of what is selected the largest value scores most, and wherever it is found it is the same. */
  #extreme(node: Reduction): VariableCode {
    const { nonempty } = this.#facts.selectionCount(node.selector);
    const end = node.operator === 'max' ? 'highest' : 'lowest';
    const attention = this.#attention.attend(node.selector, 'extreme', nonempty, { ranked: { node: node.value, end } });
    return this.#moved(node, valuesOf(node, this.#facts), nonempty, attention);
  }

  /** What a head brings as it was from where it is; BOS has the default where nothing is selected. */
  #moved(node: Aggregate | Reduction, domain: readonly Value[], nonempty: boolean, attention: Attention): VariableCode {
    const name = node.name ?? node.kind;
    const values: HeadValue[] = [];
    this.#heads.push({ name, node, values, ...attention });
    const register = this.newRegister(name, node, domain);
    const indexOf = new Map(domain.map((v, i) => [v, i]));
    const basis = new FeatureBasis(register, domain.length, (levels, feature) => {
      const level = (value: Value) => levels[indexOf.get(value) as number] as number;
      const bos = nonempty ? 0 : level(node.default);
      const form = this.#pinned(this.#reader.read(node.value, level), bos);
      values.push({ form, write: { register, feature, weight: 1 } });
      return bos;
    });
    return this.#openCode(basis, () => this.#reader.wantOneHot(node.value));
  }

  /**
   * With c keys selected and BOS weighing W of them, the head's average of 1 over keys and 0 over BOS is c / (W + c). It is written times W / N,
   * so that it ends near 1. At 4N or more times the context N, shares are so nearly proportional to counts that sums of counts are read from
   * sums of shares. In a long context that would leave too little room between two counts.
   */
  #counted(node: SelectorWidth): VariableCode {
    const name = node.name ?? 'selector_width';
    const values: HeadValue[] = [];
    const { context } = this.#facts.assumptions;
    const place = { kind: 'count', node } as const;
    const isLinear = context <= (countsCounts(node) ? COUNTED_CONTEXT : LINEAR_CONTEXT) && this.#mayBeDense('linear-counts', place);
    // Where a nearly linear number is too fine, or the context is long, shares are flat.
    const isFlat = !isLinear && this.#optimizations.has('linear-counts') && this.#care.level(place) <= 1;
    if (isFlat && context <= LINEAR_CONTEXT) this.#care.noteDense(place);
    const times = isLinear ? 2 ** Math.ceil(Math.log2(4 * context)) : isFlat ? FLAT : 1;
    const head = this.#attention.attend(node.selector, 'width', false, { bosWeight: context * times });
    const { domain } = this.#facts.of(node);
    const counts = domain.kind === 'finite' ? domain.values.map(numericValue) : null;
    this.#heads.push({ name, node, values, ...head, semantics: { ...head.semantics, counts } });
    const weight = head.semantics.bosWeight;
    const share = (v: Value) => this.#snap.share(numericValue(v), weight, context);
    const gain = isLinear || isFlat ? weight / context : 1;
    // Flat numbers around 0 are half as large, and so is what is rounded of their multiples.
    const isCentred = isFlat && this.#snap.computed === 'f32';
    const middle = isCentred ? roundTo('bf16', this.#snap.share(context / 2, weight, context).level) : 0;
    return this.#numberCode(node, name, values, {
      form: this.#pinned(constantForm(this.#snap.shared - middle), -middle),
      gain,
      bos: -gain * middle,
      scale: context,
      middle: 0,
      noise: Math.max(HEAD_NOISE, gain * SHARE_NOISE),
      level: (v) => gain * (share(v).level - middle),
      spread: (v) => gain * share(v).spread,
    });
  }

  /** Without a position table: a head that counts the positions so far, as {@link #counted} does. */
  #position(node: SOp): VariableCode {
    const { context } = this.#facts.assumptions;
    const values: HeadValue[] = [];
    const margin = Math.log(context) + LEAKAGE_NATS;
    const { score, weight } = this.#snap.bosScore(0, context);
    const counts = valuesOf(node, this.#facts).map((v) => numericValue(v) + 1);
    const share = (v: Value) => this.#snap.share(numericValue(v) + 1, weight, context);
    this.#heads.push({
      name: 'indices',
      node,
      values,
      place: null,
      scores: [],
      relative: null,
      bos: { score, toItself: 0 },
      semantics: { kind: 'width', selected: 0, highest: 0, gap: margin, bosWeight: weight, counts, ladder: null },
    });
    return this.#numberCode(node, 'indices', values, {
      form: this.#pinned(constantForm(this.#snap.shared), 0),
      gain: 1,
      bos: 0,
      scale: 1,
      middle: 0,
      noise: HEAD_NOISE,
      level: (v) => share(v).level,
      spread: (v) => share(v).spread,
    });
  }

  #numberCode(node: SOp, name: string, values: HeadValue[], number: HeadNumber): VariableCode {
    return numberCode(node, name, values, number, {
      facts: this.#facts,
      care: this.#care,
      snap: this.#snap,
      decoded: this.#decoded,
      newRegister: (...of) => this.newRegister(...of),
    });
  }

  /** The form, but `level` at BOS. */
  #pinned(form: Form, level: number): Form {
    return pinnedAtBos(form, level, this.bos);
  }

  /** Whether an optimisation is asked for that makes codes dense, and has not failed at this place; if it `matters`, it can fail. */
  #mayBeDense(optimization: Optimization, place: DensePlace, matters = true): boolean {
    if (!this.#optimizations.has(optimization) || this.#care.level(place) > 0) return false;
    if (matters) this.#care.noteDense(place);
    return true;
  }

  /**
   * The code of a component that can write anything. What it writes is exact, so that the last value's indicator can be read from the
   * others; what steps write is not, and each value's rounding would be in that indicator.
   */
  #openCode(basis: FeatureBasis, before: () => void = () => {}): VariableCode {
    const encoding = this.#optimizations.has('dummy-codes') ? 'dummy' : 'one-hot';
    return {
      open: true,
      raw: null,
      read: (levels) => basis.read(levels),
      makeOneHot: () => {
        before();
        basis.makeIndicators(encoding);
      },
    };
  }
}
