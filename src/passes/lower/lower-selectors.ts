/**
 * A selector as a sum of products of query and key forms: the score is the same for every selected key and lower by a gap for
 * every other. `and` adds scores, `not` is folded into the predicates, `or` becomes one predicate over all it reads.
 */
import type { Form, RelativeScore, ScorePair } from '../../circuit/circuit.ts';
import { constantForm, scaleForm } from '../../circuit/form.ts';
import { type CircleCode, circleCode } from '../../codes/circle-code.ts';
import { digitCode, digitRadices } from '../../codes/digit-code.ts';
import { diagnose } from '../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Graph, Selector, SOp } from '../../graph/graph.ts';
import { equalityKey } from '../../graph/value.ts';
import type { Traits } from '../../targets/target.ts';
import type { Facts } from '../facts/facts.ts';
import { valuesByPosition } from '../facts/positional.ts';
import { atomsOf, type Condition, clausesOf, condition, Operand, predicateOf } from '../matching/condition.ts';
import { type Matching, PREDICATE_LIMIT, type Predicate, type Ranks } from '../matching/predicate.ts';
import type { Optimization } from '../optimizations.ts';
import { type Care, MOST_CARE } from './care.ts';
import type { ValueReader } from './read-values.ts';
import type { Snap } from './snap.ts';
import { levelsAt } from './steps/level-functions.ts';

/** What a target and a precision ask of the lowering. */
export interface LoweringOptions {
  /** How the target's model knows positions: without a table of them, a head has to count them. */
  readonly positions: Traits['positions'];
  /** Whether rotary positions tell by themselves which of two keys is nearer. */
  readonly turnsOrder?: boolean;
  /** Whether what is counted is cut clean of rounding first, at the cost of layers. */
  readonly sharp: boolean;
  /** Whether what heads count is decoded before anything else is computed of it, at the cost of layers. */
  readonly decoded: boolean;
  readonly snap: Snap;
  /** Where dense codes have failed already. */
  readonly care?: Care;
  /** The output that a program run on its own output appends: its answer has to beat every id of the model, not those of its values alone. */
  readonly appended?: string | null;
  /** What may be done to make the circuit smaller. */
  readonly optimizations: ReadonlySet<Optimization>;
}

/** Scores in nats. */
export interface Scores {
  readonly pairs: readonly ScorePair[];
  readonly relative: RelativeScore | null;
  /** Of every selected key. */
  readonly selected: number;
  /** What the comparisons of each clause add to it. */
  readonly matches: readonly number[];
  /** Every other key scores at most `selected - gap`. */
  readonly gap: number;
  /** How much more than `selected` a selected key may score. */
  readonly rise: number;
}

/** A predicate as a sum of products of forms: at least `match` for a selected key, at most `lobe` for any other. */
interface Factors {
  readonly products: ScorePair[];
  readonly match: number;
  readonly lobe: number;
}

/** What is matched with what, and by which selector. */
interface Match {
  readonly keys: SOp;
  readonly queries: SOp;
  readonly selector: Selector;
}

/** What codes a predicate may be made of. */
interface Reading {
  readonly dense: boolean;
  readonly sharp: boolean;
}

/** A clause that is decided by a difference of two numbers, which is at least 1/2 where it holds and at most -1/2 elsewhere. */
interface Line {
  readonly clause: Condition;
  readonly products: readonly ScorePair[];
  /** How much more than 1/2 it may be. */
  readonly rise: number;
}

/** Classes up to which one dimension each is as good as two numbers. */
const FEW_CLASSES = 2;
/** Classes up to which a matching uses one dimension each; above, where one match is meant, a dense code of what is embedded. */
const ONE_HOT_CLASSES = 32;
const CIRCLE_PAIRS = 12;
/** Of the query's weights: with the model's √dim, and a row's sum of them over many values, still within the range of f16. */
const LARGEST_GAIN = 32;
/** About how far off codes are that were embedded, or moved from there by a head, and those that neurons write. */
const MOVED_NOISE = 2e-6;
const STEPPED_NOISE = 5e-4;
/** How many nats a score may be off: where only the largest counts, and times the context, where equal ones are counted. */
const LOOKUP_ERROR = 1;
const COUNT_ERROR = 1 / 32;
/** With more care noise is bounded, not guessed: what it may be at first, in units of the above, and how much less each time. */
const BOUNDED_ERROR = 16;
const CARE_STEP = 2;

