/**
 * A program of a seeded model as its page evaluates it: what it exports, what tokens are to it, and which of its nodes each programmed head
 * is. The page has no parser; it gets the nodes as raspc.json lists those of compiled programs.
 */
import { rebuildGraph } from '../../checker/claim/rebuild-graph.ts';
import {
  booleanShape,
  countShape,
  listShape,
  nullableShape,
  objectShape,
  type Refuse,
  textShape,
} from '../../checkpoint/json/json-shape.ts';
import { jsonLine } from '../../checkpoint/json/json-text.ts';
import { parseStrictJson } from '../../checkpoint/json/strict-json.ts';
import { readRuns, writeRuns } from '../../checkpoint/map/class-runs.ts';
import { type MapNode, nodesData, nodesShape } from '../../checkpoint/map/map-meaning.ts';
import { type MapValue, valueData, valueShape } from '../../checkpoint/map/map-value.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { type GraphNode, isSelector, reachable, type SOp } from '../../graph/graph.ts';
import type { Program, Vocabulary } from '../../graph/program.ts';
import { describeExports } from '../../graph/show/list-nodes.ts';
import { formatSpan } from '../../source/source-file.ts';
import { OPEN_TOKENS } from '../../verify/seeded/right-tokens.ts';

export interface SeededProgram {
  readonly vocabulary: Vocabulary | null;
  readonly exports: readonly { readonly name: string; readonly node: SOp }[];
  /** By number of a head of the map; those of other programs, and those that are no node of any, are not in it. */
  readonly heads: ReadonlyMap<number, GraphNode>;
}

/** A program with the heads of the map whose spans are its. */
export function seededProgram({ heads }: Pick<SeedMap, 'heads'>, { vocabulary, exports }: Program): SeededProgram {
  const nodes = new Map<string, GraphNode>();
  for (const node of reachable(exports.map((each) => each.node))) for (const span of node.spans) nodes.set(formatSpan(span), node);
  const found = heads.flatMap(({ span }, number) => {
    const node = nodes.get(span);
    return node === undefined ? [] : [[number, node] as const];
  });
  return { vocabulary, exports, heads: new Map(found) };
}

/** A program in JSON. */
interface ProgramRecord {
  /** Whether tokens are numbers to it, one more than their ids. */
  readonly isOpen: boolean;
  readonly values: readonly MapValue[];
  /** The class of every token, in runs; null where values are tokens. */
  readonly runs: string | null;
  readonly nodes: readonly MapNode[];
  readonly exports: readonly { readonly name: string; readonly node: number }[];
  readonly heads: readonly { readonly number: number; readonly node: number }[];
}

const programsShape = listShape(
  objectShape<ProgramRecord>({
    isOpen: booleanShape,
    values: listShape(valueShape),
    runs: nullableShape(textShape),
    nodes: nodesShape,
    exports: listShape(objectShape({ name: textShape, node: countShape })),
    heads: listShape(objectShape({ number: countShape, node: countShape })),
  }),
);

/** The programs as JSON that keeps ints and floats apart; null where one has nodes that no such list has. */
export function packPrograms(programs: readonly SeededProgram[]): string | null {
  const records = programs.map(({ vocabulary, exports, heads }) => {
    const placed = [...heads].map(([number, node]) => ({ number, node }));
    const described = describeExports(exports);
    if (described === null || vocabulary?.kind !== 'tokens') return null;
    const place = new Map<GraphNode, number>(reachable(exports.map(({ node }) => node)).map((node, at) => [node, at]));
    return {
      isOpen: vocabulary === OPEN_TOKENS,
      values: vocabulary.values.map(valueData),
      runs: vocabulary.classOf === undefined ? null : writeRuns(vocabulary.classOf),
      nodes: nodesData(described.nodes),
      exports: described.outputs,
      heads: placed.map(({ number, node }) => ({ number, node: place.get(node) ?? -1 })),
    };
  });
  const whole = records.flatMap((record) => (record === null ? [] : [record]));
  return whole.length === programs.length ? jsonLine(whole) : null;
}

/** Diagnostics: R7403 where the text is no list of programs. */
export function unpackPrograms(text: string): SeededProgram[] {
  const wrong = (why: string): never => fail('R7403', { file: 'this page', why });
  const refuse: Refuse = (at, found, expected) => wrong(`\`${at}\` of its programs is ${found}, and not ${expected}`);
  return programsShape(parseStrictJson(text), '', refuse).map(({ isOpen, values, runs, nodes, exports, heads }): SeededProgram => {
    const built = rebuildGraph({ nodes });
    const nodeAt = (number: number): GraphNode => built[number] ?? wrong(`its programs have no node ${number}`);
    const classOf = runs === null ? undefined : (readRuns(runs, values.length) ?? wrong('the classes of its tokens are no runs'));
    return {
      vocabulary: isOpen ? OPEN_TOKENS : { kind: 'tokens', values, span: null, ...(classOf === undefined ? {} : { classOf }) },
      exports: exports.map(({ name, node }) => {
        const found = nodeAt(node);
        return { name, node: isSelector(found) ? wrong(`\`${name}\` is a selector`) : found };
      }),
      heads: new Map(heads.map(({ number, node }) => [number, nodeAt(node)])),
    };
  });
}
