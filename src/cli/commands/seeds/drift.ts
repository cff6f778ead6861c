/** `raspc drift MAP CHECKPOINT...`: what training made of each circuit of a seeded model, a checkpoint at a time. */
import type { Command } from 'commander';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { driftJson, printDrift } from '../../drift/drift-report.ts';
import { findCheckpoints } from '../../drift/find-checkpoints.ts';
import { measureCheckpoints } from '../../drift/measure-checkpoints.ts';
import { writeFile } from '../../files/write-file.ts';
import { measuredPage } from '../../page/measured-page.ts';
import { type CommandDefinition, countOption } from '../../session/command.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import { encodeJson } from '../../terminal/json.ts';
import { CUTTER_OPTION } from '../../texts/read-windows.ts';

interface Options {
  readonly text?: string;
  readonly tokenizer?: string;
  readonly html?: string;
  readonly force?: true;
  readonly seed: number;
  readonly positions: number;
}

export const drift: CommandDefinition<Options> = {
  example: 'raspc drift out/seeded/raspc.json trained/',
  configure: (command: Command) =>
    command
      .argument('<map>', 'raspc.json of the seeded folder, its weights beside it')
      .argument('<checkpoint...>', 'model folders in the order of training, or a folder of `checkpoint-N` folders')
      .option('--text <file>', 'a text, or token ids, a window a line: the loss with and without each circuit')
      .option(...CUTTER_OPTION)
      .option('--html <file>', 'write a page with the curves')
      .option('--force', 'overwrite the page')
      .addOption(countOption('--positions', 'the longest probe', 8).default(128))
      .addOption(countOption('--seed', 'of the random tokens', 0).default(1)),
  async run(session, [mapPath = '', ...paths], options) {
    const { directory } = session.io;
    const checkpoints = findCheckpoints(paths, directory);
    const history = measureCheckpoints(session, mapPath, checkpoints, options);
    if (options.html !== undefined) {
      writeFile(options.html, fileOfText(measuredPage(encodeJson(driftJson(history)), mapPath, directory)), {
        directory,
        force: options.force === true,
      });
    }
    if (session.format === 'json') session.printJson(driftJson(history));
    else printDrift(session, history);
    if (options.html !== undefined) session.remark(`wrote ${options.html}`);
    return EXIT.done;
  },
};
