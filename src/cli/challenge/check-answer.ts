/** `raspc challenge check` and `reveal`: an answer judged by what the model does, and a key against what was published. */
import { basename, dirname, join } from 'node:path';
import { BEFORE_FOLDER, CHANGED, type Challenge, MODEL_FOLDER, readChallenge } from '../../challenge/challenge.ts';
import { judgeChange, judgePlace, judgeProgram, judgeTrigger, type Verdict } from '../../challenge/judge.ts';
import { countShape, listShape, objectShape, type Refuse, type Shape, textShape } from '../../checkpoint/json/json-shape.ts';
import { readRequiredJson } from '../../checkpoint/json/read-json.ts';
import { valueShape } from '../../checkpoint/map/map-value.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { valuesEqual } from '../../graph/value.ts';
import { loadModel } from '../../runtime/model.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { openFolder } from '../files/model-folder.ts';
import { readSource } from '../files/read-source.ts';
import { loadFile } from '../session/load-file.ts';
import type { Io } from '../terminal/io.ts';

export interface Checked extends Verdict {
  readonly challenge: Challenge;
}

const pairs = listShape(listShape(countShape));
const placeShape = objectShape({ heads: pairs, neurons: pairs });
const triggerShape = objectShape({ input: listShape(valueShape) });

/** A JSON file of one's own; `-` is none. Diagnostics: those of reading, and R7762. */
export function readAnswer<T>(path: string, directory: string, shape: Shape<T>): T {
  const file = basename(path);
  const folder = openFolder(dirname(path), directory);
  const refuse: Refuse = (at, found, expected) => fail('R7762', { file: path, why: `\`${at}\` is ${found}, but must be ${expected}` });
  try {
    return shape(readRequiredJson(folder, file), '', refuse);
  } finally {
    folder.close();
  }
}

/** Diagnostics: those of the folder and of a program, and R7762 for what is no answer. */
export async function checkAnswer(path: string, answer: string, io: Io): Promise<Checked> {
  const published = openFolder(path, io.directory);
  const folder = openFolder(join(path, MODEL_FOLDER), io.directory);
  try {
    const challenge = readChallenge(published);
    const checkpoint = openCheckpoint(folder);
    checkSizes(challenge, checkpoint.config.sizes);
    const wrong = (why: string): never => fail('R7762', { file: answer, why });
    switch (challenge.form) {
      case 'what': {
        const { vocabulary, context, causal, outputs } = challenge;
        const program = await loadFile(answer, io, {
          exports: outputs.map(({ name }) => name),
          vocabulary: { kind: 'tokens', values: vocabulary.map(({ value }) => value), span: null },
          context,
          causal,
        });
        return { challenge, ...(await judgeProgram(challenge, loadModel(checkpoint), program)) };
      }
      case 'changed': {
        const { vocabulary, context, causal, before } = challenge;
        const program = await loadFile(answer, io, {
          exports: [CHANGED],
          vocabulary: { kind: 'tokens', values: vocabulary.map(({ value }) => value), span: null },
          context,
          causal,
        });
        const earlier = openFolder(join(path, BEFORE_FOLDER), io.directory);
        try {
          const other = openCheckpoint(earlier);
          checkSizes({ ...challenge, ...before }, other.config.sizes);
          return { challenge, ...judgeChange(challenge, { model: loadModel(checkpoint), before: loadModel(other) }, program) };
        } finally {
          earlier.close();
        }
      }
      case 'trigger': {
        const { input } = readAnswer(answer, io.directory, triggerShape);
        const stray = input.find((value) => !challenge.vocabulary.some((token) => valuesEqual(token.value, value)));
        if (stray !== undefined) wrong(`\`${String(stray)}\` is no token of the model`);
        if (input.length === 0 || input.length > challenge.context) {
          wrong(`the input has ${input.length} tokens, and the model takes 1 to ${challenge.context}`);
        }
        return { challenge, ...judgeTrigger(challenge, loadModel(checkpoint), input) };
      }
      case 'place': {
        const place = readAnswer(answer, io.directory, placeShape);
        const { layers, heads, hidden } = checkpoint.config.sizes;
        for (const [list, most] of [
          [place.heads, heads],
          [place.neurons, hidden],
        ] as const)
          for (const pair of list) {
            const [layer = 0, number = 0] = pair;
            if (pair.length !== 2 || layer >= layers || number >= most) {
              wrong(`[${pair.join(', ')}] is no layer and number: the model has ${layers} layers of ${heads} heads and ${hidden} neurons`);
            }
          }
        return { challenge, ...judgePlace(challenge, checkpoint, place) };
      }
      default: {
        const never: never = challenge.form;
        return never;
      }
    }
  } finally {
    published.close();
    folder.close();
  }
}

/** What is read has to be there in the model. */
function checkSizes(challenge: Challenge, sizes: { readonly vocab: number; readonly outputs: number; readonly positions: number }): void {
  const { bos, vocabulary, outputs, context } = challenge;
  const ids = [bos.id, ...vocabulary.map(({ id }) => id)];
  const logits = outputs.flatMap((output) => (output.kind === 'categorical' ? output.logits.map(({ id }) => id) : [output.logit]));
  const why =
    vocabulary.length === 0 || ids.some((id) => id >= sizes.vocab)
      ? `the model has ${sizes.vocab} tokens, and it speaks of others`
      : logits.some((id) => id >= sizes.outputs)
        ? `the model has ${sizes.outputs} logits, and it reads another`
        : context < 1 || context + 1 > sizes.positions
          ? `the model has ${sizes.positions} positions, and BOS and ${context} tokens do not fit`
          : null;
  if (why !== null) fail('R7762', { file: 'challenge.json', why });
}

/** Whether a key is the one that was sealed, and what it says. */
export async function revealKey(path: string, key: string, io: Io): Promise<{ readonly matches: boolean; readonly source: string }> {
  const published = openFolder(path, io.directory);
  try {
    const { commitment } = readChallenge(published);
    const { text } = await readSource(key, io);
    const { program } = readAnswer(key, io.directory, objectShape({ program: objectShape({ source: textShape }) }));
    return { matches: sha256HexOfText(text) === commitment, source: program.source };
  } finally {
    published.close();
  }
}
