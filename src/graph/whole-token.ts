/** Which token it is, whatever it says: s-ops that are tokens of the input, and comparisons of two of them. */
import type { Elementwise, GraphNode, Select, SOp } from './graph.ts';

/** The library's functions say so where there is no such token. */
export const NO_TOKEN = '-';

export interface Choice extends Elementwise {
  readonly args: readonly [condition: SOp, then: SOp, otherwise: SOp];
}

/** Branches are shared, and looked at once. */
const KNOWN = new WeakMap<GraphNode, boolean>();

/** Whether an s-op is a token of the input: tokens as they are, what moves them, and a choice between two of them, or one and none. */
export function isWholeToken(node: GraphNode): node is SOp {
  let at: GraphNode = node;
  while (at.kind === 'aggregate') at = at.value;
  return at.kind === 'tokens' ? at.cast === 'asis' || at.cast === 'str' : isWholeChoice(at);
}

/** Whether an s-op is one of two tokens, by a condition. */
export function isWholeChoice(node: GraphNode): node is Choice {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'choose') return false;
  const known = KNOWN.get(node);
  if (known !== undefined) return known;
  const [condition, ...branches] = node.args as Choice['args'];
  const isAny = (branch: SOp, i: number): boolean => isWholeToken(branch) && !(branch.kind === 'tokens' && isNamed(condition, i === 0));
  const isWhole = branches.every((branch) => isNoToken(branch) || isWholeToken(branch)) && branches.some(isAny);
  KNOWN.set(node, isWhole);
  return isWhole;
}

/** Whether the token is one of some texts wherever a condition holds, or does not: it is then a value of an alphabet. */
function isNamed(condition: SOp, holds: boolean): boolean {
  if (condition.kind !== 'elementwise') return false;
  const { operation, args } = condition;
  if (operation.kind === 'unary') return operation.operator === 'not' && args.some((arg) => isNamed(arg, !holds));
  if (operation.kind === 'member') return holds && args[0]?.kind === 'tokens';
  if (operation.kind !== 'binary') return false;
  const { operator } = operation;
  if (operator === '==' || operator === '!=')
    return (operator === '==') === holds && args.some(({ kind }) => kind === 'tokens') && args.some(({ kind }) => kind === 'constant');
  if (operator !== 'and' && operator !== 'or') return false;
  return (operator === 'and') === holds ? args.some((arg) => isNamed(arg, holds)) : args.every((arg) => isNamed(arg, holds));
}

/** What stands for no token. */
export function isNoToken(node: GraphNode): boolean {
  return node.kind === 'constant' && node.value === NO_TOKEN;
}

/** Whether two tokens are the same one. */
export function isIdentity(node: GraphNode): node is Select {
  return node.kind === 'select' && node.operator === '==' && isWholeToken(node.keys) && isWholeToken(node.queries);
}
