/** `raspc dataset --count N --seed S -o DIR`: random programs, no two of one behaviour, with their models, in shards that many machines may share. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { jsonText } from '../../../checkpoint/json/json-text.ts';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { probesOf, SPLITS, splitOf } from '../../../dataset/behaviour.ts';
import { datasetPrograms } from '../../../dataset/dataset-programs.ts';
import { type ShardModel, type ShardSetting, shardFiles, shardModel } from '../../../dataset/dataset-shard.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { findTarget, TARGETS } from '../../../targets/registry.ts';
import type { Target } from '../../../targets/target.ts';
import { VERSION } from '../../../version.ts';
import { newNodeSha256 } from '../../files/node-sha256.ts';
import { writeFile } from '../../files/write-file.ts';
import { type CommandDefinition, choiceOption, countOption } from '../../session/command.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';

interface Part {
  /** From 0. */
  readonly number: number;
  readonly of: number;
}

interface Options {
  readonly count?: number;
  readonly seed: number;
  readonly output?: string;
  readonly vocab: string;
  readonly context: number;
  readonly target: string;
  readonly perShard: number;
  readonly shard: Part;
}

const DATASET_FILE = 'dataset.json';
/** Longer ones have more values than programs of a dataset should. */
const LONGEST_CONTEXT = 16;

export const dataset: CommandDefinition<Options> = {
  example: 'raspc dataset --count 20 --seed 1 -o out/data',
  configure: (command: Command) =>
    command
      .addOption(countOption('--count', 'so many programs', 1))
      .addOption(countOption('--seed', 'which programs', 0).default(1))
      .option('-o, --output <dir>', 'the folder to write, or to go on with')
      .addOption(lettersOption('--vocab', 'the letters that are tokens').default('abc'))
      .addOption(countOption('--context', `the longest input in tokens, at most ${LONGEST_CONTEXT}`, 2).default(6))
      .addOption(
        choiceOption(
          '--target',
          'the model family',
          TARGETS.map(({ name }) => name),
        ).default('gpt2'),
      )
      .addOption(countOption('--per-shard', 'models in a shard', 1).default(256))
      .addOption(partOption('--shard', 'write only every N-th shard, from the I-th').default({ number: 0, of: 1 }, '1/1')),
  async run(session, _, options) {
    const { seed, vocab, context, perShard, shard: part } = options;
    const { count = needed('--count'), output = needed('--output') } = options;
    if (context > LONGEST_CONTEXT)
      fail('R8004', { option: '--context', value: String(context), expected: `a whole number of at most ${LONGEST_CONTEXT}` });
    const target = findTarget(options.target) as Target;
    const setting = { vocabulary: vocab, context, causal: target.traits.attention === 'causal', seed };
    begin(session, output, { ...options, count });
    const probes = probesOf(setting);
    const shards = new Shards(session, output, { target, probes, newHasher: newNodeSha256 });
    const progress = session.progress('writing programs');
    const splits = new Map(SPLITS.map((split) => [split, 0]));
    let found = 0;
    for (const each of datasetPrograms(setting, probes, count)) {
      const shard = Math.floor(each.number / perShard);
      if (shard % part.of === part.number) shards.add(shard, each);
      const split = splitOf(each.behaviour);
      splits.set(split, (splits.get(split) ?? 0) + 1);
      found = each.number + 1;
      progress.update(found, count);
    }
    shards.finish();
    progress.finish();
    const { written, kept, models, refused } = shards;
    if (session.format === 'json') {
      session.printJson({ programs: found, splits: Object.fromEntries(splits), shards: { written, kept }, models, refused });
    } else {
      const own = part.of === 1 ? '' : ` (part ${part.number + 1} of ${part.of})`;
      session.print(`${found} programs: ${[...splits].map(([split, n]) => `${n} ${split}`).join(', ')}`);
      session.print(
        `${models} models in ${written} new shard${written === 1 ? '' : 's'}${own}${kept > 0 ? `, ${kept} that were there` : ''}`,
      );
      if (refused > 0) session.print(`${refused} refused: listed without a model`);
      if (found < count) session.print(`these letters and this context have no more: ${count} were asked for`);
    }
    return EXIT.done;
  },
};

