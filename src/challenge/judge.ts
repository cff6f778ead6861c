/** Judges answers by what the model does, never by what they look like: by rule, with what was tried said. */
import type { CircuitMap, MapOutput } from '../checkpoint/map/circuit-map.ts';
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { evaluator } from '../graph/evaluate/evaluate.ts';
import type { Sequence } from '../graph/evaluate/sequence.ts';
import { valueText } from '../graph/evaluate/values/python-text.ts';
import type { Program } from '../graph/program.ts';
import { type Value, valuesEqual } from '../graph/value.ts';
import { loadModel, type Model } from '../runtime/model.ts';
import { decodeOutput } from '../verify/decode.ts';
import { adversarialInputs, allInputs, concatenate, countInputs, type InputSource, randomInputs } from '../verify/inputs.ts';
import { modelSubject } from '../verify/model-subject.ts';
import { verifyCheckpoint } from '../verify/verify-checkpoint.ts';
import { CHANGED, type Challenge, type Readable } from './challenge.ts';

export interface Verdict {
  /** 1: solved. 0.5: in part. 0: not. */
  readonly score: number;
  readonly why: string;
}

export interface Place {
  /** Layer and number. */
  readonly heads: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
}

/** Where there are no more inputs, all are tried. */
const MOST_TRIED = 5000;
/** Of `place`, every input goes through the model twice. */
const MOST_ABLATED = 600;
/** Of `changed`, every input goes through two models, one at a time. */
const MOST_COMPARED = 1500;
/** A program that is right on so many of the inputs is right in part. */
const NEARLY = 0.99;

export function inputsOf({ vocabulary, context }: Pick<Challenge, 'vocabulary' | 'context'>, most = MOST_TRIED): InputSource {
  if (countInputs(vocabulary.length, context) <= most) return allInputs(vocabulary.length, context);
  return concatenate(adversarialInputs(vocabulary.length, context), randomInputs(vocabulary.length, context, most, 1));
}

function triedText({ vocabulary, context }: Challenge, inputs: InputSource): string {
  const all = countInputs(vocabulary.length, context) === inputs.count;
  return all ? `all ${inputs.count} inputs of up to ${context} tokens` : `${inputs.count} inputs, of more than there is time for`;
}

/** Solved where the program says what the model says on everything tried; in part where on 99 of 100. */
export async function judgeProgram(challenge: Challenge, model: Model, program: Program): Promise<Verdict> {
  const inputs = inputsOf(challenge);
  const { failed, checked, counterexample } = await verifyCheckpoint(modelSubject(challenge, model, program), inputs, () => {});
  const tried = triedText(challenge, inputs);
  if (failed === 0) return { score: 1, why: `the program says what the model says on ${tried}` };
  const first = counterexample === null ? '' : `; such as ${JSON.stringify(counterexample.input.map(String))}`;
  const why = `the program differs from the model on ${failed} of ${tried}${first}`;
  return { score: failed <= (1 - NEARLY) * checked ? 0.5 : 0, why };
}

/** Solved where the program is true where the two models differ, and false where they agree, on everything tried; in part where on 99 of 100 inputs. */
export function judgeChange(challenge: Challenge, models: { readonly model: Model; readonly before: Model }, program: Program): Verdict {
  const inputs = inputsOf(challenge, MOST_COMPARED);
  const node = program.exports.find(({ name }) => name === CHANGED)?.node as Program['exports'][number]['node'];
  const evaluate = evaluator([node], { causal: challenge.causal });
  let [wrong, different] = [0, 0];
  let first: readonly Value[] | null = null;
  for (let i = 0; i < inputs.count; i++) {
    const input = Array.from(inputs.at(i), (at) => challenge.vocabulary[at]?.value as Value);
    const changes = changesOf(challenge, models, input);
    different += changes.filter(Boolean).length;
    const said = (evaluate(input).get(node) as Sequence).values;
    if (changes.every((change, at) => said[at] === change)) continue;
    wrong++;
    first ??= input;
  }
  const tried = triedText(challenge, inputs);
  if (wrong === 0) return { score: 1, why: `the program says where the models differ on ${tried}; they do at ${different} tokens` };
  const why = `the program is wrong on ${wrong} of ${tried}; such as ${JSON.stringify((first ?? []).map(String))}`;
  return { score: wrong <= (1 - NEARLY) * inputs.count ? 0.5 : 0, why };
}

