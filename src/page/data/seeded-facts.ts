/** What a page says of a seeded model before anything is run: its circuits, and which heads, neurons and dimensions of the stack they take. */
import type { SeedMap, SeedWindowKind } from '../../checkpoint/map/seed/seed-map.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { parseSpan, sourceFile } from '../../source/source-file.ts';
import { programmedNeurons } from '../../verify/seeded/run-seeded.ts';
import type { SourceWord } from './source-word.ts';

/** A place in one of the programs: offsets of its text. */
export interface SourcePlace {
  readonly program: number;
  readonly start: number;
  readonly end: number;
}

export interface SeededCircuit {
  readonly name: string;
  readonly kind: SeedMap['circuits'][number]['kind'];
  /** Numbers of heads. */
  readonly heads: readonly number[];
  readonly dims: readonly number[];
  readonly source: SourcePlace | null;
  /** How often it was right when it was written; null where nothing was measured. */
  readonly promise: { readonly accuracy: number; readonly positions: number } | null;
  readonly windows: readonly { readonly kind: SeedWindowKind; readonly accuracy: number; readonly positions: number }[];
}

export interface SeededHead {
  readonly layer: number;
  readonly head: number;
  readonly name: string;
  /** It attends this many positions behind those that the program selects. */
  readonly after: number;
  readonly source: SourcePlace | null;
}

export interface SeededFacts {
  readonly name: string;
  readonly target: string;
  readonly sizes: {
    readonly layers: number;
    readonly heads: number;
    readonly width: number;
    readonly hidden: number;
    readonly vocab: number;
  };
  /** The token that stands first; null where none has to. */
  readonly bos: number | null;
  readonly context: number;
  readonly programs: readonly { readonly file: string; readonly text: string; readonly words: readonly SourceWord[] }[];
  readonly circuits: readonly SeededCircuit[];
  readonly heads: readonly SeededHead[];
  /** By layer: how many neurons are programmed. */
  readonly neurons: readonly number[];
  /** Reserved dimensions; layers from -1, the embedding, to the number of layers, the output. */
  readonly variables: readonly {
    readonly name: string;
    readonly encoding: string;
    readonly dims: readonly number[];
    readonly written: number;
    readonly lastRead: number;
  }[];
}

/** @param words of each program, to be coloured */
export function seededFacts(
  name: string,
  map: SeedMap,
  checkpoint: OpenCheckpoint,
  words: readonly (readonly SourceWord[])[],
): SeededFacts {
  const { target, sizes } = checkpoint.config;
  const files = map.programs.map(({ file, source }) => sourceFile(file, source));
  const placeOf = (span: string): SourcePlace | null => {
    for (const [program, file] of files.entries()) {
      const found = parseSpan(file, span);
      if (found !== null) return { program, start: found.start, end: found.end };
    }
    return null;
  };
  return {
    name,
    target: `${target.name} (${target.architecture})`,
    sizes: { layers: sizes.layers, heads: sizes.heads, width: sizes.width, hidden: sizes.hidden, vocab: sizes.vocab },
    bos: map.bos?.id ?? null,
    context: map.context,
    programs: files.map(({ path, text }, at) => ({ file: path, text, words: words[at] ?? [] })),
    circuits: map.circuits.map(({ name: own, kind, span, heads, dims, promise }) => ({
      name: own,
      kind,
      heads: map.heads.flatMap((head, at) => (heads.includes(head.name) ? [at] : [])),
      dims,
      source: placeOf(span),
      promise: promise === null ? null : { accuracy: promise.accuracy, positions: promise.positions },
      windows: promise?.windows?.shares ?? [],
    })),
    heads: map.heads.map(({ layer, head, name: own, after, span }) => ({ layer, head, name: own, after, source: placeOf(span) })),
    neurons: programmedNeurons(map, checkpoint).map(({ size }) => size),
    variables: map.variables.map(({ name: own, encoding, dims, written, lastRead }) => ({ name: own, encoding, dims, written, lastRead })),
  };
}
