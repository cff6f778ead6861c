/** Programs of one seed that are over the same tokens, together: what several of them compute is computed once, and they share a circuit. */
import { Graph, type SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import { valuesEqual } from '../../graph/value.ts';
import { copyGraph } from '../../passes/simplify/rewrite-graph.ts';
import { type AlphabetSource, classesOf, vocabularyOf } from './alphabet-source.ts';

export interface SourceGroup {
  /** One of them. */
  readonly source: AlphabetSource;
  readonly members: readonly AlphabetSource[];
  readonly graph: Graph;
  readonly exports: readonly Export[];
}

export function groupSources(sources: readonly AlphabetSource[]): SourceGroup[] {
  const groups: AlphabetSource[][] = [];
  for (const source of sources) {
    const group = groups.find(([first]) => first !== undefined && haveSameTokens(first, source));
    if (group === undefined) groups.push([source]);
    else group.push(source);
  }
  return groups.flatMap((members): SourceGroup[] => {
    const [source] = members;
    if (source === undefined) return [];
    if (members.length === 1) return [{ source, members, graph: source.program.graph, exports: source.program.exports }];
    const graph = new Graph();
    const exports = members.flatMap(({ program }) => {
      const images = copyGraph(
        graph,
        program.exports.map(({ node }) => node),
      );
      return program.exports.map((each): Export => ({ ...each, node: images.get(each.node) as SOp }));
    });
    return [{ source, members, graph, exports }];
  });
}

function haveSameTokens(a: AlphabetSource, b: AlphabetSource): boolean {
  const [left, right] = [vocabularyOf(a.program), vocabularyOf(b.program)];
  const [of, other] = [classesOf(a), classesOf(b)];
  const isEqual = <T>(x: ArrayLike<T>, y: ArrayLike<T>, equal: (p: T, q: T) => boolean): boolean =>
    x.length === y.length && Array.from(x).every((each, i) => equal(each, y[i] as T));
  if (!isEqual(left, right, (p, q) => typeof p === typeof q && valuesEqual(p, q))) return false;
  if (!isEqual(a.ids, b.ids, (p, q) => p === q)) return false;
  return of === null || other === null ? of === other : isEqual(of, other, (p, q) => p === q);
}
