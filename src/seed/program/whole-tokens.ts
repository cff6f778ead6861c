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
import { type Choice, isIdentity, isWholeChoice, isWholeToken, NO_TOKEN } from '../../graph/whole-token.ts';
import { rewriteGraph } from '../../passes/simplify/rewrite-graph.ts';

/**
 * The program with every function of one moved token as what is moved: `f(aggregate(s, tokens, d))` is `aggregate(s, f(tokens), f(d))` where s selects
 * one position at most, and where it selects several neither can be seeded. A function of a choice is chosen, and whether two tokens of a position
 * are the same is whether the first is found there by the second.
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
  if (node.kind !== 'elementwise') return null;
  return isSameness(node) ? foundThere(graph, node) : movedFunction(graph, node);
}

/** Whether an s-op asks if two tokens of one position are the same, or are not. */
function isSameness({ operation, args }: Elementwise): boolean {
  return (
    operation.kind === 'binary' && (operation.operator === '==' || operation.operator === '!=') && args.every((arg) => isWholeToken(arg))
  );
}

function foundThere(graph: Graph, { operation, args, spans }: Elementwise): SOp {
  const [left, right] = args as readonly [SOp, SOp];
  const [span] = spans;
  const here = graph.select(graph.indices(), graph.indices(), '==', span);
  const found = graph.width(graph.and(graph.select(left, right, '==', span), here, span), span);
  return graph.elementwise(operation, [found, graph.constant(1n)], span);
}

function movedFunction(graph: Graph, node: Elementwise): SOp | null {
  const subjects = new Set(node.args.filter((arg): arg is Exclude<SOp, Constant> => arg.kind !== 'constant'));
  const [subject] = subjects;
  if (subjects.size !== 1 || subject === undefined || !isWholeToken(subject)) return null;
  if (isWholeChoice(subject)) return chosenFunction(graph, node, subject);
  if (subject.kind !== 'aggregate') return null;
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

/** `f(a if c else b)` is `f(a) if c else f(b)`. */
function chosenFunction(graph: Graph, node: Elementwise, { operation, args: [condition, ...branches] }: Choice): SOp | null {
  const [span] = node.spans;
  const images = branches.map((branch): SOp | null => {
    const args = node.args.map((arg) => (arg.kind === 'constant' ? arg : branch));
    if (branch.kind !== 'constant') {
      const own = graph.elementwise(node.operation, args, span);
      return (moved(graph, own) as SOp | null) ?? own;
    }
    const value = resultOf(
      node,
      args.map((arg) => (arg as Constant).value),
    );
    return value === null ? null : graph.constant(value);
  });
  const [then, otherwise] = images;
  return then == null || otherwise == null ? null : graph.elementwise(operation, [condition, then, otherwise], span);
}

/** A token that is not the input's own beside a text. */
function movedComparison(graph: Graph, { keys, queries, operator, spans }: Select): Select | null {
  const isOfText = (side: SOp, other: SOp): boolean => side.kind !== 'tokens' && isWholeToken(side) && other.kind === 'constant';
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
    const isOfOne = args.every((arg) => ofOneToken.has(arg) || arg.kind === 'constant') && !isWholeChoice(node);
    if (node.kind === 'tokens' || (node.kind === 'elementwise' && isOfOne)) ofOneToken.add(node);
    if (ofOneToken.has(node) || !args.some((arg) => !isSelector(arg) && isWholeToken(arg))) continue;
    if (isWholeChoice(node) && !isWholeToken(node.args[0])) continue;
    // what it says is compared with a text
    const isOfText = node.kind === 'select' && isOfOne && args.some((arg) => arg.kind === 'constant');
    if (node.kind !== 'aggregate' && !isIdentity(node) && !isOfText) return node;
  }
  return roots.find((root) => root.kind === 'tokens' && isWholeToken(root)) ?? null;
}
