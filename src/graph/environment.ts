/** The names that are known at a place, and what they stand for. */
import type { Term } from './term.ts';

/** Stands for a name whose assignment failed: its uses fail silently, so that one fault is told once. */
export const FAILED = Symbol('failed');

export class Environment {
  readonly #variables = new Map<string, Term | typeof FAILED>();
  readonly #parent: Environment | null;
  /** Where the names of a loaded file also go. */
  readonly #exportsTo: Environment | null;
  /** What `out` stands for: the last value that was computed here. */
  out: Term | null = null;

  constructor(parent: Environment | null, exportsTo: Environment | null = null) {
    this.#parent = parent;
    this.#exportsTo = exportsTo;
  }

  /** Names that start with `_` stay in the file that defines them. */
  set(name: string, term: Term | typeof FAILED): void {
    this.#variables.set(name, term);
    if (!name.startsWith('_')) this.#exportsTo?.set(name, term);
  }

  get(name: string): Term | typeof FAILED | undefined {
    let scope: Environment | null = this;
    while (scope !== null) {
      const found = name === 'out' ? (scope.out ?? undefined) : scope.#variables.get(name);
      if (found !== undefined) return found;
      scope = scope.#parent;
    }
    return undefined;
  }

  /** The names of this scope itself, in the order of their first assignment. */
  own(): IterableIterator<[string, Term | typeof FAILED]> {
    return this.#variables.entries();
  }

  /** Every name that can be used here. */
  names(): string[] {
    const names = new Set<string>();
    for (let scope: Environment | null = this; scope !== null; scope = scope.#parent) {
      for (const name of scope.#variables.keys()) names.add(name);
    }
    return [...names];
  }
}
