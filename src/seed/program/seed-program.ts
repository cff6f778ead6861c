/**
 * What a program seeds: heads over the identity of tokens, each once however many expressions need it, before any layer, dimension or
 * weight is chosen.
 */
import type { Span } from '../../source/source-file.ts';

/** A sequence of tokens that a circuit reads: the input itself, or what a head has moved. */
export type Content = { readonly kind: 'tokens' } | { readonly kind: 'moved'; readonly head: SeedHead };

interface HeadBase {
  /** Equal heads have equal keys, across programs too. */
  readonly key: string;
  readonly name: string;
  readonly span: Span | null;
}

/** Moves the content from `by` positions back. */
export interface ShiftHead extends HeadBase {
  readonly kind: 'shift';
  readonly by: number;
  readonly moves: Content;
}

/** Moves the content of the input's first token everywhere. */
export interface FirstHead extends HeadBase {
  readonly kind: 'first';
  readonly moves: Content;
}

/** One equality between a key's content and the query's. */
export interface ContentMatch {
  readonly key: Content;
  readonly query: Content;
}

/** Attends to the positions where every pair of contents agrees. */
export interface MatchHead extends HeadBase {
  readonly kind: 'match';
  readonly matches: readonly ContentMatch[];
  /** Which of several matches it prefers, by a slope over positions. */
  readonly prefers: 'last' | 'first' | null;
  /** It attends this many positions after those that the program selects. */
  readonly after: 0 | 1;
  /** What it moves: tokens, or only that there was a match. */
  readonly moves: Content | { readonly kind: 'presence' };
}

/** The mean of a number of each token over all positions so far. */
export interface MeanHead extends HeadBase {
  readonly kind: 'mean';
  /** The numbers of the tokens that have one; every other token has `otherwise`. */
  readonly values: readonly { readonly id: number; readonly value: number }[];
  readonly otherwise: number;
}

export type SeedHead = ShiftHead | FirstHead | MatchHead | MeanHead;

/** What an export becomes: tokens score at the output, the others are a feature in the stream. */
export interface SeedOutput {
  readonly name: string;
  readonly span: Span | null;
  readonly kind: 'tokens' | 'presence' | 'mean';
  readonly head: SeedHead;
}

export interface SeedProgram {
  /** Every head, those it reads before it. */
  readonly heads: readonly SeedHead[];
  readonly outputs: readonly SeedOutput[];
}
