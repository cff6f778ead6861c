/** Which token it is, whatever it says: s-ops that are tokens of the input, and comparisons of two of them. */
import type { GraphNode, Select, SOp } from './graph.ts';

/** The library's functions say so where there is no such token. */
export const NO_TOKEN = '-';

/** Whether an s-op is a token of the input: tokens as they are, and what moves them. */
export function isWholeToken(node: GraphNode): node is SOp {
  let at: GraphNode = node;
  while (at.kind === 'aggregate') at = at.value;
  return at.kind === 'tokens' && (at.cast === 'asis' || at.cast === 'str');
}

/** Whether two tokens are the same one. */
export function isIdentity(node: GraphNode): node is Select {
  return node.kind === 'select' && node.operator === '==' && isWholeToken(node.keys) && isWholeToken(node.queries);
}
