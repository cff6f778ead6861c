/** The names that are known at a place, whatever they stand for. */

/** Stands for a name whose assignment failed: its uses fail silently, so that one fault is told once. */
export const FAILED = Symbol('failed');

/** @typeParam Held what names stand for */
export class Scope<Held> {
  readonly #variables = new Map<string, Held | typeof FAILED>();
  readonly #parent: Scope<Held> | null;
  /** Where the names of a loaded file also go. */
  readonly #exportsTo: Scope<Held> | null;
  /** Who defines functions here, for display: `console`, a file as it was loaded, or a `'` more than the scope around. */
  readonly label: string;
  /** Whether it is that of a function or a comprehension, not of a file. */
  readonly isLocal: boolean;
  /** What `out` stands for: the last value that was computed here. */
  out: Held | null = null;

  constructor(parent: Scope<Held> | null, options: { readonly label?: string; readonly exportsTo?: Scope<Held> } = {}) {
    this.#parent = parent;
    this.#exportsTo = options.exportsTo ?? null;
    this.isLocal = parent !== null && options.label === undefined;
    this.label = options.label ?? `${parent?.label ?? ''}'`;
  }

  /** Names that start with `_` stay in the file that defines them. */
  set(name: string, term: Held | typeof FAILED): void {
    this.#variables.set(name, term);
    if (!name.startsWith('_')) this.#exportsTo?.set(name, term);
  }

  get(name: string): Held | typeof FAILED | undefined {
    let scope: Scope<Held> | null = this;
    while (scope !== null) {
      const found = name === 'out' ? (scope.out ?? undefined) : scope.#variables.get(name);
      if (found !== undefined) return found;
      scope = scope.#parent;
    }
    return undefined;
  }

  /** The names of this scope itself, in the order of their first assignment. */
  own(): IterableIterator<[string, Held | typeof FAILED]> {
    return this.#variables.entries();
  }

  /** Every name that can be used here. */
  names(): string[] {
    const names = new Set<string>();
    for (let scope: Scope<Held> | null = this; scope !== null; scope = scope.#parent) {
      for (const name of scope.#variables.keys()) names.add(name);
    }
    return [...names];
  }
}
