/** `raspc eval DIR --input INPUT...`: runs a compiled checkpoint from its bytes, and decodes what it says. */

import { assertAssumed } from '../../../graph/evaluate/assumptions.ts';
import { sourceFile } from '../../../source/source-file.ts';
import { decodeOutput } from '../../../verify/decode.ts';
import type { CommandDefinition } from '../../session/command.ts';
import { loadSource, overridesOf } from '../../session/load-file.ts';
import { idsOfInput, withCompiled } from '../../session/open-compiled.ts';
import { addInputOption, endWith, type InputOptions, readInputsSoFar } from '../../session/read-inputs.ts';
import { oneOrMany, valueJson } from '../../terminal/json.ts';
import { showInput, showSequence } from '../../terminal/text/show-values.ts';

export const evaluate: CommandDefinition<InputOptions> = {
  example: 'raspc eval out/hist --input hello',
  configure: (command) => addInputOption(command.argument('<dir>', 'a folder that `raspc compile` wrote')),
  async run(session, [path = ''], options) {
    const { map, model } = await withCompiled(path, session.io.directory, (compiled) => compiled);
    const limits = { vocabulary: map.vocabulary.map(({ value }) => value), context: map.context };
    const read = await readInputsSoFar(session.io, 'raspc eval', options, limits);
    const { inputs } = read;
    if ((map.assumes?.length ?? 0) > 0) {
      const program = loadSource(sourceFile(map.program.file, map.program.source), session.io, overridesOf(map));
      for (const input of inputs) assertAssumed(program, input);
    }
    const logits = model.logits(inputs.map((input) => idsOfInput(map, input)));
    const outputs = map.outputs.map((output) => ({
      name: output.name,
      type: output.type,
      results: inputs.map((input, i) => {
        const data = logits[i] as Float32Array | Float64Array;
        return { input, ...decodeOutput(output, { data, outputs: model.config.sizes.outputs }) };
      }),
    }));
    if (session.format === 'json') {
      session.printJson(
        oneOrMany(
          outputs.map(({ name, results }) => ({
            name,
            results: results.map(({ input, values, margin }) => ({ input: input.map(valueJson), output: values.map(valueJson), margin })),
          })),
        ),
      );
      return endWith(session, read);
    }
    for (const { name, type, results } of outputs) {
      for (const { input, values, margin } of results) {
        const sure = margin === null ? '' : session.theme.faint(`  margin ${margin.toFixed(4)}`);
        session.print(`${session.theme.strong(name)}(${showInput(input)}) = ${showSequence(values, type)}${sure}`);
      }
    }
    return endWith(session, read);
  },
};
