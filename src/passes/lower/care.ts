/**
 * How carefully values that share dimensions are told apart, a place at a time: where the certificate of a circuit fails, the code that it
 * fails at allows for more noise the next time, until it has one dimension a value, and all others stay as they are.
 */
import type { Head, Readout, Register } from '../../circuit/circuit.ts';
import type { GraphNode } from '../../graph/graph.ts';

/** What can be dense: how a head matches, the number an answer is read from, what a head counts, and what it averages. */
export type DenseKind = 'match' | 'answer' | 'count' | 'mean';

/** A place where a dense code may be chosen. */
export interface DensePlace {
  readonly kind: DenseKind;
  /** The selector that matches, or the s-op that is answered, counted or averaged. */
  readonly node: GraphNode;
}

/** What a dense code is part of in a circuit. */
export type DenseOwner = Head | Readout | Register;

/** Levels beyond this are no dense code at all. */
export const MOST_CARE = 12;

export class Care {
  readonly #levels: ReadonlyMap<string, number>;
  readonly #dense = new Map<string, number>();
  readonly #places = new Map<DenseOwner, DensePlace>();
  /** By the place where a head matches: what it matches by a dense code. */
  readonly #matched = new Map<string, Set<GraphNode>>();
  /** Of this circuit and all that were made of it with more care. */
  readonly #made: { cuttable: boolean; digits: boolean };
  #countsRounded = false;

  constructor(levels: ReadonlyMap<string, number> = new Map(), made = { cuttable: false, digits: false }) {
    this.#levels = levels;
    this.#made = made;
  }

  /** 0 at first, and one more each time that the code has failed there. */
  level({ kind, node }: DensePlace): number {
    return this.#levels.get(placeKey({ kind, node })) ?? 0;
  }

  /** Whether a dense code may be tried. */
  allows(place: DensePlace): boolean {
    return this.level(place) <= MOST_CARE;
  }

  /** Says that a dense code was chosen, and as with how much care. */
  noteDense({ kind, node }: DensePlace, level = this.level({ kind, node })): void {
    this.#dense.set(placeKey({ kind, node }), level);
  }

  /** Says that a head matches by a dense code, and which variables. */
  noteMatched(place: DensePlace, variables: readonly GraphNode[], level: number): void {
    this.noteDense(place, level);
    const key = placeKey(place);
    const known = this.#matched.get(key) ?? new Set();
    for (const variable of variables) known.add(variable);
    this.#matched.set(key, known);
  }

  /** Whether an error that came from a variable may have come by a dense code. */
  isDenseIn(place: DensePlace, variable: GraphNode): boolean {
    return this.#matched.get(placeKey(place))?.has(variable) ?? true;
  }

  /** Says that scores are counted of what neurons have written, which may be cut clean first. */
  noteRounded(): void {
    this.#countsRounded = true;
  }

  get countsRounded(): boolean {
    return this.#countsRounded;
  }

  /** Says that what is counted would be read in another way, were it cut clean first. */
  noteCuttable(): void {
    this.#made.cuttable = true;
  }

  /** Whether cutting clean changes this circuit, or any that was made of it with more care. */
  get isCuttable(): boolean {
    return this.#made.cuttable;
  }

  /** Says that a head matches digits that are cut clean. */
  noteDigits(): void {
    this.#made.digits = true;
  }

  /** Whether any of these circuits matches digits. */
  get hasDigits(): boolean {
    return this.#made.digits;
  }

  /** Says what in the circuit is made by the choices at a place. */
  noteOwner(owner: DenseOwner, place: DensePlace): void {
    this.#places.set(owner, place);
  }

  /** Where more care would change what the owner is made of; null where it has no dense code. */
  placeOf(owner: DenseOwner): DensePlace | null {
    const place = this.#places.get(owner);
    return place !== undefined && this.#dense.has(placeKey(place)) ? place : null;
  }

  /** For the next circuit: more care at these places. */
  raised(places: Iterable<DensePlace>): Care {
    const levels = new Map(this.#levels);
    for (const { kind, node } of places) {
      const key = placeKey({ kind, node });
      levels.set(key, (this.#dense.get(key) ?? this.level({ kind, node })) + 1);
    }
    return new Care(levels, this.#made);
  }

  /** The places that have needed care. */
  get raisedPlaces(): readonly string[] {
    return [...this.#levels.keys()];
  }

  /** For another circuit: no care at one of {@link raisedPlaces}. */
  without(place: string): Care {
    return new Care(new Map([...this.#levels].filter(([key]) => key !== place)), this.#made);
  }
}

/** Tells places apart. */
export function placeKey({ kind, node }: DensePlace): string {
  return `${kind} ${node.id}`;
}
