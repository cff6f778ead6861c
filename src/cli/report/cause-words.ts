/** By what a circuit was lost, in words. */
import type { Part } from '../../drift/programmed-parts.ts';

export const CAUSE: Readonly<Record<Part, string>> = {
  codes: 'codes: what the embeddings write for it has changed',
  sink: 'sink: what takes the queries that match nothing has changed',
  scores: 'scores: the queries and keys of its heads have changed',
  values: 'values: what its heads move, or where they write it, has changed',
  output: 'output: what its answer is read by has changed',
  scale: 'scale: the stream is louder or quieter where it reads than its norms make up for',
  others: 'others: other heads and neurons write into its dimensions',
};
