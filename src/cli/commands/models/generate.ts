/** `raspc generate DIR --input X...`: runs a compiled model on its own output, as a language model is run. */
import { fail } from '../../../diagnostics/catalog.ts';
import { assertAssumed } from '../../../graph/evaluate/assumptions.ts';
import { sourceFile } from '../../../source/source-file.ts';
import { generateModel } from '../../../verify/generated/generate-model.ts';
import { printRuns } from '../../report/runs-report.ts';
import { type CommandDefinition, countOption } from '../../session/command.ts';
import { loadSource, overridesOf } from '../../session/load-file.ts';
import { withCompiled } from '../../session/open-compiled.ts';
import { addInputOption, endWith, type InputOptions, readInputsSoFar } from '../../session/read-inputs.ts';

interface Options extends InputOptions {
  readonly max?: number;
}

export const generate: CommandDefinition<Options> = {
  example: 'raspc generate out/binary_counter --input 0110',
  configure: (command) =>
    addInputOption(command.argument('<dir>', 'a folder that `raspc compile` wrote of a program with `@step`')).addOption(
      countOption('--max', 'append at most so many tokens', 1),
    ),
  async run(session, [path = ''], options) {
    const { map, model } = await withCompiled(path, session.io.directory, (compiled) => compiled);
    const { generation } = map;
    if (generation === undefined) return fail('R8011', { file: map.program.file });
    const limits = { vocabulary: map.vocabulary.map(({ value }) => value), context: map.context };
    const read = await readInputsSoFar(session.io, 'raspc generate', options, limits);
    const { inputs } = read;
    if ((map.assumes?.length ?? 0) > 0) {
      const program = loadSource(sourceFile(map.program.file, map.program.source), session.io, overridesOf(map));
      for (const input of inputs) assertAssumed(program, input);
    }
    const runs = inputs.map((input) => {
      const run = generateModel(map, model, input, { context: map.context, most: options.max ?? map.context });
      return { input, ...(run ?? fail('R7650', { name: generation.output })) };
    });
    printRuns(session, generation.output, runs);
    return endWith(session, read);
  },
};
