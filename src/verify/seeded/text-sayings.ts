/** What exports of a seeded model do to logits on windows of a text: the measure of sayings, where the program's input is what the text says. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import type { Program } from '../../graph/program.ts';
import type { Model } from '../../runtime/model.ts';
import { type HeardInput, type MeasuredSaying, type OutputWeights, sayingMeter } from './measure-sayings.ts';
import { tokenValues } from './right-tokens.ts';

/**
 * @param model all of it, its vocabulary cut to the tokens of which `rowOf` tells the rows
 * @param output of the same model, its rows by the ids of the whole one
 * @param windows ids, the first of which is none of a program's input
 */
export function textSayings(
  facts: Pick<SeedMap, 'says' | 'tokens'>,
  programs: readonly Program[],
  { model, output, rowOf }: { readonly model: Model; readonly output: OutputWeights; readonly rowOf: ReadonlyMap<number, number> },
  windows: readonly Int32Array[],
): MeasuredSaying[] {
  const says = facts.says ?? [];
  if (says.length === 0) return [];
  const { layers, width } = model.config.sizes;
  const streams: Float64Array[] = [];
  model.logits(
    windows.map((ids) => ids.map((id) => rowOf.get(id) as number)),
    ({ layer, sublayer, sequence, residual }) => {
      if (sublayer !== 'attention' && layer === layers - 1) streams[sequence] = Float64Array.from(residual.subarray(width));
    },
  );
  return programs.flatMap((program) => {
    const run = evaluator(
      program.exports.map(({ node }) => node),
      { causal: true },
    );
    // which token it is no class of tokens tells
    const own = says.filter(({ name, code }) => code == null && program.exports.some((each) => each.name === name));
    return own.map((saying) => {
      const node = program.exports.find(({ name }) => name === saying.name)?.node;
      const heard = windows.map((ids, w): HeardInput => {
        const results = run(tokenValues(facts, program, ids.subarray(1)));
        const expected = node === undefined ? [] : (results.get(node) as Sequence).values;
        return { expected, stream: streams[w] ?? [] };
      });
      return sayingMeter(saying, output)(heard);
    });
  });
}
