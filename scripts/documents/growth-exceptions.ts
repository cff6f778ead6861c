/** Where sizes jump between neighbours of the grid, or are not proven, as is known, and why: a jump that is not here fails a test, and so does one that is gone. */

export interface GrowthException {
  readonly program: string;
  /** Over contexts (N) or vocabularies (V): from one size to the next. */
  readonly over: 'N' | 'V';
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export const GROWTH_EXCEPTIONS: readonly GrowthException[] = [
  {
    program: 'addition',
    over: 'N',
    from: 512,
    to: 1024,
    why: 'the last of what decides *before* a position: a dimension a position, and what it asks of has to be cut clean in a layer of its own',
  },
  {
    program: 'double_hist',
    over: 'N',
    from: 512,
    to: 1024,
    why: 'counts that are matched: one dimension a count misses by 7%, digits by 163%',
  },
  {
    program: 'dyck2',
    over: 'N',
    from: 16,
    to: 32,
    why: 'the last of what matches a depth: beyond 16 positions a circle of few dimensions is too coarse, and depths are told apart in a layer of their own',
  },
  { program: 'dyck2', over: 'N', from: 256, to: 512, why: 'depths as digits fail, and each has a dimension' },
  {
    program: 'dyck2',
    over: 'N',
    from: 512,
    to: 1024,
    why: 'the last of what matches a depth: scores of 18 nats a position are rounded by more than a nat',
  },
  {
    program: 'hist',
    over: 'N',
    from: 512,
    to: 1024,
    why: 'scores have to be the same to 1/(32 N): one dimension a letter, where a circle of few misses by a fifth',
  },
  {
    program: 'most_frequent',
    over: 'N',
    from: 16,
    to: 32,
    why: 'a thermometer of counts takes N dimensions, and their tables N² parameters each layer',
  },
  {
    program: 'most_frequent',
    over: 'N',
    from: 32,
    to: 64,
    why: 'a thermometer of counts takes N dimensions, and their tables N² parameters each layer',
  },
  {
    program: 'most_frequent',
    over: 'N',
    from: 256,
    to: 512,
    why: 'counts of the thermometer fail together, and are cut clean in layers of their own',
  },
  {
    program: 'most_frequent',
    over: 'N',
    from: 512,
    to: 1024,
    why: 'counts of counts are closer together than what neurons leave of them in float32',
  },
  {
    program: 'reverse',
    over: 'N',
    from: 256,
    to: 512,
    why: 'a position less a count, decoded: a step has a seventh less than it needs in float32 behind the norms of BERT',
  },
  {
    program: 'running_fraction',
    over: 'N',
    from: 32,
    to: 64,
    why: 'more than 1,200 shares: the output is one number in the logits, not a logit a value',
  },
  {
    program: 'sort',
    over: 'N',
    from: 64,
    to: 128,
    why: 'equal tokens before: a dimension a position; and beyond 64 positions a rank is a sum of two counts, each decoded first',
  },
  { program: 'sort', over: 'N', from: 256, to: 512, why: 'equal tokens before: a class a position' },
  { program: 'sort', over: 'N', from: 512, to: 1024, why: "a rank is a sum of two conditions' counts: too close together in float32" },
  { program: 'sort', over: 'V', from: 832, to: 1664, why: 'a thermometer of tokens beside positions: a dimension a token' },
  { program: 'sort', over: 'V', from: 1664, to: 4096, why: 'a thermometer of tokens beside positions: too large to write (R5003)' },
  {
    program: 'sort_by_frequency',
    over: 'N',
    from: 8,
    to: 16,
    why: 'counts are matched and compared: circles that serve at 8 positions fail at 16, and each count has a dimension',
  },
  { program: 'sort_by_frequency', over: 'N', from: 32, to: 64, why: 'counts are compared: a dimension a count' },
  {
    program: 'sort_by_frequency',
    over: 'N',
    from: 128,
    to: 256,
    why: 'counts of counts are closer together than what neurons leave of them in float32',
  },
  {
    program: 'sort_by_frequency',
    over: 'V',
    from: 208,
    to: 416,
    why: 'a rank by a token and its count: a dimension a token, beside those of positions',
  },
];
