/**
 * A finite function of several variables as a piecewise-constant function of one number: finds a linear form of readable numbers
 * under which the function changes rarely. Variables are summed or subtracted (a comparison of two counts is one step) or outweigh
 * each other like the digits of a number, which always works, with at worst one step a combination (docs/encodings.md).
 */

import { spend } from '../../../circuit/effort.ts';
import { roundUpTo } from '../../../tensor/dtype.ts';
import { indexAt } from '../../../tensor/number-at.ts';
import { rangeOf } from './level-functions.ts';
import { type Piece, piecesOf } from './pieces.ts';
import type { Reading, SearchVariable } from './search-variable.ts';
import { thresholdReadings } from './threshold-form.ts';

export interface StepForm {
  /** For each variable the reading and its weight. */
  readonly parts: readonly { readonly reading: Reading; readonly weight: number }[];
  /** Ascending, disjoint. */
  readonly pieces: readonly Piece[];
  /** How many times the form's own noise fits into what its smallest step can take. */
  readonly clearance: number;
}

type Parts = StepForm['parts'];

/** Combinations times candidates that a search may look at; beyond, only the first candidates are tried. */
const WORK_LIMIT = 400_000;
/** How much more, where nothing has been found yet. */
const PATIENCE = 4_000_000;
/** A form with this many pieces (one or two steps) is taken without looking for a better one. */
const FEW_PIECES = 3;
/** What one entry of a candidate takes. */
const TURNS_AN_ENTRY = 8;
/** Forms are compared by their pieces only if they are this clear. */
export const ENOUGH_CLEARANCE = 2;
/** The part of a step's gap that its input may be off by (placement/step-neurons.ts). */
const USABLE_GAP = 0.29;

/**
 * @param entries the function's value (an index) at each combination, row-major over the variables; -1: does not matter
 * @param hints weights of each variable's own numbers with which the function is likely to have few pieces
 * @param sums whether variables may be added, beside outweighing each other like digits
 * @param thresholds whether one may be read as what the other has to pass, numbers that half precision does not hold
 * @returns the clear form with the fewest pieces, else the clearest; null where no candidate separates the values
 */
export function findStepForm(
  variables: readonly SearchVariable[],
  entries: Int32Array,
  sums: boolean,
  hints: readonly (readonly number[])[] = [],
  thresholds = sums,
): StepForm | null {
  const hinted = hints.flatMap((weights) => evaluate({ variables, entries }, weightedParts(variables, weights)) ?? []);
  const found = searchForm(variables, entries, sums);
  // Nothing has fewer pieces than a question, or is clearer than one that has its own thresholds.
  if (thresholds && found !== null && (found.pieces.length > 2 || found.clearance < ENOUGH_CLEARANCE))
    hinted.push(...thresholdForms({ variables, entries }));
  return hinted.reduce((best, form) => (best === null || compareForms(form, best) < 0 ? form : best), found);
}

function thresholdForms(table: Table): StepForm[] {
  const [first, second, ...others] = table.variables;
  if (first === undefined || second === undefined || others.length > 0) return [];
  return thresholdReadings([first, second], table.entries).flatMap(({ readings, weights }) => {
    const parts = readings.map((reading, i) => ({ reading, weight: weights[i] as number }));
    return evaluate(table, parts) ?? [];
  });
}

/** The last reading of a variable is its own number. */
function weightedParts(variables: readonly SearchVariable[], weights: readonly number[]): Parts {
  return variables.map(({ readings }, i) => ({ reading: readings.at(-1) as Reading, weight: weights[i] as number }));
}

function searchForm(variables: readonly SearchVariable[], entries: Int32Array, sums: boolean): StepForm | null {
  const table = withClassRanks({ variables, entries });
  const reduced = reduce(table);
  const found: { readonly choice: Choice; readonly form: StepForm }[] = [];
  let work = WORK_LIMIT;
  for (const choice of sums ? choices(reduced.variables) : []) {
    const form = evaluate(reduced, partsOf(reduced.variables, choice));
    if (form !== null) found.push({ choice, form });
    work -= reduced.entries.length;
    if (work < -PATIENCE || (work < 0 && found.length > 0)) break;
    if (form !== null && form.pieces.length <= FEW_PIECES && form.clearance >= ENOUGH_CLEARANCE) break;
  }
  if (found.length === 0) {
    for (const choice of safeChoices(reduced.variables)) {
      const form = evaluate(reduced, partsOf(reduced.variables, choice));
      if (form !== null) found.push({ choice, form });
    }
  }
  found.sort((a, b) => compareForms(a.form, b.form));
  for (const { choice } of found) {
    const whole = evaluate(table, partsOf(table.variables, choice));
    if (whole !== null) return whole;
  }
  return null;
}

