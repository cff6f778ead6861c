/** What a REPL session is started with, and what it asks of its surroundings. */
import type { Theme } from '../diagnostics/render.ts';
import type { SourceLoader } from '../graph/elaborate/elaborator.ts';
import type { Evaluation } from '../graph/evaluate/evaluate.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import type { Vocabulary } from '../graph/program.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { ReplTheme } from './display.ts';

export interface ReplOptions {
  readonly loader: SourceLoader;
  /** What `load` finds, for completion. */
  readonly loadable?: (typed: string) => readonly string[];
  readonly theme?: ReplTheme;
  readonly diagnosticTheme?: Theme;
  /** A program to start from: its names, its vocabulary and direction, and an input of its own as the running example. */
  readonly file?: SourceFile;
  /** What is known of the values of an s-op beyond the running example. */
  readonly describeDomain?: (node: GraphNode, inputs: KnownInputs) => string | null;
  /** A drawing of what a node does on an input, in lines; without it `draw` shows values alone, as the reference does in its terminal. */
  readonly draw?: DrawNode;
  readonly compiler?: ReplCompiler;
  /** Has a text changed by the user; null where nothing came of it. Without it there is no `:edit`. */
  readonly edit?: (text: string) => string | null;
}

/** @param name null where the node has none */
export type DrawNode = (name: string | null, node: GraphNode, evaluation: Evaluation, causal: boolean) => readonly string[];

/** What the directives so far say of the inputs; null where they do not. */
export interface KnownInputs {
  readonly graph: Graph;
  readonly vocabulary: Vocabulary | null;
  readonly context: number | null;
  readonly causal: boolean;
}

/** Makes models of what was typed. */
export interface ReplCompiler {
  /** Names of model families, the one that is meant without a word first. */
  readonly targets: readonly string[];
  /** Tells the outcome itself. Throws a DiagnosticError. */
  compile(source: SourceFile, request: CompileRequest): void;
}

export interface CompileRequest {
  readonly target: string;
  /** None: what the program itself exports. */
  readonly exports: readonly string[];
  /** The folder to write; null to tell the outcome alone. */
  readonly output: string | null;
}
