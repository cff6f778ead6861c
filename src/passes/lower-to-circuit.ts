/**
 * From graph to circuit: every aggregate and width becomes a head, every function that no linear form can express a group of
 * neurons, every export a readout. Works backwards from the exports, so that only what is read is ever computed or encoded.
 */
import type { Circuit, Embedding, Form, Head, HeadSemantics, HeadValue, Readout, Register } from '../circuit/circuit.ts';
import { combineForms, constantForm, formAtBos, scaleForm } from '../circuit/form.ts';
import { bounds, numericValue } from '../graph/domain.ts';
import type { Aggregate, Graph, Selector, SelectorWidth, SOp } from '../graph/graph.ts';
import type { Export } from '../graph/program.ts';
import { type Value, valuesEqual } from '../graph/value.ts';
import type { Facts } from './facts.ts';
import { FeatureBasis, type GrowingRegister, growingRegister } from './feature-basis.ts';
import { type ScorePair, SelectorLowering } from './lower-selectors.ts';
import { ValueReader, type VariableCode } from './read-values.ts';

/** An output with more values than this is a number in the logits. */
const CATEGORICAL_LIMIT = 1200;

/** Everything that is not selected weighs at most e^-14 together: below the rounding of any count up to a thousand. */
const LEAKAGE_NATS = 14;

export function lowerToCircuit(graph: Graph, facts: Facts, exports: readonly Export[]): Circuit {
  return new Lowering(graph, facts).lower(exports);
}

interface PendingHead {
  readonly name: string;
  readonly node: SOp;
  readonly scores: readonly ScorePair[];
  readonly values: HeadValue[];
  readonly semantics: HeadSemantics;
}

class Lowering {
  readonly bos: Register = {
    id: 0,
    name: 'bos',
    spans: [],
    encoding: 'features',
    values: null,
    features: [{ levels: Float64Array.of(0), low: 0, high: 1, bos: 1 }],
  };
  readonly #graph: Graph;
  readonly #facts: Facts;
  readonly #reader: ValueReader;
  readonly #selectors: SelectorLowering;
  readonly #variables = new Map<SOp, VariableCode>();
  readonly #embeddings: Embedding[] = [{ register: this.bos, source: 'bos' }];
  readonly #heads: PendingHead[] = [];
  #registers = 1;

  constructor(graph: Graph, facts: Facts) {
    this.#graph = graph;
    this.#facts = facts;
    this.#reader = new ValueReader(facts, this);
    this.#selectors = new SelectorLowering(facts, graph, this.#reader);
  }

