/** What a program is planned as, before any weight is written: facts, and the first way to encode whose certificate holds. */
import { Effort, EffortSpent } from '../circuit/effort.ts';
import { fail } from '../diagnostics/catalog.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { reachable } from '../graph/graph.ts';
import type { Export, Program } from '../graph/program.ts';
import { printGraph } from '../graph/show/print-graph.ts';
import { checkCompilable } from '../passes/check/check-compilable.ts';
import type { Assumptions, Facts } from '../passes/facts/facts.ts';
import { FEW_INLINED, INLINE_LIMIT, inferFacts, ROUNDED_INLINE_LIMIT } from '../passes/facts/infer-facts.ts';
import { printFacts } from '../passes/facts/print-facts.ts';
import { Care } from '../passes/lower/care.ts';
import { ALL_OPTIMIZATIONS, DENSE_OPTIMIZATIONS, type Optimization } from '../passes/optimizations.ts';
import { simplify } from '../passes/simplify/simplify.ts';
import { isSingle } from '../placement/storage.ts';
import { parametersOf } from './check-capacity.ts';
import { type Attempt, type Mended, mended, plainExcess } from './mend.ts';
import type { CompileOptions, StageName } from './options.ts';
import { type Encoding, type Placed, type PlacedSize, place } from './place.ts';
import { resolveRequest } from './resolve-request.ts';
import { unlessRefused } from './unless-refused.ts';

export interface Plan extends Placed {
  /** Under what the program's directives and the options say. */
  readonly assumptions: Assumptions;
  /** The exports as they are compiled. */
  readonly simplified: readonly Export[];
  readonly facts: Facts;
  /** The laws by which the program was simplified. */
  readonly laws: readonly string[];
  /** What all of it has taken, in turns. */
  readonly planned: number;
  /** Whether a circuit was given up for what it would take, or for what another says. */
  readonly isGivenUp: boolean;
  /** Whether what may be taken was spent. */
  readonly isSpent: boolean;
}

/** Turns that planning a program may take, and finding out what would hold in place of one that does not: some five seconds of a processor. */
const MOST_TURNS = 150_000_000;
/** The part of what is left that facts and the first circuit may take, and all circuits together: the rest is for saying what would hold. */
const FIRST_CIRCUIT = 0.9;
const ALL_CIRCUITS = 0.75;
/** How many times the effort is said to be worth a try. */
const MORE = 4;

/** Fewer layers are worth so many times the parameters. */
const WORTH_OF_A_LAYER = 2;

/** Parameters of a model beyond which another way takes too long, and would hardly be within what a model may have. */
const WORTHWHILE = 20_000_000;

/** {@link CompileOptions.effort} in turns. */
export function mostTurns({ effort = 1 }: Pick<CompileOptions, 'effort'>): number {
  return MOST_TURNS * effort;
}

/**
 * Throws the diagnostics of the first stage that has any, but for what the arithmetic cannot tell apart, which the certificate says.
 *
 * @param effort what has been spent already counts
 */
export function plan(program: Program, options: CompileOptions, effort = new Effort()): Plan {
  try {
    return effort.within(mostTurns(options), () => planWithin(program, options, effort));
  } catch (error) {
    if (!(error instanceof EffortSpent)) throw error;
    const { name, turns, span } = effort.largest;
    return fail('R5005', { name, part: turns / effort.spent, more: MORE * (options.effort ?? 1) }, { span });
  }
}

/** Throws {@link EffortSpent} where it takes more than is left. Where scores that rise with a value are too large, an extreme is told by a question a value. */
export function planWithin(program: Program, options: CompileOptions, effort: Effort): Plan {
  const asked = { ...options, without: [...(options.without ?? []), 'extreme-heads' as const] };
  if (options.compute !== 'f32' || options.without?.includes('extreme-heads') || !takesExtremes(program))
    return planWith(program, asked, effort);
  // what is observed is told of the plan that is taken
  const told: (() => void)[] = [];
  const observe = (stage: StageName, print: () => string) => told.push(() => options.observe?.(stage, print));
  const half = (effort.spent + mostTurns(options)) / 2;
  const scored = unlessRefused(() => effort.within(half, () => planWith(program, { ...options, observe }, effort)));
  const isTaken = scored?.certificate.holds || (scored !== null && !takesExtremes({ exports: scored.simplified, assumes: [] }));
  if (!isTaken) return planWith(program, asked, effort);
  for (const tell of told) tell();
  return scored;
}

