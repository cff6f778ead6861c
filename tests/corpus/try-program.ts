/** Compiles a program of the corpus and runs it from its bytes against its oracle. */
import type { CheckResult } from '../../src/checker/check-checkpoint.ts';
import { openModel } from '../../src/runtime/model.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../src/verify/inputs.ts';
import { modelSubject } from '../../src/verify/model-subject.ts';
import { type Verification, verifyCheckpoint } from '../../src/verify/verify-checkpoint.ts';
import { modelToCheck } from '../support/check-model.ts';
import { atomOf, type CorpusProgram } from './corpus-program.ts';

export interface Tried {
  readonly holds: boolean;
  readonly margin: number;
  readonly parameters: number;
  readonly layers: number;
  readonly verified: Verification;
  /** What the checker says of the bytes and the source. */
  readonly check: () => CheckResult;
}

/** The program's text with its directives. */
export function textOf({ vocabulary, causal, text }: CorpusProgram, context: number): string {
  const direction = causal ? '@causal' : '@bidirectional';
  return `@vocab ${JSON.stringify(vocabulary)};\n@context ${context};\n${direction};\n${text}\n@export said;\n`;
}

/** On GPT-2, or BERT where it looks both ways; `samples` random inputs, and those at the edges. */
export async function tryProgram(program: CorpusProgram, context: number, samples: number): Promise<Tried> {
  const target = program.causal ? gpt2 : bert;
  const { compiled, folder, map, check, program: elaborated } = modelToCheck(textOf(program, context), { target });
  const subject = modelSubject(map, openModel(folder), elaborated);
  const oracle = (input: Parameters<typeof subject.program>[0]) => [program.oracle(input.map(String)).map(atomOf)];
  const size = program.vocabulary.length;
  const inputs = concatenate(adversarialInputs(size, context), randomInputs(size, context, samples, 1));
  const verified = await verifyCheckpoint({ ...subject, program: oracle }, inputs, () => {});
  const { holds, worstMargin } = compiled.certificate;
  return { holds, margin: worstMargin, parameters: compiled.size.parameters, layers: compiled.size.layers, verified, check };
}
