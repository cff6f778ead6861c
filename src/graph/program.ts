/** A whole program after elaboration: what is exported, and the facts that a compiler needs beside the graph. */
import type { SourceFile, Span } from '../source/source-file.ts';
import type { Graph, GraphNode, SOp } from './graph.ts';
import type { Value } from './value.ts';

/** `any`: tokens may only be compared for equality with each other and moved about (`@vocab any`). */
export type Vocabulary =
  | { readonly kind: 'any'; readonly span: Span | null }
  /** The tokens of a tokenizer, before it is known. */
  | { readonly kind: 'tokenizer'; readonly span: Span | null }
  | {
      readonly kind: 'tokens';
      readonly values: readonly Value[];
      readonly span: Span | null;
      /** Of the tokens of a tokenizer in classes: by id, which of the values a token counts as. */
      readonly classOf?: ArrayLike<number>;
      /** Where it counts which token it is: of each value its id. */
      readonly ids?: readonly number[];
    };

export interface Export {
  readonly name: string;
  readonly node: SOp;
  readonly span: Span | null;
}

/** `@example NAME(INPUT) == [...];` */
export interface Example {
  readonly name: string;
  readonly node: GraphNode;
  readonly input: readonly Value[];
  readonly expected: readonly Value[];
  readonly span: Span | null;
}

/** `@assume E;`: inputs on which it does not hold at every position are not the program's. */
export interface Assume {
  readonly node: SOp;
  readonly span: Span;
}

/** `@step NAME; @halt VALUE;`: how a program is run again and again on its own output. */
export interface Generation {
  /** The export that is appended. */
  readonly name: string;
  readonly node: SOp;
  readonly span: Span;
  /** The value that ends a run, and is not appended itself; null where only a full context does. */
  readonly halt: { readonly value: Value; readonly span: Span } | null;
}

export interface Program {
  readonly source: SourceFile;
  readonly graph: Graph;
  readonly exports: readonly Export[];
  readonly vocabulary: Vocabulary | null;
  /** The longest input in tokens, BOS not counted. */
  readonly context: { readonly length: number; readonly span: Span | null } | null;
  /** Whether every selector also requires key position <= query position; null where the file does not say (then it does not). */
  readonly causal: { readonly value: boolean; readonly span: Span | null } | null;
  readonly examples: readonly Example[];
  readonly assumes: readonly Assume[];
  readonly generation: Generation | null;
}
