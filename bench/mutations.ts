/**
 * `npm run bench:mutations -- --flips 800 --seed 7`: single bits of stored weights are flipped, and zeros become powers of two. What the checker does
 * not catch must change no output; rates by kind of bit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MUTATIONS_FILE, MUTATIONS_PAGE, type MutationRate, withMutationTable } from '../scripts/documents/mutation-table.ts';
import { type CheckResult, checkCheckpoint } from '../src/checker/check-checkpoint.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import { loadModel } from '../src/runtime/model.ts';
import { bert } from '../src/targets/families/encoders/bert.ts';
import { gptNeox } from '../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../src/targets/families/rms-norm/llama.ts';
import type { Target } from '../src/targets/target.ts';
import { adversarialInputs, concatenate, type InputSource, randomInputs } from '../src/verify/inputs.ts';
import { modelSubject } from '../src/verify/model-subject.ts';
import { Random } from '../src/verify/random.ts';
import { verifyCheckpoint } from '../src/verify/verify-checkpoint.ts';
import { type BuiltModel, build } from './certificate-cell.ts';
import { examplePrograms } from './programs.ts';

const MODELS: readonly (readonly [program: string, target: Target])[] = [
  ['hist', gpt2],
  ['induction', gpt2],
  ['mostly', llama],
  ['double_hist', llama],
  ['parity', gptNeox],
  ['sort', bert],
];
const CONTEXT = 8;
const INPUTS = 200;

/** The bits of a float32 that are flipped, from the lowest on. */
const BITS = [
  { name: 'mantissa, lower half', from: 0, to: 12 },
  { name: 'mantissa, upper half', from: 12, to: 23 },
  { name: 'exponent', from: 23, to: 31 },
  { name: 'sign', from: 31, to: 32 },
] as const;
/** A zero becomes a power of two up to this exponent. */
const EXPONENTS = { least: -14, most: 9 };

type Rate = { -readonly [K in keyof MutationRate]: MutationRate[K] };

const { values } = parseArgs({ options: { flips: { type: 'string', default: '800' }, seed: { type: 'string', default: '7' } } });
const rates = new Map<string, Rate>();
for (const [name, target] of MODELS) {
  const file = examplePrograms().find(({ path }) => path === `programs/${name}.rasp`);
  const model = file === undefined ? null : build(file, target, 'f32', CONTEXT);
  if (model === null) throw new Error(`${name} does not compile for ${target.name}`);
  await flip(model, Number(values.flips));
}
const measured = [...rates.values()];
writeFileSync(packagePath(MUTATIONS_FILE), `[\n${measured.map((rate) => JSON.stringify(rate)).join(',\n')}\n]\n`);
const page = packagePath(MUTATIONS_PAGE);
writeFileSync(page, withMutationTable(readFileSync(page, 'utf8'), measured));
console.log(`${MUTATIONS_PAGE} has the table`);

async function flip(model: BuiltModel, flips: number): Promise<void> {
  const { stored: weights, map } = model;
  const random = new Random(Number(values.seed), 0);
  const view = new DataView(weights.buffer, weights.byteOffset);
  const start = 8 + Number(view.getBigUint64(0, true));
  const [zeros, others]: [number[], number[]] = [[], []];
  for (let at = start; at < weights.length; at += 4) (view.getUint32(at, true) === 0 ? zeros : others).push(at);
  const { length } = map.vocabulary;
  const inputs = concatenate(adversarialInputs(length, map.context), randomInputs(length, map.context, INPUTS, 5));
  for (let n = 0; n < flips; n++) {
    const changed = weights.slice();
    const to = new DataView(changed.buffer);
    const bits = BITS[n % (BITS.length + 1)];
    if (bits === undefined) {
      const exponent = EXPONENTS.least + random.below(EXPONENTS.most - EXPONENTS.least + 1);
      to.setFloat32(zeros[random.below(zeros.length)] as number, 2 ** exponent, true);
    } else {
      const at = others[random.below(others.length)] as number;
      const bit = bits.from + random.below(bits.to - bits.from);
      to.setUint32(at, (to.getUint32(at, true) ^ (2 ** bit)) >>> 0, true);
    }
    await judge(model, changed, inputs, bits?.name ?? 'a zero becomes a number');
  }
}

async function judge(model: BuiltModel, weights: Uint8Array, inputs: InputSource, kind: string): Promise<void> {
  const rate = rates.get(kind) ?? { kind, tried: 0, caught: 0, wrong: 0, missed: 0 };
  rates.set(kind, rate);
  rate.tried++;
  const checkpoint = model.withWeights(weights);
  const result = checked({ ...model, checkpoint });
  const isCaught = result?.kind !== 'checked' || !result.holds;
  if (isCaught) rate.caught++;
  if (result === null) return;
  const { failed } = await verifyCheckpoint(modelSubject(model.map, loadModel(checkpoint), model.program), inputs, () => {});
  if (failed > 0) rate[isCaught ? 'wrong' : 'missed']++;
}

/** Null where the weights are not even read: one is no number any more. */
function checked(subject: Parameters<typeof checkCheckpoint>[0]): CheckResult | null {
  try {
    return checkCheckpoint(subject);
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]?.code === 'R7009') return null;
    throw error;
  }
}
