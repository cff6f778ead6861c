/** `raspc show DIR -o page.html`: a model as one page that stands alone, with everything in it that it needs. */
import { basename, resolve } from 'node:path';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { readModel } from '../../../draw/model/model-reading.ts';
import type { Value } from '../../../graph/value.ts';
import { parseInput } from '../../../library/parse-input.ts';
import { observe } from '../../../page/data/observation.ts';
import { type ModelPageData, modelTitle, pageModel } from '../../../page/data/page-data.ts';
import { withCommas } from '../../../source/with-commas.ts';
import { VERSION } from '../../../version.ts';
import { packFiles, UNPACKED } from '../../files/pack-files.ts';
import { readText } from '../../files/read-source.ts';
import { writeFile } from '../../files/write-file.ts';
import { measuredFor, measuredPage } from '../../page/measured-page.ts';
import { pageText } from '../../page/page-text.ts';
import { seededPage } from '../../page/seeded-page.ts';
import { sourceWords } from '../../report/source-words.ts';
import type { CommandDefinition } from '../../session/command.ts';
import { withCompiled } from '../../session/open-compiled.ts';
import { addInputOption, type InputOptions } from '../../session/read-inputs.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import { showInput } from '../../terminal/text/show-values.ts';
import { CUTTER_OPTION } from '../../texts/read-windows.ts';
import { findSeedMap } from '../../verify/seeded/verify-seeded.ts';

interface Options extends InputOptions {
  readonly output?: string;
  /** False where `--no-weights` is given. */
  readonly weights: boolean;
  readonly tokenizer?: string;
  readonly drift?: string;
  readonly match?: string;
  readonly force?: true;
}

/** Tokens of the input that is shown where none is given. */
const EXAMPLE = 6;

export const show: CommandDefinition<Options> = {
  example: 'raspc show out/hist --input hello -o hist.html',
  configure: (command) =>
    addInputOption(command.argument('<path>', 'a folder of `raspc compile` or `raspc seed`, or the JSON of `raspc drift` or `raspc match`'))
      .option('-o, --output <file>', 'the page to write, FILE.html')
      .option('--no-weights', 'leave the model out: a smaller page, which shows the inputs given and no others')
      .option(...CUTTER_OPTION)
      .option('--drift <file>', 'show what `raspc drift --format json` wrote of the model, too')
      .option('--match <file>', 'show what `raspc match --format json` wrote of the model, too')
      .option('--force', 'overwrite the file'),
  async run(session, [path = ''], options) {
    const { directory } = session.io;
    const { output, force } = options;
    if (output === undefined) return fail('R8003', { what: '`--output FILE.html`', command: 'raspc show' });
    if (!/[.]html?$/i.test(output)) fail('R8004', { option: '--output', value: output, expected: 'a file that ends in `.html`' });
    const page = /[.]json$/i.test(path) ? pageOfFile(path, directory) : await pageOfFolder(session, path, options);
    writeFile(output, fileOfText(page.text), { directory, force: force ?? false });
    const bytes = Buffer.byteLength(page.text);
    if (session.format === 'json') session.printJson({ written: output, bytes, live: page.isLive });
    else session.print(`wrote ${output} (${withCommas(Math.ceil(bytes / 1000))} kB)`);
    if (page.why !== null && options.weights) session.remark(page.why);
    return EXIT.done;
  },
};

interface Page {
  readonly text: string;
  /** Whether the model is in it. */
  readonly isLive: boolean;
  /** Why it is not. */
  readonly why: string | null;
}

function pageOfFile(path: string, directory: string): Page {
  return { text: measuredPage(readText(path, directory), path, directory), isLive: false, why: null };
}

function pageOfFolder(session: Session, path: string, options: Options): Page | Promise<Page> {
  const { directory } = session.io;
  const seedMap = findSeedMap(path, undefined, directory);
  if (seedMap === null) return pageOfModel(path, options, directory);
  const { text, why } = seededPage(session, path, seedMap, options);
  return { text, isLive: why === null, why };
}

function pageOfModel(path: string, options: Options, directory: string): Promise<Page> {
  return withCompiled(path, directory, ({ map, model, checkpoint }) => {
    const measured = measuredFor(options, directory, { circuits: [], ...checkpoint.config.sizes });
    const reading = readModel(map);
    const vocabulary = map.vocabulary.map(({ value }) => value);
    const limits = { vocabulary, context: map.context };
    const given = (options.input ?? [exampleText(vocabulary, map.context)]).map((text) => ({ text, input: parseInput(text, limits) }));
    const recorded = given.map(({ text, input }) => observe(reading, model, text, input).observation);
    const { files, why } = options.weights ? packFiles(path, directory, checkpoint.store.files) : UNPACKED;
    const facts = pageModel(basename(resolve(directory, path)), reading, checkpoint.config, sourceWords(map.program));
    const data: ModelPageData = {
      kind: 'model',
      raspc: VERSION,
      title: modelTitle(facts),
      ...measured,
      model: facts,
      files,
      withoutFiles: why,
      recorded,
    };
    return { text: pageText(data, directory), isLive: files !== null, why };
  });
}

/** An input of the vocabulary's first tokens, with one twice. */
function exampleText(vocabulary: readonly Value[], context: number): string {
  const tokens = [...vocabulary.slice(0, EXAMPLE - 2), ...vocabulary.slice(0, 2)].slice(0, context);
  const shown = showInput(tokens);
  return shown.startsWith('"') ? tokens.join('') : shown;
}
