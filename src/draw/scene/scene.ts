/**
 * A picture before it has a form: the flow of a program on one input, layer by layer, as data. Text, SVG and pages are made of the same
 * scene. Everything in it that came from a program is text, and stays text.
 */

/** The values of an s-op on the input, one for each position. */
export interface Row {
  /** The same for the same s-op, wherever it stands. */
  readonly id: number;
  readonly label: string;
  readonly values: readonly string[];
  /** Of a model: what it holds in place of a value, null where it holds the right one. Absent where nothing was measured. */
  readonly held?: readonly (string | null)[];
}

/** One comparison of a selector: `keys operator queries`. */
export interface SceneCondition {
  readonly keys: Row;
  readonly operator: string;
  readonly queries: Row;
}

/** What is made of the selected positions. */
export interface SceneResult {
  readonly kind: string;
  /** What is read at them; null where they are only counted. */
  readonly reads: Row | null;
  /** What a query that selects nothing gets, as a program writes it; null where there is no such thing. */
  readonly otherwise: string | null;
  readonly row: Row;
}

/** What a model's head looked at. */
export interface MeasuredGrid {
  /** `[query][key]`, without BOS: shares of what is not BOS's, adding up to 1. */
  readonly weights: readonly (readonly number[])[];
  /** By query: BOS's own share. */
  readonly bos: readonly number[];
  /** `[query, key]` where the share is not the ideal one; key -1: BOS's. None where there is no ideal. */
  readonly differs: readonly (readonly [query: number, key: number])[];
}

export interface SceneHead {
  /** As it is shown: heads of a program count from 1, those of a model from 0. */
  readonly number: number;
  readonly name: string;
  /** The selector as an expression, with the names of the program. */
  readonly text: string;
  readonly conditions: readonly SceneCondition[];
  /** `[query][key]`: the share of each selected key; null where what the head should look at is not known. */
  readonly ideal: readonly (readonly number[])[] | null;
  readonly measured: MeasuredGrid | null;
  readonly results: readonly SceneResult[];
  /** Heads that are the same but for what they read, and are not shown. */
  readonly folded: readonly string[];
}

/** Elementwise: what is computed at each position by itself. */
export interface SceneStep {
  readonly row: Row;
  readonly text: string;
  /** Ids of the rows that it reads. */
  readonly reads: readonly number[];
  readonly folded: readonly string[];
}

export interface SceneLayer {
  /** As it is shown: layers of a program count from 1, those of a model from 0. */
  readonly number: number;
  readonly title: string;
  readonly heads: readonly SceneHead[];
  /** What is computed from the heads' results. */
  readonly steps: readonly SceneStep[];
  /** Layers after this one that are the same but for what they read, and are not shown. */
  readonly folded: number;
}

export interface Scene {
  readonly title: string;
  readonly input: readonly string[];
  readonly causal: boolean;
  readonly layers: readonly SceneLayer[];
  readonly outputs: readonly Row[];
  /** By id of a row: who reads it. */
  readonly readers: ReadonlyMap<number, readonly string[]>;
}

/** Every row of a layer with its place in words, as readers are named. */
export function readersOf(layers: readonly SceneLayer[], outputs: readonly Row[]): Map<number, string[]> {
  const readers = new Map<number, string[]>();
  const note = (id: number, text: string): void => {
    const known = readers.get(id) ?? [];
    if (!known.includes(text)) readers.set(id, [...known, text]);
  };
  for (const { number, heads, steps } of layers) {
    for (const head of heads) {
      const place = headLabel(number, head.number);
      for (const { keys } of head.conditions) note(keys.id, `keys of ${place}`);
      for (const { queries } of head.conditions) note(queries.id, `queries of ${place}`);
      for (const { reads } of head.results) if (reads !== null) note(reads.id, `values of ${place}`);
    }
    for (const { reads, row } of steps) for (const id of reads) note(id, row.label);
  }
  for (const { id } of outputs) note(id, 'output');
  return readers;
}

/** `head 2.1`, by the numbers that are shown. */
export function headLabel(layer: number, head: number): string {
  return `head ${layer}.${head}`;
}