function needed(option: string): never {
  return fail('R8003', { what: `\`${option}\``, command: 'raspc dataset' });
}

/** Shards as they fill; each is written when the next begins. */
class Shards {
  written = 0;
  kept = 0;
  models = 0;
  refused = 0;
  readonly #session: Session;
  readonly #path: string;
  readonly #setting: ShardSetting;
  #number = -1;
  #models: ShardModel[] | null = null;

  constructor(session: Session, path: string, setting: ShardSetting) {
    this.#session = session;
    this.#path = path;
    this.#setting = setting;
  }

  add(shard: number, program: Parameters<typeof shardModel>[0]): void {
    if (shard !== this.#number) {
      this.finish();
      this.#number = shard;
      const isThere = existsSync(resolve(this.#session.io.directory, this.#path, `${shardName(shard)}.jsonl`));
      this.kept += Number(isThere);
      this.#models = isThere ? null : [];
    }
    if (this.#models === null) return;
    try {
      this.#models.push(shardModel(program, this.#setting));
      this.models++;
    } catch (fault) {
      if (!(fault instanceof DiagnosticError)) throw fault;
      const { number, grade, source, behaviour } = program;
      const why = fault.diagnostics[0]?.code ?? '';
      this.#models.push({
        line: JSON.stringify({ number, split: splitOf(behaviour), behaviour: behaviour.hash, grade, source, refused: why }),
        tensors: [],
      });
      this.refused++;
    }
  }

  /** The lines come last: a shard that has them is whole. */
  finish(): void {
    if (this.#models === null || this.#models.length === 0) return;
    const { weights, lines } = shardFiles(this.#models);
    const write = { directory: this.#session.io.directory, force: true };
    writeFile(join(this.#path, `${shardName(this.#number)}.safetensors`), weights, write);
    writeFile(join(this.#path, `${shardName(this.#number)}.jsonl`), lines, write);
    this.written++;
    this.#models = null;
  }
}

function shardName(number: number): string {
  return `shard-${String(number).padStart(5, '0')}`;
}

/** Says in the folder what it is of, or finds that it is of the same. */
function begin(
  { io }: Session,
  output: string,
  { count, seed, vocab, context, target, perShard }: Options & { readonly count: number },
): void {
  const said = jsonText({ schema: 1, raspc: VERSION, count, seed, vocabulary: vocab, context, target, perShard });
  const path = join(output, DATASET_FILE);
  const place = resolve(io.directory, path);
  if (!existsSync(place)) {
    writeFile(path, fileOfText(said), { directory: io.directory, force: false });
  } else if (readFileSync(place, 'utf8') !== said) {
    fail('R7761', { path: output, why: `its ${DATASET_FILE} says other options, or another version of raspc` });
  }
}

function lettersOption(flag: string, description: string): Option {
  return new Option(`${flag} <letters>`, description).argParser((value: string) => {
    if (!/^[a-z]{2,8}$/.test(value) || new Set(value).size !== value.length)
      fail('R8004', { option: flag, value, expected: 'two to eight different letters from a to z, such as `abc`' });
    return value;
  });
}

function partOption(flag: string, description: string): Option {
  return new Option(`${flag} <I/N>`, description).argParser((value: string): Part => {
    const [, number = '', of = ''] = /^(\d{1,6})\/(\d{1,6})$/.exec(value) ?? [];
    if (!(Number(number) >= 1 && Number(number) <= Number(of)))
      fail('R8004', { option: flag, value, expected: 'a part of all, such as `1/8`' });
    return { number: Number(number) - 1, of: Number(of) };
  });
}