function compareForms(a: StepForm, b: StepForm): number {
  const [clearA, clearB] = [a.clearance >= ENOUGH_CLEARANCE, b.clearance >= ENOUGH_CLEARANCE];
  if (clearA !== clearB) return clearA ? -1 : 1;
  return (clearA ? a.pieces.length - b.pieces.length : 0) || b.clearance - a.clearance;
}

interface Table {
  readonly variables: readonly SearchVariable[];
  readonly entries: Int32Array;
}

/** How a form is made: which reading of each variable, its sign, and its digit (0 is the lowest; variables of one digit are summed). */
interface Choice {
  readonly readings: readonly number[];
  readonly signs: readonly number[];
  readonly digits: readonly number[];
}

/**
 * Gives each free variable the reading that numbers values by their effect: those that never differ share a number. Where any do, it
 * is the only reading.
 */
function withClassRanks({ variables, entries }: Table): Table {
  const ranked = variables.map((variable, i) => {
    if (!variable.free) return variable;
    const levels = Float64Array.from(effectClasses({ variables, entries }, i));
    const rank = { levels, noise: rankNoise(variable, levels) };
    return { ...variable, readings: new Set(levels).size < variable.size ? [rank] : differentReadings([...variable.readings, rank]) };
  });
  return { variables: ranked, entries };
}

/** Without those that a later one repeats, but for where it begins. */
function differentReadings(readings: readonly Reading[]): Reading[] {
  return readings.filter(({ levels }, i) => {
    const repeats = (other: Reading) =>
      levels.every((x, v) => x - (levels[0] as number) === (other.levels[v] as number) - (other.levels[0] as number));
    return !readings.slice(i + 1).some(repeats);
  });
}

/** A numbering is as noisy as any reading of the variable, relative to its range. */
function rankNoise({ readings }: SearchVariable, ranks: Float64Array): number {
  const [known] = readings;
  return known === undefined ? 0 : (known.noise * rangeOf(ranks)) / (rangeOf(known.levels) || 1);
}

/** For each value of a variable the number of its class: values of one class have the same effect, whatever the others are. */
function effectClasses({ variables, entries }: Table, at: number): number[] {
  spend(entries.length);
  const { size } = variables[at] as SearchVariable;
  const inner = variables.slice(at + 1).reduce((n, v) => n * v.size, 1);
  const block = inner * size;
  const hasSameEffect = (v: number, other: number) => {
    for (let start = 0; start < entries.length; start += block)
      for (let i = 0; i < inner; i++) if (entries[start + v * inner + i] !== entries[start + other * inner + i]) return false;
    return true;
  };
  /** By a hash of the effect: the first value of each class that has it, with the class's number. */
  const known = new Map<number, { readonly first: number; readonly number: number }[]>();
  let classes = 0;
  return Array.from({ length: size }, (_, v) => {
    let hash = 0;
    for (let start = 0; start < entries.length; start += block)
      for (let i = 0; i < inner; i++) hash = (Math.imul(hash, 31) + indexAt(entries, start + v * inner + i)) | 0;
    const alike = known.get(hash) ?? [];
    known.set(hash, alike);
    const own = alike.find(({ first }) => hasSameEffect(v, first));
    if (own !== undefined) return own.number;
    alike.push({ first: v, number: classes });
    return classes++;
  });
}

/**
 * One value of each class of a free variable is enough. Of another's neighbouring values with the same effect only the first and the
 * last are kept: a form that puts both on one piece puts those between there too. What is found is checked on the whole table.
 */
function reduce({ variables, entries }: Table): Table {
  const kept = variables.map(({ free }, i) => {
    const classes = effectClasses({ variables, entries }, i);
    return [...classes.keys()].filter((v) =>
      free ? classes.indexOf(classes[v] as number) === v : classes[v - 1] !== classes[v] || classes[v + 1] !== classes[v],
    );
  });
  let offsets = [0];
  for (const [i, values] of kept.entries()) {
    const { size } = variables[i] as SearchVariable;
    offsets = offsets.flatMap((offset) => values.map((v) => offset * size + v));
  }
  return {
    variables: variables.map(({ readings, free }, i) => {
      const values = kept[i] as number[];
      return {
        size: values.length,
        readings: readings.map(({ levels, noise }) => ({ levels: Float64Array.from(values, (v) => levels[v] as number), noise })),
        free,
      };
    }),
    entries: Int32Array.from(offsets).map((offset) => indexAt(entries, offset)),
  };
}

/** Forms in which every variable is a digit of its own: these separate all values that the readings do. */
function safeChoices(variables: readonly SearchVariable[]): Choice[] {
  const natural = variables.map((_, i) => i);
  const readings = [variables.map((v) => v.readings.length - 1), variables.map(() => 0)];
  return readings.flatMap((reading) =>
    [natural, [...natural].reverse()].map((digits) => ({ readings: reading, signs: natural.map(() => 1), digits })),
  );
}

