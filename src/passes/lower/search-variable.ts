/** What a function is of, as the search for a number that tells its values sees it. */

/** One way to read a variable as a number, by value index. */
export interface Reading {
  readonly levels: Float64Array;
  /** About how far off the number can be when the model reads it. */
  readonly noise: number;
}

export interface SearchVariable {
  readonly size: number;
  /** The ways in which it can be read now, the preferred one first. */
  readonly readings: readonly Reading[];
  /** Whether any numbering of its values can be read besides. */
  readonly free: boolean;
}
