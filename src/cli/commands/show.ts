/** `raspc show DIR -o page.html`: a model as one page that stands alone, with everything in it that it needs. */
import { basename, resolve } from 'node:path';
import { fileOfText } from '../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { readModel } from '../../draw/model/model-reading.ts';
import type { Value } from '../../graph/value.ts';
import { parseInput } from '../../library/parse-input.ts';
import { observe } from '../../page/data/observation.ts';
import { pageModel } from '../../page/data/page-data.ts';
import { pageFile } from '../../page/data/page-file.ts';
import { VERSION } from '../../version.ts';
import { packFiles } from '../files/pack-files.ts';
import { packagePath } from '../files/package-path.ts';
import { readText } from '../files/read-source.ts';
import { writeFile } from '../files/write-file.ts';
import { sourceWords } from '../report/source-words.ts';
import type { CommandDefinition } from '../session/command.ts';
import { withCompiled } from '../session/open-compiled.ts';
import { addInputOption, type InputOptions } from '../session/read-inputs.ts';
import { EXIT } from '../terminal/exit-codes.ts';
import { showInput } from '../terminal/show-values.ts';

interface Options extends InputOptions {
  readonly output?: string;
  /** False where `--no-weights` is given. */
  readonly weights: boolean;
  readonly force?: true;
}

const WITHOUT = {
  files: null,
  why: 'The model is not in the page: it was written so. Inputs cannot be changed; what is shown was recorded.',
};

/** Tokens of the input that is shown where none is given. */
const EXAMPLE = 6;

export const show: CommandDefinition<Options> = {
  example: 'raspc show out/hist --input hello -o hist.html',
  configure: (command) =>
    addInputOption(command.argument('<dir>', 'a folder that `raspc compile` wrote'))
      .option('-o, --output <file>', 'the page to write, FILE.html')
      .option('--no-weights', 'leave the model out: a smaller page, which shows the inputs given and no others')
      .option('--force', 'overwrite the file'),
  async run(session, [path = ''], { input: texts, output, weights, force }) {
    const { directory } = session.io;
    if (output === undefined) return fail('R8003', { what: '`--output FILE.html`', command: 'raspc show' });
    if (!/[.]html?$/i.test(output)) fail('R8004', { option: '--output', value: output, expected: 'a file that ends in `.html`' });
    const page = await withCompiled(path, directory, ({ map, model, checkpoint }) => {
      const reading = readModel(map);
      const vocabulary = map.vocabulary.map(({ value }) => value);
      const limits = { vocabulary, context: map.context };
      const given = (texts ?? [exampleText(vocabulary, map.context)]).map((text) => ({ text, input: parseInput(text, limits) }));
      const recorded = given.map(({ text, input }) => observe(reading, model, text, input).observation);
      const { files, why } = weights ? packFiles(path, directory, checkpoint.store.files) : WITHOUT;
      const name = basename(resolve(directory, path));
      const data = {
        raspc: VERSION,
        model: pageModel(name, reading, checkpoint.config, sourceWords(map)),
        files,
        withoutFiles: why,
        recorded,
      };
      const bundled = (file: string) => readText(packagePath('dist', 'bundle', file), directory);
      return { text: pageFile({ script: bundled('page.js'), style: bundled('page.css'), data }), isLive: files !== null, why };
    });
    writeFile(output, fileOfText(page.text), { directory, force: force ?? false });
    const bytes = Buffer.byteLength(page.text);
    if (session.format === 'json') session.printJson({ written: output, bytes, live: page.isLive });
    else session.print(`wrote ${output} (${Math.ceil(bytes / 1000).toLocaleString('en-US')} kB)`);
    if (page.why !== null && weights) session.remark(page.why);
    return EXIT.done;
  },
};

/** An input of the vocabulary's first tokens, with one twice. */
function exampleText(vocabulary: readonly Value[], context: number): string {
  const tokens = [...vocabulary.slice(0, EXAMPLE - 2), ...vocabulary.slice(0, 2)].slice(0, context);
  const shown = showInput(tokens);
  return shown.startsWith('"') ? tokens.join('') : shown;
}
