/** Where sizes jump between neighbours of the grid, or are not proven, as is known, and why: a jump that is not here fails a test, and so does one that is gone. */

export interface GrowthException {
  readonly program: string;
  /** Over contexts (N) or vocabularies (V): from one size to the next. */
  readonly over: 'N' | 'V';
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export const GROWTH_EXCEPTIONS: readonly GrowthException[] = [];
