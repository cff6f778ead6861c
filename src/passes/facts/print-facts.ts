/** What was inferred of each s-op, as text. */

import type { Domain } from '../../graph/domain.ts';
import { isSelector, reachable } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import type { Fact, Facts } from './facts.ts';

export function printFacts(exports: readonly Export[], facts: Facts): string {
  const lines: string[] = [];
  for (const node of reachable(exports.map((e) => e.node))) {
    if (isSelector(node)) continue;
    const fact = facts.of(node);
    lines.push(`%${node.id} ${node.name ?? node.kind}: ${printDomain(fact.domain)}, ${printShape(fact)}`);
  }
  return `${lines.join('\n')}\n`;
}

function printDomain(domain: Domain): string {
  if (domain.kind === 'interval') return `numbers in ${domain.low}..${domain.high}`;
  const shown = domain.values.slice(0, 8).map(String).join(', ');
  return `${domain.values.length} values {${shown}${domain.values.length > 8 ? ', …' : ''}}`;
}

function printShape({ shape }: Fact): string {
  switch (shape.kind) {
    case 'table':
      return `a table over ${shape.variables.map((v) => `%${v.id}`).join(', ') || 'nothing'}`;
    case 'choice':
      return `whichever there is of ${shape.variables.map((v) => `%${v.id}`).join(', ')}`;
    case 'unknown':
      return `not enumerable (${shape.combinations} combinations)`;
    default:
      return shape.kind;
  }
}