function takesExtremes({ exports, assumes }: Pick<Program, 'exports' | 'assumes'>): boolean {
  return reachable([...exports, ...assumes].map(({ node }) => node)).some((node) => node.kind === 'reduction' && node.operator !== 'sum');
}

function planWith(program: Program, options: CompileOptions, effort: Effort): Plan {
  const before = effort.spent;
  const { target } = options;
  const { traits } = target;
  const observe = (stage: StageName, print: () => string) => options.observe?.(stage, print);

  if (options.compute !== 'f32' && (traits.headNorms !== 'none' || traits.writeNorms))
    fail('R6003', { target: target.name, dtype: options.compute });
  const { exports, assumptions } = resolveRequest(program, options);
  observe('graph', () => printGraph(exports.map((e) => e.node)));

  options.onStage?.('simplifying');
  // what is assumed is rewritten as the exports are, so that it speaks of the same s-ops
  const conditions = program.assumes.map(({ node, span }): Export => ({ name: '', node, span }));
  const rewritten = simplify(program.graph, [...exports, ...conditions], assumptions, traits.attention, optimizationsOf(options));
  const { splits, laws } = rewritten;
  const simplified = rewritten.exports.slice(0, exports.length);
  const assumes = rewritten.exports.slice(exports.length).map(({ node }) => node);
  observe('simplify', () => printGraph(simplified.map((e) => e.node)));

  options.onStage?.('finding the values that there can be');
  const seen = { ...assumptions, assumes, causal: assumptions.causal && traits.attention === 'causal' };
  const choices = optimizationsOf(options).has('choices');
  const infer = (inlineLimit: number) => inferFacts(program.graph, seen, { splits, inlineLimit, choices });
  const facts = infer(options.compute === 'f32' ? INLINE_LIMIT : ROUNDED_INLINE_LIMIT);
  checkCompilable({ graph: program.graph, exports: simplified, facts, target });
  observe('facts', () => printFacts(simplified, facts));

  let tried = 0;
  const mostOf = (part: number) => before + part * (mostTurns(options) - before);
  let isGivenUp = false;
  let isSpent = false;
  let best: Found | null = null;
  const attempt = (facts: Facts, encoding: Encoding) => {
    const nth = ++tried === 1 ? '' : `, in way ${tried} of encoding the values`;
    const onStage = (what: string) => options.onStage?.(what + nth);
    const isWorthBounding = (size: PlacedSize) => best === null || isCheaper(size, sizeOf(best));
    try {
      const most = mostOf(tried === 1 ? FIRST_CIRCUIT : ALL_CIRCUITS);
      return effort.within(most, () => place(program, facts, simplified, { ...options, onStage }, encoding, isWorthBounding));
    } catch (error) {
      if (error instanceof EffortSpent) isGivenUp = isSpent = true;
      throw error;
    }
  };
  const isOver = (first: Attempt) => (options.effort ?? 1) <= 1 && saysAll(first);
  const giveUp = () => {
    isGivenUp = true;
  };
  const found = (facts: Facts, encodings: readonly Encoding[]): Found => {
    const mend = (encoding: Encoding) => mended(encoding, (other) => attempt(facts, other), isOver);
    const placed = firstProven(encodings, options.sizes !== undefined, mend, giveUp);
    const hasDigits = encodings.some(({ care }) => care.hasDigits);
    return { facts, placed, hasDigits, parameters: parametersOf(placed.placement, assumptions, placed.ids) };
  };
  best = found(facts, encodingsFor(options));
  const cheaper = (isOpen: boolean, known: Found, other: () => Found) => {
    if (!isOpen || !known.placed.certificate.holds || known.parameters > WORTHWHILE) return known;
    const next = unlessRefused(other);
    return next?.placed.certificate.holds && isCheaper(sizeOf(next), sizeOf(known)) ? next : known;
  };
  const { compute, sizes } = options;
  const isFree = compute === 'f32' && sizes === undefined;
  // digits take a layer, which can be more than they save
  const uncut = encodingsFor({ ...options, without: [...(options.without ?? []), 'cut-digits'] });
  best = cheaper(best.hasDigits, best, () => found(facts, uncut));
  // so do arguments that are computed by themselves, and take fewer neurons
  const { hasDigits } = best;
  best = cheaper(isFree && facts.hasLargeTables, best, () => found(infer(FEW_INLINED), hasDigits ? encodingsFor(options) : uncut));
  return { ...best.placed, facts: best.facts, assumptions, simplified, laws, planned: effort.spent - before, isGivenUp, isSpent };
}