  lower(exports: readonly Export[]): Circuit {
    const readouts = exports.map((e) => this.#readout(e));
    const heads: Head[] = this.#heads
      .filter((h) => h.values.length > 0)
      .map(({ node, ...head }) => ({ kind: 'head', spans: node.spans, ...head }));
    const embeddings = this.#embeddings.filter(({ register }) => register.features.length > 0);
    return { embeddings, components: [...heads, ...this.#reader.finish()], readouts, bos: this.bos };
  }

  variable(node: SOp): VariableCode {
    const known = this.#variables.get(node);
    if (known !== undefined) return known;
    const code = this.#makeVariable(node);
    this.#variables.set(node, code);
    return code;
  }

  newRegister(name: string, node: SOp, values: readonly Value[] | null): GrowingRegister {
    return growingRegister(this.#registers++, name, node.spans, values);
  }

  #makeVariable(node: SOp): VariableCode {
    switch (node.kind) {
      case 'tokens':
        return this.#embedded(node, 'tokens', 'token');
      case 'indices':
        return this.#embedded(node, 'indices', 'index');
      case 'aggregate':
        return this.#aggregated(node);
      case 'width':
        return this.#counted(node);
      default:
        throw new Error(`${node.kind} is no variable`);
    }
  }

  #embedded(node: SOp, name: string, source: Embedding['source']): VariableCode {
    const values = this.#values(node);
    const register = this.newRegister(name, node, values);
    const basis = new FeatureBasis(register, values.length, () => 0);
    this.#embeddings.push({ register, source });
    return openCode(basis);
  }

  #aggregated(node: Aggregate): VariableCode {
    const { domain } = this.#facts.of(node);
    const { nonempty, single } = this.#facts.selectionCount(node.selector);
    const name = node.name ?? 'aggregate';
    const values: HeadValue[] = [];
    if (single && domain.kind === 'finite') {
      this.#heads.push({ name, node, values, ...this.#attend(node.selector, 'copy', nonempty) });
      const register = this.newRegister(name, node, domain.values);
      const indexOf = new Map(domain.values.map((v, i) => [v, i]));
      const basis = new FeatureBasis(register, domain.values.length, (levels, feature) => {
        const level = (value: Value) => levels[indexOf.get(value) as number] as number;
        const bos = nonempty ? 0 : level(node.default);
        const form = this.#pinned(this.#reader.read(node.value, level), bos);
        values.push({ form, write: { register, feature, weight: 1 } });
        return bos;
      });
      return openCode(basis, () => this.#reader.wantOneHot(node.value));
    }
    this.#heads.push({ name, node, values, ...this.#attend(node.selector, single ? 'copy' : 'mean', nonempty) });
    const { low, high } = bounds(domain);
    const scale = 2 ** Math.ceil(Math.log2(Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE)));
    const bos = nonempty ? 0 : numericValue(node.default) / scale;
    const form = this.#pinned(scaleForm(this.#reader.readNumber(node.value), 1 / scale), bos);
    return this.#numberCode(node, name, values, form, bos, scale, (v) => numericValue(v) / scale);
  }

  /** With c keys selected and BOS weighing W of them, the head's average of 1 over keys and 0 over BOS is c / (W + c). */
  #counted(node: SelectorWidth): VariableCode {
    const name = node.name ?? 'selector_width';
    const values: HeadValue[] = [];
    const head = this.#attend(node.selector, 'width', false);
    this.#heads.push({ name, node, values, ...head });
    const weight = head.semantics.bosWeight;
    return this.#numberCode(
      node,
      name,
      values,
      this.#pinned(constantForm(1), 0),
      0,
      1,
      (v) => numericValue(v) / (weight + numericValue(v)),
    );
  }

  /** The code of a head that writes one number. */
  #numberCode(
    node: SOp,
    name: string,
    values: HeadValue[],
    form: Form,
    bos: number,
    scale: number,
    level: (value: Value) => number,
  ): VariableCode {
    const { domain } = this.#facts.of(node);
    const register = this.newRegister(name, node, domain.kind === 'finite' ? domain.values : null);
    values.push({ form, write: { register, feature: 0, weight: 1 } });
    const number: Form = { constant: 0, terms: [{ register, feature: 0, weight: 1 }] };
    if (domain.kind !== 'finite') {
      register.features.push({ levels: null, low: Math.min(bos, domain.low / scale), high: Math.max(bos, domain.high / scale), bos });
      return { open: false, read: () => null, raw: { levels: null, form: scaleForm(number, scale) }, makeOneHot: () => {} };
    }
    const basis = new FeatureBasis(register, domain.values.length, () => bos);
    const levels = Float64Array.from(domain.values, level);
    basis.addOnly(levels);
    return { open: false, read: (wanted) => basis.readKnown(wanted), raw: { levels, form: number }, makeOneHot: () => {} };
  }

  /** The form, but `level` at BOS. */
  #pinned(form: Form, level: number): Form {
    return combineForms([
      { form, weight: 1 },
      { form: this.#atBos(1), weight: level - formAtBos(form) },
    ]);
  }

  #atBos(weight: number): Form {
    return { constant: 0, terms: [{ register: this.bos, feature: 0, weight }] };
  }

  /** The scores of a head that attends as the selector selects; BOS takes what nothing else does. */
  #attend(selector: Selector, kind: HeadSemantics['kind'], nonempty: boolean): { scores: ScorePair[]; semantics: HeadSemantics } {
    const { context, causal } = this.#facts.assumptions;
    const margin = Math.log(context) + LEAKAGE_NATS;
    const extreme = selector.kind === 'rightmost' || selector.kind === 'leftmost';
    const slope = extreme ? margin : 0;
    const rise = slope * (context - 1);
    // BOS stands between selected and other keys where it has to absorb, and above them all where it is counted.
    const gap = rise + (nonempty || kind === 'width' ? margin : 2 * margin);
    const inner = extreme ? selector.selector : selector;
    const { pairs, selected } = this.#selectors.lower(inner, gap, kind === 'copy');
    const scores = pairs.map(({ query, key }) => ({ query, key: this.#pinned(key, 0) }));
    if (extreme && context > 1) scores.push({ query: constantForm(rise), key: this.#pinned(this.#extremity(selector.kind), 0) });
    const bosWeight = kind === 'width' ? context : 0;
    const bosScore = kind === 'width' ? selected + Math.log(bosWeight) : selected - margin;
    scores.push({
      query: { ...this.#bosToItself(causal ? 0 : selected + rise + margin - bosScore), constant: bosScore },
      key: this.#atBos(1),
    });
    return { scores: scores.filter((s) => s.key.terms.length > 0), semantics: { kind, selected, gap: margin, bosWeight } };
  }

  /** What BOS adds to its own score where it sees other positions: it must look at nothing but itself, so that its content is known. */
  #bosToItself(advantage: number): Form {
    return advantage === 0 ? constantForm(0) : this.#atBos(advantage);
  }

  /** 0 at the position that an extreme likes least and 1 at the one it likes best. */
  #extremity(kind: 'rightmost' | 'leftmost'): Form {
    const last = this.#facts.assumptions.context - 1;
    return this.#reader.read(this.#graph.indices(), (_, i) => (kind === 'rightmost' ? i : last - i) / last);
  }

  #readout({ name, node }: Export): Readout {
    const { domain } = this.#facts.of(node);
    if (domain.kind === 'interval' || domain.values.length > CATEGORICAL_LIMIT) {
      return { kind: 'numeric', name, spans: node.spans, form: this.#reader.readNumber(node) };
    }
    // Equal numbers of different types (1 and 1.0) stand side by side, and are one answer.
    const distinct = domain.values.filter((v, i) => i === 0 || !valuesEqual(v, domain.values[i - 1] as Value));
    this.#reader.wantOneHot(node);
    const logits = distinct.map((value) => ({ value, form: this.#reader.read(node, (v) => (valuesEqual(v, value) ? 1 : 0)) }));
    return { kind: 'categorical', name, spans: node.spans, logits };
  }

  #values(node: SOp): readonly Value[] {
    const { domain } = this.#facts.of(node);
    if (domain.kind !== 'finite') throw new Error('a base s-op has finitely many values');
    return domain.values;
  }
}

function openCode(basis: FeatureBasis, before: () => void = () => {}): VariableCode {
  return {
    open: true,
    raw: null,
    read: (levels) => basis.read(levels),
    makeOneHot: () => {
      before();
      basis.makeOneHot();
    },
  };
}
