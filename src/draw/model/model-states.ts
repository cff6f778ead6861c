/** The variables of a circuit map as a model holds them: at each place, at each position, which value, by what margin, in which numbers. */
import type { MapVariable, Place } from '../../checkpoint/map/circuit-map.ts';
import { elementText } from '../../graph/show/display-text.ts';
import type { Value } from '../../graph/value.ts';
import { isLive, marginOf, type StreamView, squaredDistance, type Watched } from '../../verify/circuits/watched-variables.ts';
import type { ModelRun, StreamState } from './model-run.ts';

/** One variable at one position. */
export interface Held {
  /** The value whose code is nearest, as text. */
  readonly value: string;
  /** What it should be; null at BOS and where there is no such thing. */
  readonly expected: string | null;
  /** 1: its own code; 0: a tie with another; below: wrong. Null where there is nothing to tell. */
  readonly margin: number | null;
  readonly isWrong: boolean;
  /** The dimensions of the variable. */
  readonly numbers: readonly number[];
}

/** One variable at one place. */
export interface VariableState {
  /** Its number in the circuit map. */
  readonly index: number;
  readonly variable: MapVariable;
  /** By position of the input, without BOS. */
  readonly held: readonly Held[];
}

export interface PlaceState {
  readonly place: Place;
  readonly variables: readonly VariableState[];
}

/** The program's own value of every variable, by its number in the map. */
export type Expected = (index: number) => readonly Value[] | null;

export function statesOf(run: ModelRun, watched: readonly Watched[], expected: Expected): PlaceState[] {
  return run.states.map((state) => ({
    place: { layer: state.layer, sublayer: state.sublayer },
    variables: watched
      .filter(({ variable }) => isLive(variable, viewOf(state)))
      .map((each) => variableState(run, state, each, expected(each.index))),
  }));
}

function viewOf(state: StreamState): StreamView {
  return { ...state, contributions: () => [] };
}

function variableState(run: ModelRun, state: StreamState, watched: Watched, expected: readonly Value[] | null): VariableState {
  const { variable, index } = watched;
  const held = Array.from({ length: run.ids.length - 1 }, (_, position): Held => {
    const numbers = variable.dims.map((dim) => state.residual[(position + 1) * run.width + dim] ?? Number.NaN);
    const own = expected?.[position];
    const margin = own === undefined ? null : marginOf(watched, numbers, own);
    const isWrong = margin !== null && !(margin > 0);
    return {
      value: watched.node === null ? '–' : isWrong || own === undefined ? nearestText(watched, numbers) : elementText(own),
      expected: own === undefined ? null : elementText(own),
      margin,
      isWrong,
      numbers,
    };
  });
  return { index, variable, held };
}

/** The value whose code is nearest; the number itself where values are not listed. */
function nearestText(watched: Watched, numbers: readonly number[]): string {
  const { values } = watched.variable;
  if (values.length === 0) return elementText((numbers[0] ?? Number.NaN) * watched.code.unit);
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < values.length; at++) {
    const distance = squaredDistance(watched, numbers, at);
    if (distance < least) [best, least] = [at, distance];
  }
  return best === null ? '?' : elementText(values[best] as Value);
}