export class SelectorLowering {
  readonly #facts: Facts;
  readonly #graph: Graph;
  readonly #reader: ValueReader;
  readonly #positions: Traits['positions'];
  readonly #sharp: boolean;
  readonly #snap: Snap;
  readonly #care: Care;
  readonly #optimizations: ReadonlySet<Optimization>;

  constructor(facts: Facts, graph: Graph, reader: ValueReader, care: Care, { positions, sharp, optimizations, snap }: LoweringOptions) {
    this.#facts = facts;
    this.#graph = graph;
    this.#reader = reader;
    this.#positions = positions;
    this.#sharp = sharp;
    this.#snap = snap;
    this.#care = care;
    this.#optimizations = optimizations;
  }

  /**
   * @param gap nats between a selected key and any other
   * @param dense whether codes of nearly orthogonal vectors may stand for one-hot ones: not where equal scores are counted
   * @param sharp whether what is read is cut clean of rounding first, where the whole circuit is
   * @param unequal whether a selected key may score more than another: where all hold the same
   */
  lower(selector: Selector, gap: number, dense: boolean, sharp = !dense, unequal = false): Scores {
    const pairs: ScorePair[] = [];
    let relative: RelativeScore | null = null;
    const matches: number[] = [];
    const clauses = clausesOf(condition(selector, false));
    const line = unequal ? this.#lineAmong(clauses, selector) : null;
    const rise = line === null ? 0 : gap * line.rise;
    for (const clause of clauses) {
      if (clause === line?.clause) {
        // between the least that is selected and the most that is not lies 1, and 0 halfway
        matches.push(gap / 2);
        for (const { query, key } of line.products) pairs.push(scaledPair(query, key, gap));
        continue;
      }
      const offset: number | null = relative === null && this.#positions.kind === 'rotary' ? relativeOffset(clause, this.#facts) : null;
      if (offset !== null) {
        relative = { offset, gap: gap + rise };
        continue;
      }
      const { products, match, lobe } = this.#lowerClause(clause, selector, gap + rise, { dense, sharp });
      const gain = this.#snap.score((gap + rise) / (match - lobe));
      matches.push(gain * match);
      for (const { query, key } of products) pairs.push(scaledPair(query, key, gain));
    }
    const selected = this.#snap.total(matches.reduce((sum, match) => sum + match, 0));
    return { pairs, relative, selected, matches, gap, rise };
  }

