/**
 * What planning a program takes: turns of inner loops, counted where they are done, each worth some twenty nanoseconds. They are the same on any machine,
 * which seconds are not, so that a limit refuses the same programs everywhere. Whoever does work says so to the effort that is open; where none is,
 * nothing is counted.
 */
import type { Span } from '../source/source-file.ts';

/** What work is done for: an s-op, or what was made of it. What is made of one s-op has its spans. */
export interface Part {
  readonly name?: string | null;
  readonly spans: readonly Span[];
}

export class Effort {
  #spent = 0;
  #most = Number.POSITIVE_INFINITY;
  #at: Part = { spans: [] };
  readonly #parts = new Map<readonly Span[], { readonly name: string; turns: number }>();

  /** In turns. */
  get spent(): number {
    return this.#spent;
  }

  /** Does what it is given, whose work counts from here on until so many turns are spent in all; throws {@link EffortSpent} then. */
  within<T>(most: number, run: () => T): T {
    const [outer, outerMost] = [open, this.#most];
    open = this;
    this.#most = Math.min(most, outerMost);
    try {
      return run();
    } finally {
      open = outer;
      this.#most = outerMost;
    }
  }

  workOn(part: Part): void {
    this.#at = part;
  }

  spend(turns: number, { name, spans } = this.#at): void {
    this.#spent += turns;
    const known = this.#parts.get(spans);
    if (known !== undefined) known.turns += turns;
    else this.#parts.set(spans, { name: name ?? '', turns });
    if (this.#spent > this.#most) throw new EffortSpent();
  }

  /** What most was spent on, of what has a place in the source. */
  get largest(): { readonly name: string; readonly turns: number; readonly span: Span | undefined } {
    let largest: { name: string; turns: number; span: Span | undefined } = { name: '', turns: 0, span: undefined };
    for (const [[span], { name, turns }] of this.#parts) if (span !== undefined && turns > largest.turns) largest = { name, turns, span };
    return largest;
  }
}

let open: Effort | null = null;

/** Says that so many turns are about to be done, for what is worked on where no part is named. */
export function spend(turns: number, on?: Part): void {
  open?.spend(turns, on);
}

/** Says what the turns are spent on that name no part. */
export function workOn(part: Part): void {
  open?.workOn(part);
}

/** Something was given up for what it takes, not for anything that is wrong with it. */
export class EffortSpent extends Error {}
