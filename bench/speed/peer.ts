/**
 * What the peer, Tracr, makes of 27 programs at several vocabularies and contexts: `tracr-figures.json`, measured of its commit
 * 9ce2b8c (2024-02-05), unmodified; the notes in the file say how.
 */
import { readFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';

/** The model that the peer makes of one cell. */
export interface PeerModel {
  readonly layers: number;
  /** Of the layer that has most. */
  readonly heads: number;
  readonly width: number;
  readonly hidden: number;
  /** Attention, MLPs and embeddings; its unembedding is no parameter. */
  readonly parameters: number;
  readonly cpuMilliseconds: number;
  /** Whether every output it was tried on was right. */
  readonly exact: boolean;
}

/** One program at one vocabulary size and context; null where the peer does not compile it. */
export interface PeerCell {
  readonly program: string;
  readonly vocabulary: number;
  readonly context: number;
  readonly model: PeerModel | null;
}

interface Row {
  readonly program: string;
  readonly vocab: number;
  readonly context: number;
  readonly ok: boolean;
  readonly layers: number;
  readonly headsMax: number;
  readonly width: number;
  readonly hidden: number;
  readonly parameters: number;
  readonly compileCpuSeconds: number;
  readonly exact: number;
}

export function peerCells(): PeerCell[] {
  const { rows } = JSON.parse(readFileSync(packagePath('bench', 'tracr-figures.json'), 'utf8')) as { rows: readonly Row[] };
  return rows.map((row) => ({
    program: row.program,
    vocabulary: row.vocab,
    context: row.context,
    model: row.ok
      ? {
          layers: row.layers,
          heads: row.headsMax,
          width: row.width,
          hidden: row.hidden,
          parameters: row.parameters,
          cpuMilliseconds: 1000 * row.compileCpuSeconds,
          exact: row.exact === 1,
        }
      : null,
  }));
}
