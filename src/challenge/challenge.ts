/** What a challenge is to those who take it: the question, how the model is read, and the hash of the sealed answer. */
import {
  booleanShape,
  countShape,
  listShape,
  objectShape,
  optionalShape,
  type Refuse,
  textShape,
  wordShape,
} from '../checkpoint/json/json-shape.ts';
import { type JsonData, jsonText } from '../checkpoint/json/json-text.ts';
import { readRequiredJson } from '../checkpoint/json/read-json.ts';
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import { type MapValue, valueData, valueShape } from '../checkpoint/map/map-value.ts';
import { identifiedShape, outputShape } from '../checkpoint/map/read-circuit-map.ts';
import { outputData } from '../checkpoint/map/write-circuit-map.ts';
import { fail } from '../diagnostics/catalog.ts';
import { valueText } from '../graph/evaluate/values/python-text.ts';
import type { ModelFolder } from '../source/byte-source.ts';

export const CHALLENGE_FILE = 'challenge.json';
export const MODEL_FOLDER = 'model';

/** The model that `changed` compares with. */
export const BEFORE_FOLDER = 'before';

/**
 * `what`: which program is it? `trigger`: which input makes it say a value? `place`: which heads and neurons make an output? `changed`: where does it
 * say something else than another model?
 */
export const FORMS = ['what', 'trigger', 'place', 'changed'] as const;
export type Form = (typeof FORMS)[number];

/** What an answer to `changed` exports. */
export const CHANGED = 'changed';

export const TIERS = ['1', '2', '3', '4', '5'] as const;

/** How a model is read: the ids of its tokens, and what its logits mean. */
export type Readable = Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs'>;

export interface Challenge {
  readonly form: Form;
  readonly tier: number;
  /** Of `trigger` and `place`, the output that is asked about; of `trigger`, what it should say at the last token. */
  readonly ask: { readonly output: string; readonly value?: MapValue | undefined };
  readonly context: number;
  readonly causal: boolean;
  readonly bos: CircuitMap['bos'];
  readonly vocabulary: CircuitMap['vocabulary'];
  readonly outputs: CircuitMap['outputs'];
  /** Of `changed`, how the model in `before` is read. */
  readonly before?: Readable | undefined;
  /** SHA-256 of the key's text. */
  readonly commitment: string;
}

const bosShape = objectShape({ id: countShape, token: textShape });

const challengeShape = objectShape<Challenge>({
  form: wordShape(FORMS),
  tier: countShape,
  ask: objectShape({ output: textShape, value: optionalShape<MapValue | undefined>(valueShape, undefined) }),
  context: countShape,
  causal: booleanShape,
  bos: bosShape,
  vocabulary: listShape(identifiedShape),
  outputs: listShape(outputShape),
  before: optionalShape<Readable | undefined>(
    objectShape<Readable>({ bos: bosShape, vocabulary: listShape(identifiedShape), outputs: listShape(outputShape) }),
    undefined,
  ),
  commitment: textShape,
});

const refuse: Refuse = (at, found, expected) =>
  fail('R7762', { file: CHALLENGE_FILE, why: `\`${at}\` is ${found}, but must be ${expected}` });

export function readChallenge(folder: ModelFolder): Challenge {
  const challenge = challengeShape(readRequiredJson(folder, CHALLENGE_FILE), '', refuse);
  const { form, ask, outputs } = challenge;
  if (!outputs.some(({ name }) => name === ask.output)) {
    fail('R7762', { file: CHALLENGE_FILE, why: `it asks about \`${ask.output}\`, which is no output` });
  }
  const { before } = challenge;
  if (form === 'changed' && !before?.outputs.some(({ name }) => name === ask.output))
    fail('R7762', { file: CHALLENGE_FILE, why: `it does not say how \`${BEFORE_FOLDER}\` is read` });
  if (form === 'trigger' && ask.value === undefined) fail('R7762', { file: CHALLENGE_FILE, why: 'it asks for no value' });
  return challenge;
}

function readableData({ bos, vocabulary, outputs }: Readable): { readonly [key: string]: JsonData } {
  return {
    bos: { id: bos.id, token: bos.token },
    vocabulary: vocabulary.map(({ id, value }) => ({ id, value: valueData(value) })),
    outputs: outputs.map(outputData),
  };
}

export function challengeData({ ask, before, ...rest }: Challenge): string {
  const asked: JsonData = { output: ask.output, ...(ask.value === undefined ? {} : { value: valueData(ask.value) }) };
  return jsonText({
    schema: 1,
    ...{ form: rest.form, tier: rest.tier, ask: asked, context: rest.context, causal: rest.causal },
    ...readableData(rest),
    ...(before === undefined ? {} : { before: readableData(before) }),
    commitment: rest.commitment,
  });
}

/** The question, for people. */
export function questionOf({ form, ask }: Pick<Challenge, 'form' | 'ask'>): string {
  switch (form) {
    case 'what':
      return 'What does the model compute? Answer with a RASP program that says the same on every input.';
    case 'trigger':
      return `Which input makes \`${ask.output}\` say \`${ask.value === undefined ? '' : valueText(ask.value)}\` at its last token? Answer with \`{"input": [...]}\`.`;
    case 'place':
      return `Which heads and neurons make \`${ask.output}\`, and nothing else? Answer with \`{"heads": [[layer, head], ...], "neurons": [[layer, neuron], ...]}\`.`;
    case 'changed':
      return `What changed between the two models, \`${BEFORE_FOLDER}/\` and \`${MODEL_FOLDER}/\`? Answer with a RASP program that exports \`${CHANGED}\`: true at each token where they differ in \`${ask.output}\`, false elsewhere.`;
    default: {
      const never: never = form;
      return never;
    }
  }
}
