/** Where each s-op of a program is computed, for the family that it would be compiled for: shown behind its name. */
import { explainCost } from '../compiler/describe/explain-cost.ts';
import { plan } from '../compiler/plan.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { formatSpan } from '../source/source-file.ts';
import { findTarget } from '../targets/registry.ts';
import type { Target } from '../targets/target.ts';
import type { ObservedProgram } from '../warnings/observe-program.ts';
import type { Analysis } from './analysis.ts';

export interface Hint {
  readonly offset: number;
  readonly text: string;
  readonly tooltip: string;
}

/** Nodes of a graph up to which a program is planned while someone looks at it. */
const MOST_NODES = 400;
/** The same of tokens times positions: plans take longer with them. */
const MOST_COMBINATIONS = 20_000;

/** None where the program does not compile, or would take long to. */
export function hintsOf({ file, observed }: Analysis): Hint[] {
  const target = observed === null ? null : targetOf(observed);
  if (observed === null || target === null || observed.facts === null) return [];
  const { program, facts } = observed;
  const { vocabulary, context } = facts.assumptions;
  if (program.exports.length === 0 || program.graph.size > MOST_NODES || vocabulary.length * context > MOST_COMBINATIONS) return [];
  try {
    const { placement } = plan(program, { target, dtype: 'f32', compute: 'f32' });
    const { expressions } = explainCost(placement);
    return observed.module.statements.flatMap((statement) => {
      if (statement.kind !== 'assignment' || statement.targets.length !== 1) return [];
      const [name] = statement.targets;
      const node = name === undefined ? undefined : program.names.get(name.name);
      const spans = new Set(node?.spans.filter((span) => span.file === file).map(formatSpan));
      const costs = expressions.filter(({ span }) => spans.has(span));
      const layers = [...new Set(costs.flatMap((cost) => cost.layers))].sort((a, b) => a - b);
      if (name === undefined || layers.length === 0) return [];
      const heads = costs.reduce((sum, cost) => sum + cost.heads, 0);
      const neurons = costs.reduce((sum, cost) => sum + cost.neurons, 0);
      const parts = [...(heads > 0 ? [counted(heads, 'head')] : []), ...(neurons > 0 ? [counted(neurons, 'neuron')] : [])];
      const text = `layer ${layers.map((layer) => layer + 1).join(', ')}: ${parts.join(', ')}`;
      return [{ offset: name.span.end, text, tooltip: `compiled for ${target.name}` }];
    });
  } catch (fault) {
    if (fault instanceof DiagnosticError) return [];
    throw fault;
  }
}

/** The default family, where it sees what the program asks for; else the one that sees both ways. */
function targetOf({ program }: ObservedProgram): Target | null {
  return findTarget(program.causal?.value === true ? 'gpt2' : 'bert');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