  #lowerClause(clause: Condition, selector: Selector, gap: number, how: Reading): Factors {
    const { predicate, keys, queries } = this.#tabulated(clause, selector);
    return this.#factor(predicate, { keys, queries, selector }, gap, how);
  }

  /** What a clause selects, by the values of its keys and its queries. */
  #tabulated(clause: Condition, selector: Selector): { readonly predicate: Predicate; readonly keys: SOp; readonly queries: SOp } {
    const atoms = atomsOf(clause);
    const keys = new Operand(
      this.#graph,
      this.#facts,
      atoms.map((a) => a.keys),
    );
    const queries = new Operand(
      this.#graph,
      this.#facts,
      atoms.map((a) => a.queries),
    );
    // neurons that told so many computed values apart would be too many as well
    const isLarge = !(keys.size * queries.size <= PREDICATE_LIMIT);
    const predicate = isLarge && (this.#isStepped(keys.node) || this.#isStepped(queries.node)) ? null : predicateOf(clause, keys, queries);
    if (predicate !== null) return { predicate, keys: keys.node, queries: queries.node };
    throw new DiagnosticError([
      diagnose(
        'R4004',
        { keys: keys.size, queries: queries.size, limit: PREDICATE_LIMIT },
        { span: selector.spans[0], label: 'this selector' },
      ),
    ]);
  }

  /**
   * The clause that a difference of two numbers decides, of many values that were embedded or moved: `key > query` is one, and the score may rise
   * with it. Of several the one with the most values; the others have to outweigh it.
   */
  #lineAmong(clauses: readonly Condition[], selector: Selector): Line | null {
    const place = { kind: 'match', node: selector } as const;
    if (!this.#optimizations.has('circle-codes') || this.#care.level(place) > 0) return null;
    let best: { readonly clause: Condition; readonly keys: SOp; readonly queries: SOp; readonly ranks: Ranks } | null = null;
    for (const clause of clauses) {
      if (this.#positions.kind === 'rotary' && relativeOffset(clause, this.#facts) !== null) continue;
      const { predicate, keys, queries } = this.#tabulated(clause, selector);
      if (this.#isStepped(keys) || this.#isStepped(queries)) continue;
      const ranks = predicate.keyClasses.selecting > FEW_CLASSES ? predicate.ranks() : null;
      if (ranks !== null && (best === null || ranks.most > best.ranks.most)) best = { clause, keys, queries, ranks };
    }
    if (best === null) return null;
    const { clause, keys, queries, ranks } = best;
    this.#care.noteDense(place);
    // around 0 numbers are half as large
    const middle = ranks.most / 2;
    return {
      clause,
      products: [
        { key: this.#reader.read(keys, (_, k) => (ranks.keys[k] as number) - middle), query: constantForm(1) },
        { key: constantForm(1), query: this.#reader.read(queries, (_, q) => middle - (ranks.queries[q] as number)) },
      ],
      rise: ranks.most,
    };
  }

  /** The predicate's matrix as a sum of products, by the side with fewer classes. */
  #factor(predicate: Predicate, match: Match, gap: number, { dense, sharp }: Reading): Factors {
    const { keys, queries } = match;
    const { keyClasses, queryClasses } = predicate;
    if (keyClasses.selecting === 0) return { products: [], match: 1, lobe: 0 };
    const isStepped = this.#isStepped(keys) || this.#isStepped(queries);
    const isCuttable = sharp && isStepped;
    const selecting = keyClasses.selecting;
    const matching = isCuttable || this.#mayShare(dense, selecting) ? predicate.matching() : null;
    const shared =
      matching === null || (this.#sharp && isCuttable) || !this.#mayShare(dense, selecting)
        ? null
        : this.#codeFor(matching, selecting, gap, dense, match);
    const isCut = shared === null && isCuttable && (this.#sharp || selecting > ONE_HOT_CLASSES);
    const code = isCut && matching !== null ? this.#cutDigits(matching, selecting, match) : shared;
    if (matching !== null && code !== null) {
      if (!dense) this.#care.noteCuttable();
      if (isCut) this.#care.noteRounded();
      // A key that nobody asks for has no slot, and scores 0.
      const lobe = matching.keySlot.some((slot) => slot < 0) ? Math.max(0, code.lobe) : code.lobe;
      return { products: this.#matchByCode(code, matching, keys, queries, isCut), match: code.match, lobe };
    }
    const onKeys = keyClasses.selecting <= queryClasses.selecting;
    const classes = onKeys ? keyClasses : queryClasses;
    if (classes.selecting > 4 && 2 * classes.selecting > classes.of.length) this.#reader.wantOneHot(onKeys ? keys : queries);
    if (sharp && isStepped) this.#care.noteRounded();
    const read: ValueReader['read'] = (node, level) => {
      if (this.#sharp && sharp) return this.#reader.readSharp(node, level);
      const form = this.#reader.read(node, level);
      if (sharp && !this.#reader.isExact(form)) this.#care.noteCuttable();
      return form;
    };
    const products: ScorePair[] = [];
    for (let c = 0; c < classes.selecting; c++) {
      const member = classes.of.indexOf(c);
      const indicator = read(onKeys ? keys : queries, (_, i) => (classes.of[i] === c ? 1 : 0));
      const other = read(onKeys ? queries : keys, (_, i) => (onKeys ? predicate.at(member, i) : predicate.at(i, member)));
      products.push(onKeys ? { key: indicator, query: other } : { key: other, query: indicator });
    }
    return { products, match: 1, lobe: 0 };
  }

  /** Whether classes may share dimensions. Where scores are counted and cut clean first, each has its own. */
  #mayShare(dense: boolean, classes: number): boolean {
    return this.#optimizations.has('circle-codes') ? classes > 1 && (dense || !this.#sharp) : dense && classes > ONE_HOT_CLASSES;
  }

  /**
   * The code with the fewest dimensions whose scores are right in spite of the noise of what is read; null where one dimension a class is
   * better.
   */
  #codeFor(matching: Matching, selecting: number, gap: number, dense: boolean, { keys, queries, selector }: Match): CircleCode | null {
    const slots = selecting + matching.unmatchedQueries;
    const noise = Math.max(this.#noise(keys), this.#noise(queries));
    if (!this.#optimizations.has('circle-codes')) return noise <= MOVED_NOISE ? circleCode(slots, CIRCLE_PAIRS, this.#snap.level) : null;
    const place = { kind: 'match', node: selector } as const;
    const care = this.#care.level(place);
    if (!this.#care.allows(place)) return null;
    const error = dense ? LOOKUP_ERROR : COUNT_ERROR / this.#facts.assumptions.context;
    // What is moved is about as exact as it seems; what neurons write is off by what each dimension says.
    const code =
      care === 0 || noise <= MOVED_NOISE
        ? this.#circleFor(slots, gap, error / noise / CARE_STEP ** care)
        : this.#boundedCode(matching, selecting, gap, (BOUNDED_ERROR * error) / CARE_STEP ** ((care - 1) >> 1), {
            keys,
            queries,
            selector,
          });
    // Up to which level the code would be the same.
    const same = code === null || noise > MOVED_NOISE ? care : Math.floor(Math.log2((error * (1 - code.lobe)) / (noise * gap)));
    const read = [keys, queries].flatMap((node) => [node, ...this.#variablesOf(node)]);
    if (code !== null) this.#care.noteMatched(place, read, lastAlike(care, same));
    return code;
  }

  /** Digits that are cut clean tell slots apart as exactly as a dimension each; null where those are as few, or digits have failed here. */
  #cutDigits(matching: Matching, selecting: number, { keys, queries, selector }: Match): CircleCode | null {
    const place = { kind: 'match', node: selector } as const;
    const [radix] = digitRadices(selecting);
    if (!this.#optimizations.has('cut-digits') || !this.#care.allows(place) || radix === undefined) return null;
    const code = digitCode(selecting, selecting + matching.unmatchedQueries, radix);
    if (code.dimensions.length >= selecting) return null;
    const read = [keys, queries].flatMap((node) => [node, ...this.#variablesOf(node)]);
    this.#care.noteMatched(place, read, MOST_CARE);
    this.#care.noteDigits();
    return code;
  }

  #circleFor(slots: number, gap: number, allowed: number): CircleCode | null {
    for (let pairs = 1; 2 * pairs < slots && pairs <= CIRCLE_PAIRS; pairs++) {
      const code = circleCode(slots, pairs, this.#snap.level);
      if (gap / (1 - code.lobe) <= allowed) return code;
    }
    return null;
  }

  /** The same with the noise of each dimension as the steps that write it make it: of circles, and of two digits. */
  #boundedCode(matching: Matching, selecting: number, gap: number, error: number, { keys, queries }: Match): CircleCode | null {
    const slots = selecting + matching.unmatchedQueries;
    const isRight = (code: CircleCode) => {
      const off = this.#scoreNoise(code, keys, matching.keySlot) + this.#scoreNoise(code, queries, matching.querySlot);
      // A key that is selected and one that is not may both be off.
      return 2 * (gap / (code.match - code.lobe)) * off <= error;
    };
    let best: CircleCode | null = null;
    for (let pairs = 1; best === null && 2 * pairs < slots && pairs <= CIRCLE_PAIRS; pairs++) {
      const code = circleCode(slots, pairs, this.#snap.level);
      if (isRight(code)) best = code;
    }
    const fewer = (radix: number) => radix + Math.ceil(selecting / radix) < (best?.dimensions.length ?? selecting);
    for (const radix of digitRadices(selecting).filter(fewer)) {
      const code = digitCode(selecting, slots, radix);
      if (isRight(code)) return code;
    }
    return best;
  }

  /** How far off the inner product with an exact code may be, at the worst slot. */
  #scoreNoise({ dimensions }: CircleCode, node: SOp, slotOf: Int32Array): number {
    const slots = dimensions[0]?.length ?? 0;
    const { shape } = this.#facts.of(node);
    // Each term more of what steps decide on is one more addition of large numbers.
    const terms = shape.kind === 'table' || shape.kind === 'choice' ? shape.variables.length : 1;
    const total = new Float64Array(slots);
    for (const levels of dimensions) {
      const own = levelsAt(slotOf, levels);
      const noise = terms * this.#reader.noiseOf(node, own) + MOVED_NOISE;
      for (let slot = 0; slot < slots; slot++) total[slot] = (total[slot] as number) + noise * Math.abs(levels[slot] as number);
    }
    return total.reduce((worst, x) => Math.max(worst, x), 0);
  }

  /** About how far off a code is, relative to its length. Of what neurons write, every step adds its rounding to every dimension. */
  #noise(node: SOp): number {
    const variables = this.#variablesOf(node);
    const [variable] = variables;
    if (variables.length > 1 || variable === undefined) return STEPPED_NOISE;
    if (variable.kind === 'tokens' || variable.kind === 'indices') return MOVED_NOISE;
    if (variable.kind === 'reduction') return MOVED_NOISE;
    return variable.kind === 'aggregate' && this.#facts.selectionCount(variable.selector).single ? MOVED_NOISE : STEPPED_NOISE;
  }

  /** Whether neurons write it: positions too, where a head has to count them. */
  #isStepped(node: SOp): boolean {
    const isCounted = this.#positions.kind !== 'learned' && this.#variablesOf(node).some(({ kind }) => kind === 'indices');
    return isCounted || this.#noise(node) > MOVED_NOISE;
  }

  #variablesOf(node: SOp): readonly SOp[] {
    const { shape } = this.#facts.of(node);
    return shape.kind === 'table' || shape.kind === 'choice' ? shape.variables : [node];
  }

  #matchByCode(code: CircleCode, { keySlot, querySlot }: Matching, keys: SOp, queries: SOp, isCut: boolean): ScorePair[] {
    const read: ValueReader['read'] = (node, level) => (isCut ? this.#reader.readSharp(node, level) : this.#reader.read(node, level));
    return code.dimensions.map((levels) => ({
      key: read(keys, (_, i) => ((keySlot[i] as number) < 0 ? 0 : (levels[keySlot[i] as number] as number))),
      query: read(queries, (_, i) => levels[querySlot[i] as number] as number),
    }));
  }
}

/** The last level that need not be tried: an extreme has a score of its own at every other, which is tried with each code. */
function lastAlike(care: number, same: number): number {
  return same <= care || care % 2 === 0 ? care : same + 1 - (same % 2);
}

/** A pair times a gain; one that half precision cannot hold is shared between both sides. */
export function scaledPair(query: Form, key: Form, gain: number): ScorePair {
  const share = 2 ** Math.max(0, Math.ceil(Math.log2(gain / LARGEST_GAIN)));
  return { query: scaleForm(query, gain / share), key: scaleForm(key, share) };
}

/**
 * n where the clause selects just the key n positions before each query: a comparison that rotary positions make by themselves. The
 * key has to be among the positions so far.
 */
function relativeOffset(clause: Condition, facts: Facts): number | null {
  const { context, causal } = facts.assumptions;
  const atoms = atomsOf(clause);
  const [select] = atoms;
  if (!causal || atoms.length !== 1 || select === undefined || clause.kind !== 'atom' || clause.negated || select.operator !== '==')
    return null;
  const keys = valuesByPosition(select.keys, facts);
  const queries = valuesByPosition(select.queries, facts);
  if (keys === null || queries === null || context < 2 || [...keys, ...queries].some(Number.isNaN)) return null;
  const places = new Map<string, number[]>();
  const selected = queries.map((query, position) => {
    const key = keys[position];
    // of two it would be one too many, whichever they are
    if (key !== undefined) places.set(equalityKey(key), [...(places.get(equalityKey(key)) ?? []).slice(-1), position]);
    return query === undefined ? [] : [...(places.get(equalityKey(query)) ?? [])];
  });
  const [lastKey] = selected[context - 1] ?? [];
  if (lastKey === undefined) return null;
  const offset = context - 1 - lastKey;
  const isRight = selected.every((found, query) =>
    query < offset ? found.length === 0 : found.length === 1 && found[0] === query - offset,
  );
  return isRight ? offset : null;
}
