/** Codes of tokens that are read from a model's own embedding, as heads and maps need them. */
import type { CosineSpectrum } from '../../codes/token-code.ts';

export interface OwnCodes {
  readonly length: number;
  /** [length, width of the host]; of what the first layer's norm gives. */
  readonly projection: Float64Array;
  readonly codeOf: (token: number) => Float64Array;
  /** Products of two different tokens' codes beside the square of one, over the first entries. */
  readonly spectrum: (entries: number) => CosineSpectrum;
  readonly fit: OwnFit;
}

/** How well codes tell apart tokens that they were not fitted to. */
export interface OwnFit {
  readonly on: 'text' | 'random tokens';
  readonly fitted: number;
  /** Tokens that were looked at, in windows of so many. */
  readonly tokens: number;
  readonly window: number;
  /** The share of them beside which another of the window has more than {@link CLOSE} of their own square. */
  readonly close: number;
}

/** A code that is nearer than this to another, as a part of its own square, is not told apart from it. */
export const CLOSE = 0.75;
