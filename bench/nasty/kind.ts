/** A way to write a lot of work in a few lines. */
export type Draw = (from: number, to: number) => number;

export interface Kind {
  readonly name: string;
  readonly contexts: readonly number[];
  readonly isCausal: boolean;
  readonly vocabulary: (context: number, draw: Draw) => string;
  /** Defines `y`. */
  readonly body: (draw: Draw, context: number) => string;
  readonly options?: readonly string[];
  /** The context from which on it takes long. */
  readonly longFrom?: number;
}

export const letters = () => '"abcd"';
export const alphabet = () => '"abcdefghijklmnopqrstuvwxyz"';
export const digits = () => 'range(0, 10)';
export const numbers = (count: number) => () => `range(0, ${count})`;
export const count = (c: string) => `selector_width(select(tokens, "${c}", ==))`;
export const sum = (terms: readonly string[]) => terms.join(' + ');
export const times = <Item>(n: number, make: (i: number) => Item) => Array.from({ length: n }, (_, i) => make(i));
export const at = (position: string) => `y = aggregate(select(indices, ${position}, ==), tokens, "_");`;