/** Parameters from which on another way takes a second or more. */
const COSTLY = 1_000_000;

/** How many times what is allowed is too far for what other codes change about everything else. */
const PLAIN = 2.5;

/** Whether a circuit that fails says that all others would: what fails by far reads nothing that another code, or cutting clean, would change. */
function saysAll({ placed, care }: Attempt): boolean {
  const isCostly = parametersOf(placed.placement, placed, placed.ids) > COSTLY;
  return isCostly && !care.isCuttable && plainExcess({ placed, care }) > PLAIN;
}

/** One way to plan a program. */
interface Found {
  readonly facts: Facts;
  readonly placed: Placed;
  /** Whether any circuit on the way matched digits. */
  readonly hasDigits: boolean;
  readonly parameters: number;
}

function sizeOf({ parameters, placed }: Found): Cost {
  return { parameters, layers: placed.placement.layers.length };
}

/** What the ways to plan a program are compared by. */
type Cost = Pick<PlacedSize, 'parameters' | 'layers'>;

/** Layers are saved first, unless that takes several times the parameters. */
function isCheaper(next: Cost, best: Cost): boolean {
  return next.parameters * WORTH_OF_A_LAYER ** (next.layers - best.layers) < best.parameters;
}

/**
 * What is tried, the first whose certificate holds being taken: few dimensions before one a value (which is all that half precision keeps);
 * what is counted cut clean first, and in half precision counts decoded first, only where nothing else is exact, since that takes layers.
 */
function encodingsFor(options: CompileOptions): readonly Encoding[] {
  const dense = optimizationsOf(options);
  const plain = new Set([...dense].filter((each) => !DENSE_OPTIMIZATIONS.has(each)));
  const single = isSingle({ stored: options.dtype, computed: options.compute });
  return (single ? [false] : [false, true]).flatMap((decoded) =>
    [false, true].flatMap((sharp) =>
      (single ? [dense, plain] : [plain]).map((optimizations) => ({ sharp, decoded, optimizations, care: new Care() })),
    ),
  );
}

function isAs({ optimizations }: Encoding, other: Encoding): boolean {
  return optimizations === other.optimizations;
}

/** Whether another way is the same but that nothing is cut clean, which would have made a difference. */
function isUncut({ sharp, decoded, care, ...codes }: Encoding, other: Encoding): boolean {
  return !sharp && decoded === other.decoded && care.isCuttable && isAs({ sharp, decoded, care, ...codes }, other);
}

function optimizationsOf({ without }: CompileOptions): ReadonlySet<Optimization> {
  return new Set([...ALL_OPTIMIZATIONS].filter((each) => !without?.includes(each)));
}

/**
 * The first that is proven, else the one with the best margin. One that does not fit into the given sizes leaves the others to be tried, and
 * a refusal of a later one leaves the best.
 *
 * @param giveUp is told where one that fails leaves others that are not tried
 */
function firstProven(
  encodings: readonly Encoding[],
  isExact: boolean,
  attempt: (encoding: Encoding) => Mended,
  giveUp: () => void,
): Placed {
  let best: Placed | null = null;
  let refusal: DiagnosticError | null = null;
  let left = encodings;
  for (let encoding = left[0]; encoding !== undefined; encoding = left[0]) {
    left = left.slice(1);
    // Where nothing that neurons write is counted there is nothing to cut clean.
    if (encoding.sharp && best !== null && encodings.every(({ care }) => !care.countsRounded)) continue;
    if (encoding.sharp && best !== null && !encodings.some((each) => isUncut(each, encoding))) continue;
    let mended: Mended;
    try {
      mended = attempt(encoding);
    } catch (error) {
      if (error instanceof EffortSpent) continue;
      if (!(error instanceof DiagnosticError) || (!isExact && best === null)) throw error;
      refusal ??= error;
      continue;
    }
    const { placed, isDenseAtFault } = mended;
    if (placed.certificate.holds) return placed;
    // Where no dense code is at fault, the same codes are tried in the other ways before they are done without.
    if (!isDenseAtFault) left = [...left].sort((a, b) => Number(isAs(b, encoding)) - Number(isAs(a, encoding)));
    if (best === null || placed.certificate.worstMargin > best.certificate.worstMargin) best = placed;
    if (mended.isOver) {
      if (left.some(({ sharp }) => !sharp)) giveUp();
      break;
    }
  }
  if (best === null) throw refusal ?? new EffortSpent();
  return best;
}
