/**
 * Tokens that a program asks for as such, beside what tokens say: where they flow, and what is asked of a token that was moved, asked before it is
 * moved.
 */
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import {
  argumentsOf,
  type Constant,
  type Elementwise,
  type Graph,
  type GraphNode,
  isSelector,
  reachable,
  type Select,
  type SOp,
} from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import { isIdentity, isWholeToken, NO_TOKEN } from '../../graph/whole-token.ts';
import { rewriteGraph } from '../../passes/simplify/rewrite-graph.ts';

/**
 * The program with every function of one moved token as what is moved: `f(aggregate(s, tokens, d))` is `aggregate(s, f(tokens), f(d))` where s selects
 * one position at most, and where it selects several neither can be seeded.
 */
export function withFunctionsMoved(program: Program): Program {
  const { graph } = program;
  const roots = [...program.exports, ...program.assumes].map(({ node }) => node);
  const images = rewriteGraph(graph, roots, (node) => moved(graph, node));
  const image = (node: SOp): SOp => images.get(node) as SOp;
  return {
    ...program,
    exports: program.exports.map((each) => ({ ...each, node: image(each.node) })),
    assumes: program.assumes.map((each) => ({ ...each, node: image(each.node) })),
  };
}

function moved(graph: Graph, node: GraphNode): GraphNode | null {
  if (node.kind === 'select') return movedComparison(graph, node);
  // where a program says nothing of what is no token, it is what the library's functions say
  if (node.kind === 'aggregate' && node.default === 0n && isWholeToken(node))
    return graph.aggregate(node.selector, node.value, NO_TOKEN, node.spans[0]);
  return node.kind === 'elementwise' ? movedFunction(graph, node) : null;
}

function movedFunction(graph: Graph, node: Elementwise): SOp | null {
  const subjects = new Set(node.args.filter((arg): arg is Exclude<SOp, Constant> => arg.kind !== 'constant'));
  const [subject] = subjects;
  if (subjects.size !== 1 || subject?.kind !== 'aggregate' || !isWholeToken(subject)) return null;
  const given = node.args.map((arg): Value => (arg.kind === 'constant' ? arg.value : subject.default));
  const otherwise = resultOf(node, given);
  if (otherwise === null) return null;
  const own = graph.elementwise(
    node.operation,
    node.args.map((arg) => (arg === subject ? subject.value : arg)),
    node.spans[0],
  );
  return graph.aggregate(subject.selector, (moved(graph, own) as SOp | null) ?? own, otherwise, node.spans[0]);
}

/** A moved token beside a text. */
function movedComparison(graph: Graph, { keys, queries, operator, spans }: Select): Select | null {
  const isOfText = (side: SOp, other: SOp): boolean => side.kind === 'aggregate' && isWholeToken(side) && other.kind === 'constant';
  if (!isOfText(keys, queries) && !isOfText(queries, keys)) return null;
  const asked = graph.elementwise({ kind: 'binary', operator }, [keys, queries], spans[0]);
  const found = movedFunction(graph, asked);
  if (found === null) return null;
  const yes = graph.constant(true);
  return keys.kind === 'constant' ? graph.select(yes, found, '==', spans[0]) : graph.select(found, yes, '==', spans[0]);
}

function resultOf({ operation }: Elementwise, given: readonly Value[]): Value | null {
  try {
    return applyOperation(operation, [...given]);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

/** A place where a token is asked for that no code of it answers; null where there is none. */
export function unansweredUse(program: Program): GraphNode | null {
  const roots: GraphNode[] = [...program.exports, ...program.assumes].map(({ node }) => node);
  const ofOneToken = new Set<GraphNode>();
  for (const node of reachable(roots)) {
    const args = argumentsOf(node);
    const isOfOne = args.every((arg) => ofOneToken.has(arg) || arg.kind === 'constant');
    if (node.kind === 'tokens' || (node.kind === 'elementwise' && isOfOne)) ofOneToken.add(node);
    if (ofOneToken.has(node) || !args.some((arg) => !isSelector(arg) && isWholeToken(arg))) continue;
    // what it says is compared with a text
    const isOfText = node.kind === 'select' && isOfOne && args.some((arg) => arg.kind === 'constant');
    if (node.kind !== 'aggregate' && !isIdentity(node) && !isOfText) return node;
  }
  return roots.find((root) => root.kind === 'tokens' && isWholeToken(root)) ?? null;
}
