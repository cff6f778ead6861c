/** A program together with its syntax and with what was seen of it while it was elaborated: what warnings are found in. */
import { type ElaboratedProgram, type ElaborateOptions, elaborate } from '../graph/elaborate/elaborate.ts';
import type { Assumptions, Facts } from '../passes/facts/facts.ts';
import { inferFacts } from '../passes/facts/infer-facts.ts';
import type { SourceFile } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { parseOrThrow } from '../syntax/parse.ts';
import { type NamedThing, namedThings } from '../syntax/symbols.ts';
import { Observations } from './observations.ts';

/** Nodes of a graph up to which facts are asked for: of a program that a person wrote they take some milliseconds. */
const MOST_NODES = 10_000;

export interface ObservedProgram {
  readonly module: ast.Module;
  readonly program: ElaboratedProgram;
  readonly seen: Observations;
  readonly things: readonly NamedThing[];
  /** Null where the vocabulary or the longest input is open, or the program is very long. */
  readonly facts: Facts | null;
}

/** Throws a DiagnosticError with every fault of the first stage that has any. */
export function observeProgram(file: SourceFile, options: Omit<ElaborateOptions, 'observer'>): ObservedProgram {
  const module = parseOrThrow(file);
  const seen = new Observations(file);
  const program = elaborate(module, { ...options, observer: seen.observe });
  const assumptions = program.graph.size > MOST_NODES ? null : assumptionsOf(program);
  return { module, program, seen, things: namedThings(module), facts: assumptions && inferFacts(program.graph, assumptions) };
}

/** What the directives say of every input; null where they leave it open. */
function assumptionsOf({ vocabulary, context, causal, assumes }: ElaboratedProgram): Assumptions | null {
  if (vocabulary?.kind !== 'tokens' || context === null) return null;
  return {
    vocabulary: vocabulary.values,
    context: context.length,
    causal: causal?.value ?? false,
    assumes: assumes.map(({ node }) => node),
  };
}
