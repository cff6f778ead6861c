/** `raspc challenge new`: a folder to publish, and a key to keep, for a question that raspc has answered itself. */
import { basename, join } from 'node:path';
import {
  BEFORE_FOLDER,
  CHALLENGE_FILE,
  type Challenge,
  challengeData,
  type Form,
  MODEL_FOLDER,
  questionOf,
} from '../../challenge/challenge.ts';
import { changesOf, inputsOf, judgePlace, judgeProgram, type Place, type Verdict } from '../../challenge/judge.ts';
import { type JsonData, jsonText } from '../../checkpoint/json/json-text.ts';
import { type CircuitMap, MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { valueData } from '../../checkpoint/map/map-value.ts';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import { fileBytes, fileOfText } from '../../checkpoint/safetensors/write-safetensors.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { type CompiledModel, compile } from '../../compiler/compile.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { valueText } from '../../graph/evaluate/values/python-text.ts';
import type { Program } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { loadModel, type Model } from '../../runtime/model.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import type { Target } from '../../targets/target.ts';
import { VERSION } from '../../version.ts';
import { compiledSparse } from '../disguise/compile-for-host.ts';
import type { OpenedHost } from '../disguise/open-host.ts';
import type { Io } from '../terminal/io.ts';
import { type Hidden, hide } from './hide.ts';
import { ownParts } from './own-parts.ts';
import { silenced } from './silenced.ts';

export interface NewChallenge {
  readonly program: Program;
  /** Of `changed`, the program of the model that it is compared with. */
  readonly before: Program | null;
  /** Outputs that the model computes and nothing reads. */
  readonly decoys: readonly string[];
  readonly host: OpenedHost | null;
  readonly form: Form;
  readonly tier: number;
  readonly target: Target;
  readonly secret: string;
  /** Null: the last export. */
  readonly output: string | null;
  /** Of `trigger`, as text. */
  readonly value: string | null;
  readonly io: Io;
}

export interface MadeChallenge {
  readonly challenge: Challenge;
  readonly files: readonly PackedFile[];
  readonly key: string;
}

/** Diagnostics: those of compiling, and R7763 where raspc finds no answer that its own judge accepts. */
export async function newChallenge(request: NewChallenge): Promise<MadeChallenge> {
  const { program, form, tier, target, secret, decoys } = request;
  const { source } = program;
  const refuse = (why: string): never => fail('R7763', { name: source.path, why });
  if (program.assumes.length > 0) refuse('its assumptions would have to be told');
  const dense = compile(program, { target, dtype: 'f32', compute: 'f32' });
  const plain = request.host === null ? dense : (compiledSparse(program, target, dense) ?? dense);
  const stray = decoys.find((name) => !plain.map.outputs.some((each) => each.name === name));
  if (stray !== undefined) refuse(`it has no output \`${stray}\``);
  if (plain.map.outputs.every(({ name }) => decoys.includes(name))) refuse('all of its outputs are decoys');
  const compiled = silenced(plain, decoys);
  const { map } = compiled;
  if (form === 'place' && map.outputs.length === 1) refuse('with one output all of the model is its place');
  const output = request.output ?? (map.outputs.at(-1)?.name as string);
  if (!map.outputs.some(({ name }) => name === output)) refuse(`it has no output \`${output}\``);
  const hidden = await hide({ ...request, loose: form === 'place' ? ownParts(output, map, map, null) : null }, compiled);
  const { context, causal, bos, vocabulary, outputs } = hidden.map;
  const { model, checkpoint } = published(hidden);
  const before = await otherModel(request, compiled, output, refuse);
  const open = { form, tier, context, causal, bos, vocabulary, outputs, ...before?.read, commitment: '' };
  await assertSays({ ...open, ask: { output } }, loadModel(checkpoint), program);
  const { ask, answer } = answerOf(request, { ...open, ask: { output } }, map, hidden, refuse);
  if (form === 'changed' && before !== null) {
    const models = { model: loadModel(checkpoint), before: loadModel(before.checkpoint) };
    const inputs = inputsOf(open, SHOWN);
    const changes = Array.from({ length: inputs.count }, (_, i) =>
      changesOf(
        { ...open, ask },
        models,
        Array.from(inputs.at(i), (at) => vocabulary[at]?.value as Value),
      ),
    ).flat();
    if (!changes.includes(true)) refuse(`the two models say the same on ${inputs.count} inputs`);
  }
  if (form === 'place') {
    const own: Verdict = judgePlace({ ...open, ask }, checkpoint, answer as unknown as Place);
    if (own.score !== 1) refuse(own.why);
  }
  const key = jsonText({
    schema: 1,
    raspc: VERSION,
    secret,
    form,
    tier,
    program: { file: basename(source.path), source: source.text },
    ...(request.before === null ? {} : { before: { file: basename(request.before.source.path), source: request.before.source.text } }),
    decoys,
    answer,
  });
  const challenge = { ...open, ask, commitment: sha256HexOfText(key) };
  const files = [
    { path: CHALLENGE_FILE, content: fileOfText(challengeData(challenge)) },
    { path: 'README.md', content: fileOfText(readme(challenge, target)) },
    ...(before?.model ?? []).map(({ path, content }) => ({ path: join(BEFORE_FOLDER, path), content })),
    ...model.map(({ path, content }) => ({ path: join(MODEL_FOLDER, path), content })),
  ];
  return { challenge, files, key };
}

/** Inputs on which two models have to differ. */
const SHOWN = 1500;

interface Published {
  readonly model: readonly PackedFile[];
  readonly checkpoint: OpenCheckpoint;
}

/** Without the map and the card, which are what is asked for. */
function published({ files }: Hidden): Published {
  const model = files.filter(({ path }) => path !== MAP_FILE && path !== 'README.md');
  return { model, checkpoint: openCheckpoint(memoryFolder(new Map(model.map(({ path, content }) => [path, fileBytes(content)])))) };
}

async function assertSays(challenge: Challenge, model: Model, program: Program): Promise<void> {
  const said = await judgeProgram(challenge, model, program);
  if (said.score !== 1) throw new Error(`the hidden model is not the program's: ${said.why}`);
}

/** The model that `changed` compares with, hidden as the first is; null for other questions. */
async function otherModel(
  request: NewChallenge,
  { map }: Pick<CompiledModel, 'map'>,
  output: string,
  refuse: (why: string) => never,
): Promise<(Published & { readonly read: Pick<Challenge, 'before'> }) | null> {
  const { before: program, form, tier, target } = request;
  if (form !== 'changed') return program === null ? null : refuse('two programs are for the form `changed`');
  if (program === null) return refuse('of one program nothing has changed: give the one before it as well');
  if (program.assumes.length > 0) refuse('the assumptions of the other would have to be told');
  const compiled = compile(program, { target, dtype: 'f32', compute: 'f32' });
  const tokens = (of: Pick<CircuitMap, 'vocabulary' | 'context' | 'causal'>) =>
    JSON.stringify([of.vocabulary.map(({ value }) => String(value)), of.context, of.causal]);
  if (tokens(compiled.map) !== tokens(map)) refuse('the two programs have other tokens, another context or another direction');
  if (!compiled.map.outputs.some(({ name }) => name === output)) refuse(`the other program has no output \`${output}\``);
  const hidden = await hide({ ...request, loose: null }, compiled);
  const own = published(hidden);
  const { context, causal, bos, vocabulary, outputs } = hidden.map;
  const open = { form, tier, context, causal, bos, vocabulary, outputs, commitment: '', ask: { output } };
  await assertSays(open, loadModel(own.checkpoint), program);
  return { ...own, read: { before: { bos, vocabulary, outputs } } };
}

interface Answered {
  readonly ask: Challenge['ask'];
  readonly answer: JsonData;
}

function answerOf(
  { program, form, value }: NewChallenge,
  challenge: Challenge,
  map: Pick<CircuitMap, 'meaning' | 'outputs' | 'heads' | 'neurons' | 'edges' | 'variables'>,
  hidden: Pick<Hidden, 'placed' | 'order'>,
  refuse: (why: string) => never,
): Answered {
  const { output } = challenge.ask;
  if (form === 'what' || form === 'changed') return { ask: { output }, answer: { program: program.source.text } };
  if (form === 'place') return { ask: { output }, answer: ownParts(output, map, hidden.placed, hidden.order) };
  const node = program.exports.find(({ name }) => name === output)?.node ?? refuse(`it has no output \`${output}\``);
  const known = challenge.outputs.find(({ name }) => name === output);
  const values = known?.kind === 'categorical' ? known.logits.map((each) => each.value) : refuse('a number is no trigger');
  const wanted = values.find((each) => valueText(each) === value) ?? refuse(`\`${output}\` never says \`${value ?? ''}\``);
  const inputs = inputsOf(challenge);
  const evaluate = evaluator([node], { causal: challenge.causal });
  for (let i = 0; i < inputs.count; i++) {
    const input = Array.from(inputs.at(i), (at) => challenge.vocabulary[at]?.value as Value);
    const last = (evaluate(input).get(node) as Sequence).values.at(-1) as Value;
    if (valuesEqual(last, wanted)) return { ask: { output, value: wanted }, answer: { input: input.map(valueData) } };
  }
  return refuse(`none of ${inputs.count} inputs makes \`${output}\` say \`${valueText(wanted)}\``);
}

function readme(challenge: Challenge, target: Target): string {
  const { form, tier, context, vocabulary, commitment } = challenge;
  const letters = vocabulary.slice(0, 12).map(({ value }) => String(value));
  return `# A challenge of tier ${tier}

${questionOf(challenge)}

\`model/\` is a \`${target.architecture}\`. It reads BOS and at most ${context} tokens (${letters.join(' ')}${vocabulary.length > 12 ? ' …' : ''});
\`challenge.json\` lists the ids of all tokens, and which logits mean which values. The output for a token is read at its position.

\`\`\`sh
raspc challenge check . ${form === 'what' || form === 'changed' ? 'answer.rasp' : 'answer.json'}
\`\`\`

The answer is sealed: the SHA-256 of the key is \`${commitment}\`.
`;
}
