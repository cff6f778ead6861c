/** What the programs select for each programmed head at the probe, and how much of its attention a head has there. */
import type { SeedHeadRecord, SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import type { Evaluation } from '../graph/evaluate/evaluate.ts';
import { type GraphNode, reachable } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import { formatSpan } from '../source/source-file.ts';
import { selectorOf } from '../verify/seeded/measure-seeded.ts';

/** A program and its values at the probe. */
export interface Meaning {
  readonly program: Program;
  readonly evaluation: Evaluation;
}

/** A head whose program selects something; positions are those of the model's input. */
export interface AskedHead {
  readonly record: SeedHeadRecord;
  readonly queries: readonly number[];
  /** The keys that it selects at each query. */
  readonly keys: readonly (readonly number[])[];
}

/** @param offset tokens of the input that stand before what programs see */
export function askedHeads(map: SeedMap, meanings: readonly Meaning[], length: number, offset: number): AskedHead[] {
  const nodes = new Map<string, { readonly node: GraphNode; readonly evaluation: Evaluation }>();
  for (const { program, evaluation } of meanings) {
    for (const node of reachable(program.exports.map((each) => each.node)))
      for (const span of node.spans) nodes.set(formatSpan(span), { node, evaluation });
  }
  const selected = new Int32Array(length);
  return map.heads.flatMap((record) => {
    const meaning = nodes.get(record.span);
    const selector = selectorOf(meaning?.node);
    if (meaning === undefined || selector === null) return [];
    const matrix = meaning.evaluation.matrix(selector);
    const shift = offset + record.after;
    const asked = Array.from({ length: length - offset }, (_, i) => i + offset).flatMap((query) => {
      const keys = Array.from(selected.subarray(0, matrix.keysOf(query - offset, selected)), (key) => key + shift);
      return keys.length > 0 && (keys.at(-1) as number) <= query ? [{ query, keys }] : [];
    });
    if (asked.length === 0) return [];
    return [{ record, queries: asked.map(({ query }) => query), keys: asked.map(({ keys }) => keys) }];
  });
}

/** Attention on what is selected, and on position 0 where that is not one of them, added up over queries. */
export class AttentionSum {
  readonly #asked: AskedHead;
  #attention = 0;
  #sink = 0;

  constructor(asked: AskedHead) {
    this.#asked = asked;
  }

  /** @param at the number of the query among those asked; `weightAt` gives its attention on a key */
  add(at: number, weightAt: (key: number) => number): void {
    const keys = this.#asked.keys[at] ?? [];
    for (const key of keys) this.#attention += weightAt(key);
    if (!keys.includes(0)) this.#sink += weightAt(0);
  }

  mean(): { readonly attention: number; readonly sink: number } {
    const count = this.#asked.queries.length;
    return { attention: this.#attention / count, sink: this.#sink / count };
  }
}
