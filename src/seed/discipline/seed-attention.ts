/**
 * Selectors of a seed as heads: one key is looked up by its class, its distance or its place in order; several are counted by scores that are all
 * equal, so that what is moved is the share of each class of keys.
 */
import type { BosScore, Form, HeadSemantics, ScorePair } from '../../circuit/circuit.ts';
import { combineForms, constantForm, formKey, scaleForm } from '../../circuit/form.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { numericValue } from '../../graph/domain.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { Aggregate, Select, Selector, SelectorWidth, SOp } from '../../graph/graph.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { isIdentity, NO_TOKEN } from '../../graph/whole-token.ts';
import { atomsOf, type Condition, condition, holds, Operand } from '../../passes/matching/condition.ts';
import { PREDICATE_LIMIT, type Predicate, TabulatedPredicate } from '../../passes/matching/predicate.ts';
import { identityOf, identityScores, LEAST_COMPARED, MORE_PRODUCTS } from './codes/identity-scores.ts';
import { samenessForms } from './codes/one-position.ts';
import { movedCode } from './codes/token-codes.ts';
import { type Numbers, numbersOf, rangeOf } from './counts/mean-numbers.ts';
import type { RatioCode } from './counts/ratio-code.ts';
import { distanceScores } from './distance-scores.ts';
import { type CodeForms, type LoweringSource, refuse, sameValue } from './lowering-source.ts';
import { MovedBack } from './moved-back.ts';
import { MOST_OFFSETS, nearestOf } from './nearest.ts';
import { isExtreme, partsOf, type SelectorParts } from './selector-parts.ts';

/** A predicate over the values of keys and of queries; null where it does not ask for them. */
interface Classes {
  readonly predicate: Predicate;
  readonly keys: Operand | null;
  readonly queries: SOp | null;
  readonly keySize: number;
}

/** Of all attention e^-6 may go astray: a reader's threshold lies at half of a value. */
const STRAY_NATS = 6;
/** By how many nats the last of several keys exceeds the one before it: a reader's threshold lies at half of a value, and it has .92. */
const NATS_A_POSITION = 2.5;
const MOST_CLASSES = 130;

export class SeedAttention {
  readonly #lowering: LoweringSource;
  readonly #shares = new Map<string, Form>();
  readonly #back: MovedBack;
  readonly #parts = new Map<Selector, SelectorParts>();

  constructor(lowering: LoweringSource) {
    this.#lowering = lowering;
    this.#back = new MovedBack(lowering, (offset) => this.#attention([], { offset, order: 0 }));
  }

  get #margin(): number {
    return Math.log(this.#lowering.context) + STRAY_NATS;
  }

