/** `raspc match CHECKPOINT`: which known functions the heads of any checkpoint compute. */
import type { Command } from 'commander';
import { CONFIG_FILE } from '../../../checkpoint/config/config-value.ts';
import { readJsonFile } from '../../../checkpoint/json/read-json.ts';
import { isJsonObject } from '../../../checkpoint/json/strict-json.ts';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { readVocabularyTexts, type VocabularyTexts } from '../../../checkpoint/tokenizer/vocabulary-texts.ts';
import { openCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { randomWindows, textWindows } from '../../../match/make-windows.ts';
import { type Matched, matchCheckpoint } from '../../../match/match-checkpoint.ts';
import { classWindows } from '../../../match/neurons/class-windows.ts';
import { classesOf } from '../../../match/neurons/token-class.ts';
import { type ModelConfig, positionsOf } from '../../../targets/model-config.ts';
import { Random } from '../../../verify/random.ts';
import { VERSION } from '../../../version.ts';
import { type OpenFolder, openFolder } from '../../files/model-folder.ts';
import { assertAbsent, writeFile } from '../../files/write-file.ts';
import { emittedPrograms } from '../../match/emit-program.ts';
import { readState, stateKey, writeState } from '../../match/keep-state.ts';
import { type Candidates, loadCandidates } from '../../match/load-candidates.ts';
import { matchJson, printMatch } from '../../match/match-report.ts';
import { measuredPage } from '../../page/measured-page.ts';
import { type CommandDefinition, countOption } from '../../session/command.ts';
import { tokenizerOption } from '../../session/read-tokenizer.ts';
import { assertTokenizer } from '../../session/seed-classes.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import { encodeJson } from '../../terminal/json.ts';
import { CUTTER_OPTION, readWindows } from '../../texts/read-windows.ts';

interface Options {
  readonly text?: string;
  readonly tokenizer?: string;
  readonly program?: readonly string[];
  readonly bos?: string;
  readonly windows: number;
  readonly positions: number;
  readonly effects: number;
  readonly effectWindows: number;
  readonly neurons: number;
  readonly seed: number;
  readonly html?: string;
  readonly emit?: string;
  readonly resume?: string;
  readonly force?: true;
}

export const match: CommandDefinition<Options> = {
  example: 'raspc match out/model --text book.txt',
  configure: (command: Command) =>
    command
      .argument('<checkpoint>', 'the folder of a causal language model, trained anywhere')
      .option('--text <file>', 'a text, or token ids, a window a line: what heads do on text, beside random tokens')
      .option(...CUTTER_OPTION)
      .option('--program <file...>', 'programs of your own to look for, before those of raspc')
      .option(
        '--bos <id>',
        'the token that stands first in windows of random tokens and of a text, or `none`; by default bos_token_id of config.json',
      )
      .addOption(countOption('--windows', 'windows of random tokens, and of text at most', 2).default(8))
      .addOption(countOption('--positions', 'tokens of a window', 16).default(64))
      .addOption(countOption('--effects', 'heads on which the model is made to depend, the best of each function first', 0).default(12))
      .addOption(countOption('--effect-windows', 'windows of each kind for that', 2).default(4))
      .addOption(
        countOption('--neurons', 'neurons on which the model is made to depend, the best of each class first; 0 looks at none', 0).default(
          6,
        ),
      )
      .option('--html <file>', 'write a page with a map of the heads')
      .option('--emit <file>', 'write what was found as a program; what reads what tokens say as a second one, FILE.text.rasp')
      .option('--resume <file>', 'keep what is measured in a file, and go on from what it holds')
      .option('--force', 'overwrite the page and the program')
      .addOption(countOption('--seed', 'of the random tokens', 0).default(1)),
  async run(session, [path = ''], options) {
    const writing = { directory: session.io.directory, force: options.force === true };
    for (const file of [options.html, options.emit]) if (file !== undefined) assertAbsent(file, writing);
    const candidates = await loadCandidates(session, options.program ?? []);
    const folder = openFolder(path, session.io.directory);
    const progress = session.progress('running the model, layers');
    try {
      const { matched, texts } = measure(session, path, folder, candidates, options, (done, total) => progress.update(done, total));
      progress.finish();
      const { directory } = writing;
      const programs = emittedPrograms(path, matched);
      const written: [string | undefined, () => string][] = [
        [options.html, () => measuredPage(encodeJson(matchJson(matched, texts)), path, directory)],
        [options.emit, () => programs.any],
        [programs.text === null ? undefined : options.emit?.replace(/(\.rasp)?$/, '.text.rasp'), () => programs.text ?? ''],
      ];
      for (const [file, text] of written) {
        if (file !== undefined) writeFile(file, fileOfText(text()), writing);
      }
      if (session.format === 'json') session.printJson(matchJson(matched, texts));
      else printMatch(session, matched);
      for (const [file] of written) if (file !== undefined) session.remark(`wrote ${file}`);
      return EXIT.done;
    } finally {
      progress.finish();
      folder.close();
    }
  },
};

/** Tokens on which weights are looked at by themselves. */
const SAMPLE = 48;
/** Targets of a window of text at which loss is measured. */
const TARGETS = 32;
/** With fewer tokens than this in all, a head is not told from chance. */
const LEAST_TOKENS = 64;

function measure(
  session: Session,
  path: string,
  folder: OpenFolder,
  { heads: candidates, neurons: classings }: Candidates,
  options: Options,
  progress: (done: number, total: number) => void,
): { readonly matched: Matched; readonly texts: readonly string[] | null } {
  const refuse = (why: string): never => fail('R7752', { path, why });
  if (folder.open(CONFIG_FILE) === null && folder.open('adapter_config.json') !== null)
    refuse('it is an adapter, which only adds to the weights of another model');
  const checkpoint = openCheckpoint(folder);
  const { config } = checkpoint;
  const { sizes, traits } = config;
  if (traits.attention !== 'causal' || traits.output !== 'language-model' || traits.normPlace === 'post')
    refuse('it is no causal language model');
  const vocabulary = vocabularyOf(session, folder, options.tokenizer, config);
  if (vocabulary === null) session.remark('no tokenizer.json: programs that read what tokens say are not tried, and neurons not looked at');
  else if (options.text === undefined) session.remark('no --text: programs that read what tokens say are not tried');
  const bos = bosOf(folder, options.bos, sizes.vocab);
  const special = new Set([...(vocabulary?.special ?? []), ...(bos === null ? [] : [bos])]);
  const pool = Int32Array.from({ length: sizes.vocab }, (_, id) => id).filter(
    (id) => !special.has(id) && (vocabulary === null || vocabulary.texts[id] !== ''),
  );
  const positions = Math.min(options.positions, positionsOf(config));
  const plan = { count: options.windows, positions, bos, pool, seed: options.seed };
  const text =
    options.text === undefined
      ? []
      : readWindows(
          session,
          { path: options.text, tokenizer: options.tokenizer, folders: [path] },
          { config, bos, windows: options.windows, positions, least: LEAST_TOKENS },
        );
  const random = new Random(options.seed, 2 ** 20);
  const classes = vocabulary === null || options.neurons === 0 ? [] : classesOf(classings, vocabulary.texts);
  const ofClasses = classes.length === 0 ? [] : classWindows({ classes, positions, bos, pool }, new Random(options.seed, 2 ** 21));
  const windows = [...randomWindows(plan), ...textWindows(text, TARGETS), ...ofClasses];
  const { resume } = options;
  const { directory } = session.io;
  const about = [
    [...candidates, ...classes].map(({ program }) => program.source.text),
    windows.map(({ ids }) => [...ids]),
    vocabulary?.texts ?? null,
  ];
  const key = resume === undefined ? '' : stateKey(checkpoint, [VERSION, options.seed, about]);
  const kept = resume === undefined ? null : readState(resume, directory, key, options.force === true);
  if (kept === 'another')
    session.remark(`${resume} holds another measurement (of another checkpoint, text or version): this one begins anew`);
  const texts = vocabulary?.texts ?? null;
  const matched = matchCheckpoint({
    checkpoint,
    windows,
    candidates,
    classes,
    special,
    neuronEffects: options.neurons,
    texts,
    sample: Int32Array.from({ length: SAMPLE }, () => pool[random.below(pool.length)] ?? 0),
    seed: options.seed,
    effects: options.effects,
    effectWindows: options.effectWindows,
    state: kept === null || kept === 'another' ? undefined : kept,
    looked: (state) => {
      if (resume !== undefined) writeState(resume, directory, key, state);
    },
    progress,
  });
  return { matched, texts };
}

/** What tokens say: by the tokenizer that was given, or the one beside the weights, of whatever kind. Diagnostics: R7731. */
function vocabularyOf(session: Session, folder: OpenFolder, given: string | undefined, config: ModelConfig): VocabularyTexts | null {
  const { vocab } = config.sizes;
  const tokenizer = tokenizerOption(given, session.io.directory);
  if (tokenizer === null) return readVocabularyTexts(folder, vocab);
  assertTokenizer(tokenizer, config);
  const { texts, special } = tokenizer;
  return { texts: Array.from({ length: vocab }, (_, id) => (special.has(id) ? '' : (texts[id] ?? ''))), special };
}

/** Diagnostics: R8004. */
function bosOf(folder: OpenFolder, given: string | undefined, vocab: number): number | null {
  if (given === 'none') return null;
  if (given !== undefined) {
    const id = /^\d+$/.test(given) ? Number(given) : vocab;
    return id < vocab ? id : fail('R8004', { option: '--bos', value: given, expected: `\`none\` or an id below ${vocab}` });
  }
  const tree = readJsonFile(folder, CONFIG_FILE);
  const id = isJsonObject(tree) ? tree.get('bos_token_id') : undefined;
  return typeof id === 'bigint' && id >= 0n && id < BigInt(vocab) ? Number(id) : null;
}
