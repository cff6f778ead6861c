/** What heads attend to: scores of what a selector selects, of which selected key is wanted, and of BOS, which takes what nothing else does. */
import type { Circuit, Head, HeadSemantics, ScorePair, TurnedOrder } from '../../circuit/circuit.ts';
import { combineForms, constantForm, pinnedAtBos } from '../../circuit/form.ts';
import { numericValue } from '../../graph/domain.ts';
import type { Graph, Selector, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { RISE_ROOM } from '../../placement/order-gain.ts';
import type { Facts } from '../facts/facts.ts';
import type { Care, DensePlace } from './care.ts';
import { type LoweringOptions, SelectorLowering, scaledPair } from './lower-selectors.ts';
import type { ValueReader } from './read-values.ts';
import { LEAKAGE_NATS, type Snap } from './snap.ts';
import type { VariableCode } from './variable-code.ts';

/** The longest context at which a count is written as a nearly linear number. */
export const LINEAR_CONTEXT = 64;
/** What is not selected then weighs e^-7 of one key beside BOS's 16 N: scores are lower, and rounded less. */
const LONG_LEAKAGE_NATS = 7;
/** What is enough where no more than a few values have to be told apart. */
const LOW_LEAKAGE_NATS = 8;
/** Numbers whose range is this many times what it would be with equal steps are ordered by rank. */
const MOST_UNEVEN = 4;

/** What a head attends to. */
export type Attention = Pick<Head, 'scores' | 'relative' | 'order' | 'bos' | 'semantics'> & {
  /** Where what it matches by is chosen. */
  readonly place: DensePlace | null;
};

interface AttendOptions {
  /** How many selected keys BOS counts as. */
  readonly bosWeight?: number;
  /** Whether all keys hold the same, so that they need not weigh the same. */
  readonly isAlike?: boolean;
  readonly ranked?: Ranking;
}

/** By what the keys that one selector selects are ordered, and which end of them is looked for. */
interface Ranking {
  readonly node: SOp;
  readonly end: 'highest' | 'lowest';
}

/** What attention has to know of the lowering that owns it. */
interface AttentionSource {
  readonly bos: Circuit['bos'];
  variable(node: SOp): VariableCode;
}

export class AttentionLowering {
  readonly #graph: Graph;
  readonly #facts: Facts;
  readonly #reader: ValueReader;
  readonly #care: Care;
  readonly #snap: Snap;
  readonly #positions: LoweringOptions['positions'];
  readonly #turnsOrder: boolean;
  readonly #selectors: SelectorLowering;
  readonly #source: AttentionSource;

  constructor(graph: Graph, facts: Facts, reader: ValueReader, care: Care, source: AttentionSource, options: LoweringOptions) {
    this.#graph = graph;
    this.#facts = facts;
    this.#reader = reader;
    this.#care = care;
    this.#snap = options.snap;
    this.#positions = options.positions;
    this.#turnsOrder = options.turnsOrder ?? false;
    this.#selectors = new SelectorLowering(facts, graph, reader, care, options);
    this.#source = source;
  }

  /** How a head attends as the selector selects; BOS takes what nothing else does. */
  attend(selector: Selector, kind: HeadSemantics['kind'], nonempty: boolean, options: AttendOptions = {}): Attention {
    const { bosWeight = 0, isAlike = false, ranked = null } = options;
    const { context, causal } = this.#facts.assumptions;
    const isLong = kind === 'width' && context > LINEAR_CONTEXT && this.#snap.computed === 'f32';
    const inner = isExtreme(selector) ? selector.selector : selector;
    const isOrdered = ranked !== null || isExtreme(selector);
    // A score's error grows with the score, and an extreme's with the context: every other try lets more leak, and has less to round.
    const isLow = isOrdered && this.#care.level({ kind: 'match', node: inner }) % 2 === 1;
    const margin = Math.log(context) + (isLong ? LONG_LEAKAGE_NATS : isLow ? LOW_LEAKAGE_NATS : LEAKAGE_NATS);
    const isRounded = this.#snap.computed !== 'f32' && context > 1;
    if (isRounded && isExtreme(selector) && this.#positions.kind === 'learned') return this.#climb(selector, margin);
    const slope = ranked === null ? this.#slope(selector, margin) : this.#rise(ranked, margin);
    // BOS stands between selected and other keys where it has to absorb, and above them all where it is counted.
    const gap = slope.rise + (nonempty || kind === 'width' ? margin : 2 * margin);
    // An extreme's gap is so large that the rounding of what it compares counts.
    const isUnequal = isAlike && kind === 'mean' && this.#snap.computed === 'f32';
    const isDense = kind === 'copy' || kind === 'extreme' || isUnequal;
    const { pairs, relative, selected, rise } = this.#selectors.lower(inner, gap, isDense, kind !== 'copy' || isOrdered, isUnequal);
    const scores = this.#besidesBos([...pairs, ...slope.pairs]);
    const order = slope.order === null ? {} : { order: slope.order };
    const counted = this.#snap.bosScore(selected, bosWeight);
    const score = kind === 'width' ? counted.score : this.#snap.total(selected - margin);
    const bos = { score, toItself: causal ? 0 : Math.max(0, margin - score) };
    const semantics: HeadSemantics = {
      kind,
      selected,
      highest: selected + slope.rise + rise,
      gap: margin,
      nonempty,
      bosWeight: kind === 'width' ? counted.weight : 0,
      counts: null,
      ladder: null,
    };
    return { scores, relative, ...order, bos, semantics, place: { kind: 'match', node: inner } };
  }

  /**
   * An extreme in half precision: a sum of a match and a slope would be rounded as the match is. Here a match scores 0 and a mismatch less than
   * nothing, beside a score for each position that is a number of the dtype by itself, so that it is never rounded.
   */
  #climb({ kind, selector }: Selector & { kind: 'rightmost' | 'leftmost' }, margin: number): Attention {
    const { context, causal } = this.#facts.assumptions;
    const rungs = this.#snap.rungs(context);
    const [lowest, highest] = [rungs[0] as number, rungs.at(-1) as number];
    const bos = this.#snap.below(lowest - margin);
    const { pairs, matches } = this.#selectors.lower(selector, this.#snap.beyond(highest - bos + margin), true, true);
    const scale = 2 ** Math.ceil(Math.log2(Math.max(highest, -lowest)));
    const heights = this.#reader.read(
      this.#graph.indices(),
      (_, i) => (rungs[kind === 'rightmost' ? i : context - 1 - i] as number) / scale,
    );
    const scores = this.#besidesBos([
      ...pairs,
      ...matches.map((match) => scaledPair(constantForm(-1), constantForm(1), match)),
      scaledPair(constantForm(1), heights, scale),
    ]);
    const rung = rungs.reduce((least, x, i) => (i === 0 ? least : Math.min(least, x - (rungs[i - 1] as number))), Number.POSITIVE_INFINITY);
    const least = matches.reduce((smallest, x) => Math.min(smallest, x), Number.POSITIVE_INFINITY);
    const ladder = { rung, penalty: { least, most: matches.reduce((sum, x) => sum + x, 0) } };
    return {
      scores,
      relative: null,
      place: { kind: 'match', node: selector },
      bos: { score: bos, toItself: causal ? 0 : margin - bos },
      semantics: { kind: 'copy', selected: lowest, highest, gap: margin, bosWeight: 0, counts: null, ladder },
    };
  }

  /** Keys that are 0 at BOS. Where BOS sees other positions it must look at nothing but itself, so that its content is known. */
  #besidesBos(pairs: readonly ScorePair[]): ScorePair[] {
    const { causal } = this.#facts.assumptions;
    return pairs
      .map(({ query, key }) => ({
        query: causal ? query : pinnedAtBos(query, 0, this.#source.bos),
        key: pinnedAtBos(key, 0, this.#source.bos),
      }))
      .filter(({ key }) => key.terms.length > 0);
  }

  /** For an extreme, a score from 0 up that rises (or falls) by a margin from position to position, and how far. */
  #slope(selector: Selector, margin: number): { pairs: readonly ScorePair[]; order: TurnedOrder | null; rise: number } {
    const { context } = this.#facts.assumptions;
    if (!isExtreme(selector) || context === 1) return { pairs: [], order: null, rise: 0 };
    // what finds one key has no need of an order, and may score distances itself
    if (this.#turnsOrder && !this.#facts.selectionCount(selector.selector).single) {
      const order = { end: selector.kind, step: margin, reach: context - 1 };
      return { pairs: [], order, rise: RISE_ROOM * margin * order.reach };
    }
    const indices = this.#graph.indices();
    const raw = this.#source.variable(indices).raw;
    const levels = raw?.levels ?? Float64Array.from({ length: context }, (_, i) => i / 2 ** Math.ceil(Math.log2(context)));
    const form = raw?.form ?? this.#reader.read(indices, (_, i) => levels[i] as number);
    const steps = Array.from({ length: context - 1 }, (_, i) => (levels[i + 1] as number) - (levels[i] as number));
    const steepness = margin / Math.min(...steps);
    const first = levels[0] as number;
    const last = levels[context - 1] as number;
    const key = selector.kind === 'rightmost' ? combineForms([{ form, weight: 1 }], -first) : combineForms([{ form, weight: -1 }], last);
    return { pairs: [{ query: constantForm(steepness), key }], order: null, rise: steepness * (last - first) };
  }

  /** A score from 0 up that rises by a margin from each value to the next, or falls: by the numbers themselves where their steps are alike. */
  #rise({ node, end }: Ranking, margin: number): { pairs: readonly ScorePair[]; order: null; rise: number } {
    const numbers = valuesOf(node, this.#facts).map(numericValue);
    const sorted = [...numbers].sort((a, b) => a - b);
    const [least, most] = [sorted[0] as number, sorted.at(-1) as number];
    // of one value, whatever is selected has it
    if (least === most) return { pairs: [], order: null, rise: 0 };
    const step = sorted.reduce((smallest, x, i) => (i === 0 ? smallest : Math.min(smallest, x - (sorted[i - 1] as number))), most - least);
    const isEven = most - least <= MOST_UNEVEN * step * (sorted.length - 1);
    const heights = new Map(sorted.map((x, rank) => [x, isEven ? (x - least) / step : rank]));
    const top = heights.get(most) as number;
    const scale = 2 ** Math.ceil(Math.log2(top));
    const key = this.#reader.read(node, (value) => {
      const height = heights.get(numericValue(value)) as number;
      return (end === 'highest' ? height : top - height) / scale;
    });
    return { pairs: [{ query: constantForm(margin * scale), key }], order: null, rise: margin * top };
  }
}

/** The values of an s-op that has finitely many. */
export function valuesOf(node: SOp, facts: Facts): readonly Value[] {
  const { domain } = facts.of(node);
  if (domain.kind !== 'finite') throw new Error('there are finitely many values');
  return domain.values;
}

function isExtreme(selector: Selector): selector is Selector & { kind: 'rightmost' | 'leftmost' } {
  return selector.kind === 'rightmost' || selector.kind === 'leftmost';
}