/** At each token of an input, whether the model says something else than the one before it did. */
export function changesOf(
  { ask, vocabulary, bos, outputs, before: read }: Challenge,
  { model, before }: { readonly model: Model; readonly before: Model },
  input: readonly Value[],
): boolean[] {
  const said = (of: Readable, by: Model) => sayOf(of, by, input, of.outputs.find(({ name }) => name === ask.output) as MapOutput);
  const [now, then] = [said({ vocabulary, bos, outputs }, model), said(read as Readable, before)];
  return now.map((value, at) => !isSame(value, then[at] as Value));
}

/** Solved where the model says the value at the input's last token. */
export function judgeTrigger(challenge: Challenge, model: Model, input: readonly Value[]): Verdict {
  const output = askedOf(challenge);
  const said = sayOf(challenge, model, input, output).at(-1);
  const isRight = said !== undefined && valuesEqual(said, challenge.ask.value as Value);
  return { score: Number(isRight), why: `\`${output.name}\` says \`${said === undefined ? '' : valueText(said)}\` at the last token` };
}

/**
 * Heads and neurons are set to 0. Solved where the output then tells no more than its most frequent value would, and every other output says
 * what it said; in part where it is the first alone.
 */
export function judgePlace(challenge: Challenge, checkpoint: OpenCheckpoint, { heads, neurons }: Place): Verdict {
  const model = loadModel(checkpoint);
  const without = loadModel({ ...checkpoint, change: zeroing(checkpoint, { heads, neurons }) });
  const inputs = inputsOf(challenge, MOST_ABLATED);
  const asked = askedOf(challenge);
  let [kept, positions, others, othersKept] = [0, 0, 0, 0];
  const counts = new Map<string, number>();
  for (let i = 0; i < inputs.count; i++) {
    const input = Array.from(inputs.at(i), (at) => challenge.vocabulary[at]?.value as Value);
    for (const output of challenge.outputs) {
      const before = sayOf(challenge, model, input, output);
      const after = sayOf(challenge, without, input, output);
      const same = before.filter((value, at) => isSame(value, after[at] as Value)).length;
      if (output === asked) {
        kept += same;
        positions += before.length;
        for (const value of before) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
      } else {
        others += before.length;
        othersKept += same;
      }
    }
  }
  const guess = Math.max(...counts.values());
  const removed = kept <= guess;
  const tried = triedText(challenge, inputs);
  const said = `without them \`${asked.name}\` keeps ${percent(kept, positions)} of its values (its most frequent one is ${percent(guess, positions)})`;
  const rest = others === 0 ? '' : `, and the other outputs ${percent(othersKept, others)}`;
  return { score: removed ? (othersKept === others ? 1 : 0.5) : 0, why: `${said}${rest}: ${tried}` };
}

function percent(part: number, of: number): string {
  return `${((100 * part) / of).toFixed(1)}%`;
}

function zeroing({ config: { sizes } }: OpenCheckpoint, { heads, neurons }: Place): NonNullable<OpenCheckpoint['change']> {
  return (role, layer, values) => {
    const chosen = role === 'output' ? heads : role === 'down' ? neurons : [];
    const own = chosen.filter(([at]) => at === layer);
    if (own.length === 0) return null;
    const changed = values.slice();
    // `output` is [head, dim, width], `down` [hidden, width]
    const block = role === 'output' ? sizes.dim * sizes.width : sizes.width;
    for (const [, number] of own) changed.fill(0, (number as number) * block, ((number as number) + 1) * block);
    return changed;
  };
}

function askedOf({ ask, outputs }: Challenge): MapOutput {
  return outputs.find(({ name }) => name === ask.output) as MapOutput;
}

function sayOf(
  { vocabulary, bos }: Pick<CircuitMap, 'vocabulary' | 'bos'>,
  model: Model,
  input: readonly Value[],
  output: MapOutput,
): readonly Value[] {
  const ids = input.map((value) => vocabulary.find((token) => valuesEqual(token.value, value))?.id ?? bos.id);
  const [data] = model.logits([Int32Array.of(bos.id, ...ids)]);
  return decodeOutput(output, { data: data as Float32Array, outputs: model.config.sizes.outputs }).values;
}

function isSame(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(a));
  return valuesEqual(a, b);
}
