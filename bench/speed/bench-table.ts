/** What one part of `npm run bench` measured. */

/** One table: a row of headings, and rows of values. */
export interface BenchTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}
