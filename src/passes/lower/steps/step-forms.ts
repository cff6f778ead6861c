/** The forms under which functions of several variables are computed by steps: found once a node. */
import { type Domain, domainSize, isNumeric, numericValue } from '../../../graph/domain.ts';
import type { SOp } from '../../../graph/graph.ts';
import type { Facts } from '../../facts/facts.ts';
import type { CodeSource } from '../variable-code.ts';
import { slopesOf } from './level-functions.ts';
import { searchVariable } from './search-variable.ts';
import { cheaper, ENOUGH_CLEARANCE, findStepForm, type StepForm } from './step-search.ts';

/** How far below a node sums are looked for. */
const MOST_DEPTH = 4;

export interface StepSearch {
  /** Whether numbers that heads write are told apart by neurons before functions of several are computed of them. */
  readonly decoded: boolean;
  /** Whether variables may be added, beside outweighing each other like digits. */
  readonly sums: boolean;
  /** Whether one may be read as what the other has to pass, numbers that half precision does not hold. */
  readonly thresholds: boolean;
}

export class StepForms {
  readonly #facts: Facts;
  readonly #source: CodeSource;
  readonly #search: StepSearch;
  readonly #forms = new Map<SOp, StepForm>();

  constructor(facts: Facts, source: CodeSource, search: StepSearch) {
    this.#facts = facts;
    this.#source = source;
    this.#search = search;
  }

  /** Whether any function of the s-op can be read as it is, without neurons that decode it first. */
  isOpen(node: SOp): boolean {
    return this.#facts.of(node).shape.kind !== 'variable' || this.#source.variable(node).open;
  }

  /** The form under which a node's function of these variables is computed; `entries` has the value at each combination of theirs. */
  of(node: SOp, variables: readonly SOp[], entries: Int32Array): StepForm {
    const known = this.#forms.get(node) ?? this.#find(node, variables, entries);
    this.#forms.set(node, known);
    return known;
  }

  #find(node: SOp, variables: readonly SOp[], entries: Int32Array): StepForm {
    const hints = [...this.#sumsBelow(node, variables), ...this.#slopes(node, variables, entries)];
    const raw = this.#read(variables, entries, false, hints);
    const clear = raw !== null && raw.pieces.length <= 3 && raw.clearance >= ENOUGH_CLEARANCE;
    const needless = (clear && !this.#search.decoded) || variables.every((v) => this.isOpen(v));
    const decoded = needless ? null : this.#read(variables, entries, true, hints);
    return cheaper(
      this.#search.decoded && decoded !== null ? null : raw,
      decoded,
      variables.reduce((n, v) => n + domainSize(this.#facts.of(v).domain), 0),
    );
  }

  /** Weights with which the variables are added up in what a node is computed of. */
  #sumsBelow(node: SOp, variables: readonly SOp[]): readonly (readonly number[])[] {
    const found: (readonly number[])[] = [];
    let level: readonly SOp[] = [node];
    for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth++) {
      for (const each of level) {
        const weights = this.#weightsOf(each, variables);
        if (weights === null) continue;
        // Of equal weights and opposite ones the search knows.
        if (new Set(weights.map(Math.abs)).size > 1) found.push(weights);
      }
      level = level.flatMap((each) => (each.kind === 'elementwise' ? each.args : []));
    }
    return found;
  }

  /** The weights with which a node is the sum of these, each of which may be a sum itself, and has its share of the terms; null where it is none. */
  #weightsOf(node: SOp, variables: readonly SOp[]): readonly number[] | null {
    const terms = this.#facts.of(node).affine?.terms;
    if (terms === undefined) return null;
    const parts = variables.map((v) => this.#facts.of(v).affine?.terms ?? new Map([[v, 1]]));
    if (terms.size !== parts.reduce((count, part) => count + part.size, 0)) return null;
    const weights = parts.map((part) => {
      const ratios = new Set([...part].map(([term, own]) => (terms.get(term) ?? 0) / own));
      const [ratio = 0] = ratios;
      return ratios.size === 1 ? ratio : 0;
    });
    return weights.every((weight) => weight !== 0) ? weights : null;
  }

  /**
   * The multiples of two variables whose sum rises as the function does, where that is so: `indices + round(length / 2)` is 2 * indices + length,
   * halved.
   */
  #slopes(node: SOp, variables: readonly SOp[], entries: Int32Array): readonly (readonly number[])[] {
    const { shape } = this.#facts.of(node);
    const numbers = variables.map((v) => numbersOf(this.#facts.of(v).domain));
    const values = shape.kind === 'table' ? numbersOf({ kind: 'finite', values: shape.values }) : null;
    const [first, second, ...others] = numbers;
    if (!first || !second || others.length > 0 || values === null) return [];
    return slopesOf(entries, values, [first, second]);
  }

  #read(variables: readonly SOp[], entries: Int32Array, decoded: boolean, hints: readonly (readonly number[])[]): StepForm | null {
    return findStepForm(
      variables.map((v) => searchVariable(v, decoded, this.#facts, this.#source)),
      entries,
      this.#search.sums,
      this.#search.sums ? hints : [],
      this.#search.thresholds,
    );
  }
}

function numbersOf(domain: Domain): Float64Array | null {
  return domain.kind === 'finite' && isNumeric(domain) ? Float64Array.from(domain.values, numericValue) : null;
}