  /** The mean of a number over all positions so far, BOS among them with a number of its own. */
  share(name: string, form: Form, atBos: number): Form {
    const pinned = this.#lowering.pinned(form, atBos);
    const key = formKey(pinned);
    const known = this.#shares.get(key);
    if (known !== undefined) return known;
    const register = this.#lowering.newRegister(name, null, null, 'features');
    const share = this.#lowering.addFeature(register, null, atBos);
    this.#lowering.addHead({
      name,
      spans: [],
      scores: [],
      relative: null,
      bos: { score: 0, toItself: 0 },
      values: [{ form: pinned, write: { register, feature: 0, weight: 1 } }],
      semantics: semantics('mean', 0, 0),
    });
    this.#shares.set(key, share);
    return share;
  }

  /** A head that finds one key, or nothing. */
  lookUp(node: Aggregate | SelectorWidth, values: readonly Value[]): readonly Form[] {
    const lowering = this.#lowering;
    const { offsets, order, rest, inner, seen, nonempty, back } = this.#soughtBy(node);
    const sameness = node.kind === 'width' && offsets?.length === 1 && offsets[0] === 0 ? samenessOf(rest) : null;
    if (lowering.isCoded && sameness !== null) {
      const [different, same] = samenessForms(lowering, node, sameness);
      return values.map((value) => (valuesEqual(value, 0n) ? different : same));
    }
    const clauses = rest.map((clause) => this.#clauseOf(clause, inner));
    if (offsets !== null && offsets.length !== 1 && node.kind === 'aggregate')
      return nearestOf(lowering, node, { offsets, order, rest }, values);
    const scores = this.#scoresOf(clauses, seen, back);
    const moves = node.kind === 'width' ? null : node.value;
    const otherwise: Value = node.kind === 'width' ? 0n : node.default;
    const moved = this.#valueForms(moves, values);
    const register = lowering.newRegister(node.name ?? node.kind, node, values, 'one-hot');
    const head = this.#headFor(node, scores, { offset: offsets?.[0] ?? null, order });
    const isBlurred = order !== 0 || moved.some(({ terms }) => terms.some((term) => lowering.blurred.has(term.register)));
    if (isBlurred) lowering.blurred.add(register);
    return values.map((value, v) => {
      const bos = !nonempty && sameValue(value, otherwise) ? 1 : 0;
      const feature = lowering.addFeature(
        register,
        Float64Array.from(values, (_, u) => (u === v ? 1 : 0)),
        bos,
      );
      head.values.push({ form: lowering.pinned(seen(moved[v] as Form), bos), write: { register, feature: v, weight: 1 } });
      return feature;
    });
  }

  /** The code of the token that a head finds, and nothing where it finds none. */
  moveCode(node: Aggregate): CodeForms {
    const lowering = this.#lowering;
    const { offsets, order, rest, inner, seen, nonempty, back } = this.#soughtBy(node);
    if (offsets !== null && offsets.length !== 1) refuse(node.selector, 'it looks for a token at several distances');
    if (!nonempty && node.default !== NO_TOKEN && node.default !== 0n)
      refuse(
        node,
        `it gives ${sourceText(node.default)} where nothing is selected, and a seed says nothing there, for which "${NO_TOKEN}" stands`,
      );
    const clauses = rest.map((clause) => this.#clauseOf(clause, inner));
    // of what is about right twice nobody could tell what it is
    const codes = order === 0 ? lowering.codeOf(node.value) : lowering.sharpCodeOf(node.value);
    const scores = this.#scoresOf(clauses, seen, back);
    const register = lowering.newRegister(node.name ?? 'token', node, null, 'features');
    const head = this.#headFor(node, scores, { offset: offsets?.[0] ?? null, order });
    if (order !== 0 || codes.forms.some(({ terms }) => terms.some((term) => lowering.blurred.has(term.register))))
      lowering.blurred.add(register);
    return movedCode(lowering, head, register, codes, (form, atBos) => lowering.pinned(seen(form), atBos), nonempty);
  }

  #soughtBy(node: Aggregate | SelectorWidth) {
    const { single, nonempty } = this.#lowering.facts.selectionCount(node.selector);
    if (!single) return refuse(node, 'it averages values that are no numbers');
    const inner = node.selector.kind === 'rightmost' || node.selector.kind === 'leftmost' ? node.selector.selector : node.selector;
    const order = node.selector.kind === 'rightmost' ? 1 : node.selector.kind === 'leftmost' ? -1 : 0;
    const { offsets, back, rest } = this.#partsOf(inner);
    // a key so far before is at the query's own position or before it what has been moved from there
    const seen = (form: Form): Form => this.#back.form(form, back);
    return { offsets, back, rest, inner, order, seen, nonempty };
  }

  #clauseOf(clause: Condition, where: Selector): Classes | Select {
    return (this.#lowering.isCoded ? identityOf(clause) : null) ?? this.#classesOf([clause], where);
  }

  #scoresOf(clauses: readonly (Classes | Select)[], seen: (form: Form) => Form, back: number): ScorePair[] {
    const ofClasses = clauses.flatMap((each) => ('predicate' in each ? this.#mismatches(each, seen) : []));
    const scores = clauses.flatMap((each) => ('predicate' in each ? [] : this.#identity(each, seen, ofClasses.length)));
    // of what has not been moved from anywhere nothing is known, which is no match
    const none: ScorePair[] = back > 0 ? [{ query: constantForm(1), key: this.#back.form(constantForm(0), back, 1) }] : [];
    return [...ofClasses, ...scores, ...none];
  }

  /** @param others how many products the head's other conditions take */
  #identity({ keys, queries, spans }: Select, seen: (form: Form) => Form, others: number): ScorePair[] {
    const lowering = this.#lowering;
    const { length } = lowering.codeOf(keys).forms;
    const room = lowering.traits.contentDims - others - MORE_PRODUCTS;
    if (room < Math.min(length, LEAST_COMPARED)) {
      fail(
        'R7706',
        {
          what: `a code of tokens beside ${others} classes`,
          needed: Math.min(length, LEAST_COMPARED) + others + MORE_PRODUCTS,
          available: lowering.traits.contentDims,
          of: `dimensions of a head that compare content over ${lowering.context} positions`,
          instead: 'a shorter context (`--context`), fewer classes or larger heads would do',
        },
        { span: spans[0] },
      );
    }
    const key = lowering.sharpCodeOf(keys);
    const found = { ...key, forms: key.forms.map(seen), present: seen(key.present), absent: seen(key.absent) };
    return identityScores(found, lowering.sharpCodeOf(queries), lowering.tokenCode, Math.min(length, room));
  }

  #headFor(
    node: Aggregate | SelectorWidth,
    scores: readonly ScorePair[],
    where: { readonly offset: number | null; readonly order: number },
  ) {
    return this.#lowering.addHead({ name: node.name ?? node.kind, spans: node.spans, values: [], ...this.#attention(scores, where) });
  }

  /** For each value the indicator of what a key has; a width moves 1. */
  #valueForms(moves: SOp | null, values: readonly Value[]): Form[] {
    if (moves === null) return values.map((value) => constantForm(valuesEqual(value, 1n) ? 1 : 0));
    const { domain } = this.#lowering.facts.of(moves);
    if (domain.kind !== 'finite') return refuse(moves, 'what is moved is a number of too many values');
    const classOf = domain.values.map((each) => values.findIndex((value) => sameValue(value, each)));
    const forms = this.#lowering.partition(moves, classOf);
    return values.map((_, v) => forms[v] ?? constantForm(0));
  }

  /** Scores of 0 for what a clause selects, and of -1 for everything else. */
  #mismatches({ predicate, keys, queries }: Classes, seen: (form: Form) => Form): ScorePair[] {
    const lowering = this.#lowering;
    const { keyClasses, queryClasses } = predicate;
    const onKeys = keyClasses.selecting <= queryClasses.selecting;
    const own = onKeys ? keyClasses : queryClasses;
    const count = own.selecting;
    if (keys === null || queries === null) throw new Error('a clause compares something');
    const ownNode = onKeys ? keys.node : queries;
    const otherNode = onKeys ? queries : keys.node;
    const others = (onKeys ? queryClasses : keyClasses).of;
    const indicators = lowering.partition(
      ownNode,
      Int32Array.from(own.of, (c) => (c < 0 ? count : c)),
    );
    const pairs: ScorePair[] = [];
    for (let c = 0; c < count; c++) {
      const member = own.of.indexOf(c);
      const misses = Int32Array.from(others, (_, i) => ((onKeys ? predicate.at(member, i) : predicate.at(i, member)) === 1 ? -1 : 0));
      if (misses.every((miss) => miss < 0)) continue;
      const missed = lowering.sharp(lowering.partition(otherNode, misses)[0] ?? constantForm(0));
      const indicator = lowering.sharp(indicators[c] as Form);
      pairs.push(onKeys ? { key: seen(indicator), query: missed } : { key: seen(missed), query: indicator });
    }
    const none = indicators[count] === undefined ? undefined : lowering.sharp(indicators[count]);
    if (none !== undefined) pairs.push(onKeys ? { key: seen(none), query: constantForm(1) } : { key: constantForm(1), query: none });
    return pairs;
  }

  /**
   * Scores, and BOS between selected and other keys.
   *
   * @param order 1: the last of the selected, -1: the first of them, 0: there is but one
   */
  #attention(mismatches: readonly ScorePair[], { offset, order }: { readonly offset: number | null; readonly order: number }) {
    const lowering = this.#lowering;
    const margin = this.#margin;
    const rise = order === 0 ? 0 : NATS_A_POSITION * (lowering.context - 1);
    // further below BOS than BOS is below the selected: keys of the first positions, where the stream is louder, are heard less
    const penalty = 2 * rise + 3 * margin;
    const scores: ScorePair[] = mismatches.map(({ query, key }) => ({ query: scaleForm(query, -penalty), key: lowering.pinned(key, 0) }));
    let selected = 0;
    let relative = null;
    let recency: number | null = null;
    if (offset !== null) {
      if (lowering.traits.positions === 'rotary') relative = { offset, gap: penalty };
      else {
        const { pairs, gain } = distanceScores(lowering, offset, penalty);
        scores.push(...pairs);
        selected = gain;
      }
    }
    if (order !== 0 && lowering.traits.positions === 'rotary') recency = order * NATS_A_POSITION;
    else if (order !== 0) {
      const last = Math.max(1, lowering.context - 1);
      const ramp = lowering.indexForm(Float64Array.from({ length: lowering.context }, (_, i) => (order > 0 ? i - last : -i) / last));
      scores.push({ query: constantForm(rise), key: lowering.pinned(ramp, 0) });
    }
    // a slope that falls with the distance starts at 0 as well
    const lowest = selected - (recency !== null && recency < 0 ? 0 : rise);
    const bos: BosScore = { score: lowest - margin, toItself: 0 };
    const found = { scores: scores.filter(({ query, key }) => isSome(query) && isSome(key)), relative, bos };
    return { ...found, ...(recency === null ? {} : { recency }), semantics: semantics('copy', selected, margin) };
  }

  /** The quotient of shares that a mean or a width is; null where a single key is looked up. */
  ratioOf(node: Aggregate | SelectorWidth): RatioCode | null {
    const { facts } = this.#lowering;
    if (facts.selectionCount(node.selector).single || isExtreme(node.selector)) return null;
    const numbers = node.kind === 'width' ? null : numbersOf(node, facts);
    const { offsets, back, rest } = this.#partsOf(node.selector);
    const isNear = offsets !== null && offsets.length <= MOST_OFFSETS;
    const conditions = offsets === null || isNear ? rest : [condition(node.selector, false)];
    const classes = this.#classesOf(conditions, node.selector, numbers === null ? [] : [numbers.node]);
    return isNear ? this.#overOffsets(node, classes, numbers, offsets) : this.#overAll(node, classes, numbers, offsets === null ? back : 0);
  }

  /** Shares of all positions so far. */
  #overAll(node: Aggregate | SelectorWidth, classes: Classes, numbers: Numbers | null, back: number): RatioCode {
    const lowering = this.#lowering;
    const { context, unit } = lowering;
    const everywhere = combineForms([{ form: unit, weight: -1 }], 1);
    const shareOf = (form: Form): Form =>
      form.terms.length === 0 && back === 0
        ? scaleForm(everywhere, form.constant)
        : this.share(node.name ?? node.kind, this.#back.form(form, back), 0);
    const cases = this.#cases(node, classes).map(({ gate, selected }) => {
      const count = shareOf(this.#counted(classes, selected));
      if (numbers === null) return { gate, numerator: count, denominator: unit };
      return { gate, numerator: shareOf(this.#summed(classes, selected, numbers)), denominator: count };
    });
    return { cases, unit, leastUnit: 1 / (context + 1), ...rangeOf(this.#lowering, node, numbers) };
  }

  /** Sums of what stood at some distances: each is moved by a head of its own. */
  #overOffsets(node: Aggregate | SelectorWidth, classes: Classes, numbers: Numbers | null, offsets: readonly number[]): RatioCode {
    const unit = constantForm(1);
    const sumOf = (form: Form): Form => combineForms(offsets.map((by) => ({ form: this.#back.form(form, by), weight: 1 })));
    const cases = this.#cases(node, classes).map(({ gate, selected }) => {
      const count = sumOf(this.#counted(classes, selected));
      if (numbers === null) return { gate, numerator: count, denominator: unit };
      return { gate, numerator: sumOf(this.#summed(classes, selected, numbers)), denominator: count };
    });
    return { cases, unit, leastUnit: 1, ...rangeOf(this.#lowering, node, numbers) };
  }

  /** For each class of queries which keys it selects, and where it applies. Queries that select nothing are in none. */
  #cases(node: SOp, { predicate, queries, keySize }: Classes): { gate: Form | null; selected: Uint8Array }[] {
    const { of, selecting } = predicate.queryClasses;
    if (selecting > MOST_CLASSES) return refuse(node, `its queries are of ${selecting} kinds, and ${MOST_CLASSES} are counted at most`);
    return Array.from({ length: selecting }, (_, c) => {
      const member = of.indexOf(c);
      const selected = Uint8Array.from({ length: keySize }, (_, k) => predicate.at(k, member));
      const others = Int32Array.from(of, (each) => (each === c ? -1 : 0));
      const gate =
        queries === null || others.every((each) => each < 0)
          ? null
          : this.#lowering.sharp(this.#lowering.partition(queries, others)[0] as Form);
      return { gate, selected };
    });
  }

  #counted({ keys }: Classes, selected: Uint8Array): Form {
    if (keys === null || selected.every((each) => each === 1)) return constantForm(1);
    const [form = constantForm(0)] = this.#lowering.partition(
      keys.node,
      Int32Array.from(selected, (each) => each - 1),
    );
    return this.#lowering.sharp(form);
  }

  /** Of the selected keys their numbers, of the others 0. */
  #summed({ keys }: Classes, selected: Uint8Array, { node, values }: Numbers): Form {
    if (keys === null) throw new Error('a mean has a value');
    const at = Int32Array.from(selected, (each, k) => (each === 0 ? -1 : values.indexOf(keys.value(node, k))));
    const distinct = [...new Set(at)].filter((v) => v >= 0 && numericValue(values[v] as Value) !== 0);
    const forms = this.#lowering.partition(
      keys.node,
      at.map((v) => distinct.indexOf(v)),
    );
    return combineForms(
      distinct.map((v, i) => ({ form: this.#lowering.sharp(forms[i] ?? constantForm(0)), weight: numericValue(values[v] as Value) })),
    );
  }

  /** @param more s-ops of the key that are read besides */
  #classesOf(conditions: readonly Condition[], where: Selector, more: readonly SOp[] = []): Classes {
    const { graph, facts } = this.#lowering;
    const atoms = conditions.flatMap(atomsOf);
    if (this.#lowering.isCoded && atoms.some(isIdentity))
      return refuse(where, 'it counts where tokens are the same, or asks for that and something else at once');
    const keyNodes = [...new Set([...atoms.map((atom) => atom.keys), ...more])];
    const keys = keyNodes.length === 0 ? null : new Operand(graph, facts, keyNodes);
    const queries =
      atoms.length === 0
        ? null
        : new Operand(
            graph,
            facts,
            atoms.map((atom) => atom.queries),
          );
    const [keySize, querySize] = [keys?.size ?? 1, queries?.size ?? 1];
    if (!(keySize * querySize <= PREDICATE_LIMIT)) return refuse(where, `it compares ${keySize} with ${querySize} values`);
    const table = new Uint8Array(keySize * querySize);
    for (let k = 0; k < keySize; k++) {
      for (let q = 0; q < querySize; q++) {
        const isSelected = conditions.every((each) => holds(each, keys as Operand, k, queries as Operand, q));
        table[k * querySize + q] = isSelected ? 1 : 0;
      }
    }
    return { predicate: new TabulatedPredicate(table, keySize, querySize), keys, queries: queries?.node ?? null, keySize };
  }

  #partsOf(selector: Selector): SelectorParts {
    const parts = this.#parts.get(selector) ?? partsOf(selector, this.#lowering.facts);
    this.#parts.set(selector, parts);
    return parts;
  }
}

function semantics(kind: HeadSemantics['kind'], selected: number, gap: number): HeadSemantics {
  return { kind, selected, highest: selected, gap, bosWeight: 0, counts: null, ladder: null };
}

/** What selects the own position where two tokens of it are the same; null where it asks for anything else. */
function samenessOf([clause, ...more]: readonly Condition[]): Select | null {
  return clause === undefined || more.length > 0 ? null : identityOf(clause);
}

function isSome({ constant, terms }: Form): boolean {
  return constant !== 0 || terms.length > 0;
}
