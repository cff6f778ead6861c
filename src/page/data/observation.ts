/** Everything that a page shows of one run of a model: what was recorded by the command, and what the page's own runtime computes, are alike. */
import { expectedOf, type ModelReading } from '../../draw/model/model-reading.ts';
import { type ModelRun, runModel } from '../../draw/model/model-run.ts';
import { modelScene } from '../../draw/model/model-scene.ts';
import { type Held, type PlaceState, statesOf } from '../../draw/model/model-states.ts';
import type { Scene } from '../../draw/scene/scene.ts';
import { valueText } from '../../graph/evaluate/values/python-text.ts';
import type { SOp } from '../../graph/graph.ts';
import { elementText } from '../../graph/show/display-text.ts';
import type { Value } from '../../graph/value.ts';
import type { Model } from '../../runtime/model.ts';
import { traceInput } from '../../verify/circuits/trace.ts';
import { wrongText } from '../../verify/circuits/wrong-words.ts';
import { compareOutput, decodeOutput } from '../../verify/decode.ts';

export interface ObservedOutput {
  readonly name: string;
  readonly values: readonly string[];
  readonly expected: readonly string[];
  /** By position: how far the right logit leads, 1 being ideal; null for numbers. */
  readonly margins: readonly (number | null)[];
  readonly isWrong: readonly boolean[];
}

/** A scene without what JSON cannot hold. */
export type SceneData = Omit<Scene, 'readers'>;

export interface ObservedPlace {
  readonly layer: number;
  readonly sublayer: 'embedding' | 'attention' | 'mlp';
  readonly variables: readonly { readonly index: number; readonly held: readonly Held[] }[];
}

export interface ObservedHead {
  readonly layer: number;
  readonly head: number;
  /** `[query][key]`, BOS being 0. */
  readonly weights: readonly (readonly number[])[];
}

export interface Observation {
  /** As it was typed. */
  readonly text: string;
  readonly input: readonly string[];
  readonly scene: SceneData;
  readonly places: readonly ObservedPlace[];
  readonly attention: readonly ObservedHead[];
  readonly outputs: readonly ObservedOutput[];
  /** The first variable that does not hold what it should, in words; null where each does. */
  readonly firstWrong: string | null;
}

export interface Observed {
  readonly run: ModelRun;
  readonly observation: Observation;
}

export function observe(reading: ModelReading, model: Model, text: string, input: readonly Value[]): Observed {
  const { map } = reading;
  const idOf = new Map<Value, number>(map.vocabulary.map(({ id, value }) => [value, id]));
  const ids = Int32Array.of(map.bos.id, ...input.map((value) => idOf.get(value) ?? 0));
  const run = runModel(model, ids);
  const evaluation = reading.evaluate(input);
  const { readers: _, ...scene } = modelScene({ title: map.program.file, reading, run, input });
  const outputs = map.outputs.map((output, index): ObservedOutput => {
    const logits = { data: run.logits, outputs: model.config.sizes.outputs };
    const node = reading.nodes[map.meaning?.outputs[index] ?? -1] as SOp;
    const expected = evaluation.sequence(node).values;
    const compared = expected.map((value, at) => compareOutput(output, logits, at, value, Number.POSITIVE_INFINITY));
    return {
      name: output.name,
      values: decodeOutput(output, logits).values.map(elementText),
      expected: expected.map(elementText),
      margins: compared.map(({ margin }) => margin),
      isWrong: compared.map(({ right }) => !right),
    };
  });
  const places = statesOf(run, reading.watched, expectedOf(reading, evaluation)).map(placeOf);
  const attention = [...run.attention].map(([key, rows]): ObservedHead => {
    const [layer = 0, head = 0] = key.split('.').map(Number);
    return { layer, head, weights: rows.map((row) => [...row]) };
  });
  const firstWrong = firstWrongOf(reading, model, ids, input);
  return { run, observation: { text, input: input.map(valueText), scene, places, attention, outputs, firstWrong } };
}

function placeOf({ place, variables }: PlaceState): ObservedPlace {
  const sublayer = place.sublayer === 'output' ? 'mlp' : place.sublayer;
  return { layer: place.layer, sublayer, variables: variables.map(({ index, held }) => ({ index, held })) };
}

function firstWrongOf({ map, nodes, evaluate }: ModelReading, model: Model, ids: Int32Array, input: readonly Value[]): string | null {
  const { meaning } = map;
  if (meaning === undefined) return null;
  const evaluation = evaluate(input);
  const program = meaning.outputs.map((node) => evaluation.sequence(nodes[node] as SOp).values);
  const { first } = traceInput({ map: { ...map, meaning }, input, program, show: (look) => model.logits([ids], look) });
  if (first === null) return null;
  return `${wrongText(first, elementText)}${first.overwritten ? ' (it was right before, so something wrote over it)' : ''}`;
}

/** The scene of an observation, drawable again. */
export function sceneOf(scene: SceneData): Scene {
  return { ...scene, readers: new Map() };
}
