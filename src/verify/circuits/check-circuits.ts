/**
 * Each circuit of a model by itself: on many inputs, whether every variable of the circuit map still holds what the program says, and by
 * what margin. For checkpoints that were trained further, where some circuits may live and others not.
 */

import { rebuildGraph } from '../../checker/claim/rebuild-graph.ts';
import type { CircuitMap, Place } from '../../checkpoint/map/circuit-map.ts';
import type { MapMeaning } from '../../checkpoint/map/map-meaning.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { InputSource } from '../inputs.ts';
import { isLive, marginOf, placeOf, type StreamView, type Watched, watchedVariables } from './watched-variables.ts';

/** One variable on all inputs. */
export interface CircuitResult {
  /** The number of its variable in the circuit map. */
  readonly variable: number;
  readonly name: string;
  readonly span: string;
  readonly written: Place;
  /** How clearly it holds its values: 1 is ideal, 0 a tie, below 0 wrong; null where nothing could be told apart. */
  readonly margin: number | null;
  readonly inputs: number;
  /** The shortest input on which it does not hold what it should; null where there is none. */
  readonly refutedBy: {
    readonly input: readonly Value[];
    readonly position: number;
    readonly expected: Value;
    readonly place: Place;
  } | null;
}

export interface CircuitsRequest {
  readonly map: Pick<CircuitMap, 'variables' | 'causal' | 'vocabulary'> & { readonly meaning: MapMeaning };
  /** Runs the model on an input and shows its stream, in order. */
  readonly show: (input: readonly Value[], observe: (view: StreamView) => void) => void;
}

/** Diagnostics: R7403 where the map's own program is none. */
export function checkCircuits({ map, show }: CircuitsRequest, inputs: InputSource, isOver: () => boolean = () => false): CircuitResult[] {
  // what marks BOS is no value of the program
  const watched = watchedVariables(map, rebuildGraph(map.meaning)).filter(({ node }) => node !== null);
  const evaluate = evaluator(
    watched.map(({ node }) => node as SOp),
    { causal: map.causal },
  );
  const results = new Map<Watched, CircuitResult>(
    watched.map((each) => {
      const { name, span, written } = each.variable;
      return [each, { variable: each.index, name, span, written, margin: null, inputs: 0, refutedBy: null }];
    }),
  );
  for (let next = 0; next < inputs.count && !isOver(); next++) {
    const input = Array.from(inputs.at(next), (token) => map.vocabulary[token]?.value as Value);
    const values = evaluate(input);
    show(input, (view) => {
      for (const [each, result] of results) {
        if (isLive(each.variable, view))
          results.set(each, include(result, each, (values.get(each.node as SOp) as Sequence).values, input, view));
      }
    });
    for (const [each, result] of results) results.set(each, { ...result, inputs: next + 1 });
  }
  return [...results.values()];
}

function include(
  result: CircuitResult,
  watched: Watched,
  expected: readonly Value[],
  input: readonly Value[],
  view: StreamView,
): CircuitResult {
  const width = view.residual.length / (input.length + 1);
  let { margin, refutedBy } = result;
  for (const [position, value] of expected.entries()) {
    const held = watched.variable.dims.map((dim) => view.residual[(position + 1) * width + dim] as number);
    const own = marginOf(watched, held, value);
    if (own === null) continue;
    margin = margin === null ? own : Math.min(margin, own);
    if (own <= 0 && (refutedBy === null || input.length < refutedBy.input.length)) {
      refutedBy = { input, position, expected: value, place: placeOf(view) };
    }
  }
  return { ...result, margin, refutedBy };
}
