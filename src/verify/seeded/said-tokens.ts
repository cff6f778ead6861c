/** What the circuits of a model say to its output: of two that answer at one position only one can be the likeliest, which is no fault of the other. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { Aggregate, SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import { valuesEqual } from '../../graph/value.ts';
import { rightTokens, tokenValues } from './right-tokens.ts';

/** The tokens that circuits other than this one say at a position of the input. */
export type SaidByOthers = (circuit: string, position: number) => readonly number[];

const NONE: readonly number[] = [];

/** @param ids the input, without what stands first */
export function saidTokens(
  map: Pick<SeedMap, 'tokens' | 'circuits' | 'says'>,
  programs: readonly Program[],
  ids: Int32Array,
): SaidByOthers {
  const coded = (map.says ?? []).filter(({ code, strength }) => code != null && strength >= 0);
  const isCoded = (name: string): boolean => coded.some((saying) => saying.name === name);
  const said = map.circuits.filter(({ name, kind, strength = 0 }) => (kind === 'tokens' && strength >= 0) || isCoded(name));
  if (said.length < 2) return () => NONE;
  const keys = new Int32Array(ids.length);
  const answers = programs.flatMap((program) => {
    const own = program.exports.filter(({ name }) => said.some((circuit) => circuit.name === name));
    if (own.length === 0) return [];
    const evaluation = new Evaluation(tokenValues(map, program, ids), { causal: true });
    return own.map(({ name, node }) => {
      const named = coded.find((saying) => saying.name === name)?.values;
      if (named === undefined) return { name, at: (position: number) => answersAt(evaluation, node, position, keys) };
      const { values } = evaluation.sequence(node);
      return {
        name,
        at: (position: number) => named.flatMap((each) => (valuesEqual(each.value, values[position] ?? false) ? each.ids : [])),
      };
    });
  });
  return (circuit, position) => answers.flatMap(({ name, at }) => (name === circuit ? [] : at(position)));
}

function answersAt(evaluation: Evaluation, node: SOp, position: number, keys: Int32Array): number[] {
  return node.kind === 'aggregate' ? rightTokens(evaluation, node as Aggregate, position, keys) : [];
}