/** Every way to make a form, the likely ones first: class numbers before plain ones, sums before digits. */
function* choices(variables: readonly SearchVariable[]): Generator<Choice> {
  const few = variables.length <= 4;
  const readings = product(variables.map((v) => v.readings.map((_, i) => v.readings.length - 1 - i).slice(0, few ? 3 : 1)));
  const signs = product(variables.map((_, i) => (i === 0 || !few ? [1] : [1, -1])));
  const digits = digitOrders(variables.length);
  for (const digit of digits)
    for (const reading of readings) for (const sign of signs) yield { readings: reading, signs: sign, digits: digit };
}

/** All assignments of variables to digits without gaps (of up to four variables; of more, one digit for all or one for each). */
function digitOrders(count: number): number[][] {
  const natural = Array.from({ length: count }, (_, i) => i);
  const together = natural.map(() => 0);
  if (count > 4) return [together, natural, [...natural].reverse()];
  const all = product(natural.map(() => natural));
  return all.filter((d) => new Set(d).size === Math.max(...d) + 1);
}

/** The weights of a choice: each digit outweighs everything below it, by a number that any dtype holds. */
function partsOf(variables: readonly SearchVariable[], { readings, signs, digits }: Choice): Parts {
  const parts = variables.map((v, i) => ({ reading: v.readings[readings[i] as number] as Reading, weight: signs[i] as number }));
  const highest = Math.max(...digits);
  let span = 0;
  let gap = 1;
  for (let digit = 0; highest > 0 && digit <= highest; digit++) {
    const members = parts.filter((_, i) => digits[i] === digit);
    const sums = distinctSums(members);
    const range = (sums.at(-1) as number) - (sums[0] as number);
    if (range === 0) continue;
    const smallest = smallestGap(sums);
    const factor = span === 0 ? 1 : roundUpTo('bf16', (span + gap) / smallest);
    if (span === 0) gap = smallest;
    for (const part of members) part.weight *= factor;
    span += factor * range;
  }
  return parts;
}

function distinctSums(parts: Parts): Float64Array {
  let sums = [0];
  for (const { reading, weight } of parts) {
    const levels = [...new Set(reading.levels)];
    sums = [...new Set(sums.flatMap((s) => levels.map((x) => s + weight * x)))];
  }
  return Float64Array.from(sums).sort();
}

function smallestGap(sorted: Float64Array): number {
  let gap = Number.POSITIVE_INFINITY;
  const blur = 1e-9 * ((sorted.at(-1) as number) - (sorted[0] as number));
  for (let i = 1; i < sorted.length; i++) {
    const distance = (sorted[i] as number) - (sorted[i - 1] as number);
    if (distance > blur) gap = Math.min(gap, distance);
  }
  return gap;
}

function evaluate({ variables, entries }: Table, parts: Parts): StepForm | null {
  spend(TURNS_AN_ENTRY * entries.length);
  const pieces = piecesOf(combine(variables, parts), entries);
  if (pieces === null) return null;
  const noise = parts.reduce((sum, { reading, weight }) => sum + Math.abs(weight) * reading.noise, 0);
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < pieces.length; i++) gap = Math.min(gap, (pieces[i] as Piece).low - (pieces[i - 1] as Piece).high);
  return { parts, pieces, clearance: (USABLE_GAP * gap) / Math.max(noise, Number.MIN_VALUE) };
}

/** The form's number at every combination. */
function combine(variables: readonly SearchVariable[], parts: Parts): Float64Array {
  let numbers = Float64Array.of(0);
  for (const [i, { reading, weight }] of parts.entries()) {
    const { size } = variables[i] as SearchVariable;
    const next = new Float64Array(numbers.length * size);
    for (let at = 0; at < next.length; at++) {
      next[at] = (numbers[Math.floor(at / size)] as number) + weight * (reading.levels[at % size] as number);
    }
    numbers = next;
  }
  return numbers;
}

/** Every way to take one item of each list, the first list varying slowest. */
function product<Item>(lists: readonly (readonly Item[])[]): Item[][] {
  let result: Item[][] = [[]];
  for (const list of lists) result = result.flatMap((head) => list.map((item) => [...head, item]));
  return result;
}

/** Of a form over what heads wrote and one over decoded values the one that takes fewer steps, the decoding counted. */
export function cheaper(raw: StepForm | null, decoded: StepForm | null, decodeSteps: number): StepForm {
  if (decoded === null) {
    if (raw === null) throw new Error('no form separates the values');
    return raw;
  }
  if (raw === null || raw.clearance < ENOUGH_CLEARANCE) return decoded;
  return raw.pieces.length <= 4 * (decoded.pieces.length + decodeSteps) ? raw : decoded;
}
