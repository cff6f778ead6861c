/** What the page of the playground asks of its worker, and what comes back. Everything is data that can be cloned. */
import type { Scene } from '../src/draw/scene/scene.ts';
import type { Completion } from '../src/language/completion.ts';

/** What the worker needs once, before anything is asked. */
export interface Equipment {
  /** The texts that `load` finds, by path. */
  readonly library: Readonly<Record<string, string>>;
  /** What the page of a model is made of. */
  readonly page: { readonly script: string; readonly style: string };
}

/** A diagnostic at a place of the program: UTF-16 offsets, null where it is of no place in it. */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  /** Notes and help. */
  readonly more: readonly string[];
  readonly place: readonly [from: number, to: number] | null;
  /** Changes of the text that put it right. */
  readonly fixes: readonly QuickFix[];
}

/** Every edit of it, or none; offsets are those of the text as it was. */
export interface QuickFix {
  readonly title: string;
  readonly edits: readonly { readonly from: number; readonly to: number; readonly insert: string }[];
}

/** What is said of a name or an expression: Markdown. */
export interface Said {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface Compiled {
  /** The folder that `raspc compile` writes, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What `raspc show` writes of it. */
  readonly page: string;
  readonly layers: number;
  readonly parameters: number;
}

export interface Questions {
  readonly check: { readonly text: string };
  readonly complete: { readonly text: string; readonly offset: number };
  readonly hover: { readonly text: string; readonly offset: number };
  readonly draw: { readonly text: string; readonly input: string };
  readonly compile: { readonly text: string; readonly name: string; readonly target: string; readonly input: string };
}

export interface Answers {
  readonly check: readonly Problem[];
  readonly complete: readonly Completion[];
  /** Null where nothing is known. */
  readonly hover: Said | null;
  /** Null where the program exports nothing. */
  readonly draw: Scene | null;
  readonly compile: Compiled;
}

export type Kind = keyof Questions;

export type ToWorker =
  | { readonly equipment: Equipment }
  | { [K in Kind]: { readonly id: number; readonly kind: K; readonly question: Questions[K] } }[Kind];

export type FromWorker =
  | { readonly id: number; readonly answer: Answers[Kind] }
  /** The user's fault, in words. */
  | { readonly id: number; readonly fault: string }
  /** What is about to be done. */
  | { readonly id: number; readonly stage: string };
