/** A model that is loaded, and the program that it is to compute. */
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import { brokenAssumption } from '../graph/evaluate/assumptions.ts';
import { evaluator } from '../graph/evaluate/evaluate.ts';
import type { Sequence } from '../graph/evaluate/sequence.ts';
import type { SOp } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import type { Model } from '../runtime/model.ts';
import type { Subject } from './verify-checkpoint.ts';

/** @param tolerance how far a number may be off, beside the contract's own bound */
export function modelSubject(
  map: Pick<CircuitMap, 'vocabulary' | 'bos' | 'outputs' | 'causal'>,
  model: Model,
  program: Program,
  tolerance = Number.POSITIVE_INFINITY,
): Subject {
  const nodes = map.outputs.map(({ name }) => program.exports.find((e) => e.name === name)?.node as SOp);
  const evaluate = evaluator(nodes, { causal: map.causal });
  const { outputs } = model.config.sizes;
  return {
    vocabulary: map.vocabulary.map(({ value }) => value),
    bos: map.bos.id,
    ids: map.vocabulary.map(({ id }) => id),
    outputs: map.outputs,
    model: (batch) => model.logits(batch).map((data) => ({ data, outputs })),
    program(input) {
      const values = evaluate(input);
      return nodes.map((node) => (values.get(node) as Sequence).values);
    },
    tolerance,
    admits: (input) => brokenAssumption(program, input) === null,
  };
}
