/** `raspc seed FILE... --like CONFIG -o DIR`: a randomly initialised model of a real architecture, with circuits in place. */
import { createHash } from 'node:crypto';
import { basename, isAbsolute } from 'node:path';
import { type Command, Option } from 'commander';
import type { SeedMap } from '../../checkpoint/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { INIT_RULES, type InitRules } from '../../seed/init-rules.ts';
import { packSeed } from '../../seed/pack-seed.ts';
import type { RequestedPlace } from '../../seed/place-heads.ts';
import { planSeed } from '../../seed/plan-seed.ts';
import { recognize, type SeedSource } from '../../seed/recognize.ts';
import type { SeedPlan } from '../../seed/seed-plan.ts';
import { drawnHost, type Host } from '../../seed/seed-tensors.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { type CommandDefinition, countOption } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { loadFile } from '../load-file.ts';
import { packageVersion } from '../package-version.ts';
import { readLike } from '../read-like.ts';
import { planJson, printPlan } from '../seed-report.ts';
import type { Session } from '../session.ts';
import { writeFolder } from '../write-folder.ts';

interface Options {
  readonly like?: string;
  readonly output?: string;
  readonly plan?: true;
  readonly seed: number;
  readonly context?: number;
  readonly amplitude?: number;
  readonly margin?: number;
  readonly dims?: number;
  readonly confidence: number;
  readonly place?: ReadonlyMap<string, RequestedPlace>;
  /** An id, false for `--no-bos`, undefined where nothing was said. */
  readonly bos?: number | boolean;
  readonly token?: ReadonlyMap<string, number>;
  readonly unseeded?: true;
  readonly force?: true;
}

export const seed: CommandDefinition<Options> = {
  example: 'raspc seed programs/seeds/induction.rasp --like configs/gpt2-small/config.json --plan',
  configure,
  async run(session, files, options) {
    if (options.like === undefined) return fail('R8003', { what: '`--like`', command: 'raspc seed' });
    if (options.output === undefined && !options.plan) return fail('R8003', { what: '`--output` or `--plan`', command: 'raspc seed' });
    const start = session.io.now();
    const sources = await Promise.all(files.map((file) => readProgram(session, file, options)));
    const like = readHost(options.like, session.io.directory);
    const host = drawnHost({ config: like.config, rules: like.rules, range: like.range, seed: options.seed });
    const full = planFor(sources, host, like, options);
    const plan = options.unseeded ? withoutCircuits(full) : full;
    if (!options.plan && options.output !== undefined) {
      const about: Pick<SeedMap, 'raspc' | 'programs' | 'tokens'> = {
        raspc: packageVersion(),
        programs: sources.map(({ program }) => recordOf(program.source)),
        tokens: sources.flatMap(({ ids }) => [...ids].map(([value, id]) => ({ value, id }))),
      };
      const packed = packSeed({ plan, host, seed: options.seed, config: like.text, about, tokenizer: [] });
      writeFolder(options.output, packed, { directory: session.io.directory, force: options.force === true });
    }
    const written = options.plan ? null : (options.output ?? null);
    if (session.format === 'json')
      session.printJson({ ...planJson(plan, options.seed, written), milliseconds: Math.round(session.io.now() - start) });
    else printPlan(session, plan, options.seed, written);
    return EXIT.done;
  },
};

function configure(command: Command): Command {
  return command
    .argument('<file...>', 'RASP programs, `-` for standard input')
    .option('--like <config>', 'config.json of the model to make, or its folder')
    .option('-o, --output <dir>', 'the folder to write')
    .option('--plan', 'show what would be written, and write nothing')
    .addOption(countOption('--seed', 'where the random weights start', 0).default(1))
    .addOption(countOption('--context', 'tokens over which the circuits have to hold (default: all positions)', 2))
    .addOption(
      numberOption('--amplitude', 'size of a token code in the embedding, root mean square', (value) => value > 0, 'a positive number'),
    )
    .addOption(numberOption('--margin', 'score of a match in nats', (value) => value > 0, 'a positive number'))
    .addOption(countOption('--dims', 'dimensions of the token code', 4))
    .addOption(
      numberOption(
        '--confidence',
        'probability that a right token is to have',
        (value) => value > 0 && value < 1,
        'a number between 0 and 1',
      ).default(0.99),
    )
    .addOption(placeOption())
    .addOption(countOption('--bos', 'the token that every input starts with', 0))
    .option('--no-bos', 'inputs start with no token of their own')
    .addOption(tokenOption())
    .option('--unseeded', 'write the same model without the circuits: the twin to compare with')
    .option('--force', 'replace the folder if it exists');
}

function numberOption(flag: string, description: string, accepts: (value: number) => boolean, expected: string): Option {
  return new Option(`${flag} <x>`, description).argParser((text: string) => {
    const value = /^[\d.]+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!accepts(value)) fail('R8004', { option: flag, value: text, expected });
    return value;
  });
}

function placeOption(): Option {
  const expected = '`NAME=LAYER.HEAD`, as `induction=1.5`';
  return new Option('--place <name=layer.head...>', 'where a head goes').argParser(
    (text: string, known?: ReadonlyMap<string, RequestedPlace>) => {
      const [, name = '', layer = 0, head = 0] =
        /^(.+)=(\d+)\.(\d+)$/.exec(text) ?? fail('R8004', { option: '--place', value: text, expected });
      return new Map([...(known ?? []), [name, { layer: Number(layer), head: Number(head) }]]);
    },
  );
}

function tokenOption(): Option {
  const expected = '`VALUE=ID`, a value of the alphabet and the id of its token';
  return new Option('--token <value=id...>', 'which token a value of a small alphabet is').argParser(
    (text: string, known?: ReadonlyMap<string, number>) => {
      const [, value = '', id = 0] = /^(.+)=(\d+)$/s.exec(text) ?? fail('R8004', { option: '--token', value: text, expected });
      return new Map([...(known ?? []), [value, Number(id)]]);
    },
  );
}

async function readProgram(session: Session, file: string, options: Options): Promise<SeedSource> {
  const program = await loadFile(file, session.io);
  if (program.causal?.value !== true) fail('R7709', { file }, { span: program.causal?.span });
  const values = program.vocabulary?.kind === 'tokens' ? program.vocabulary.values.map(String) : [];
  const ids = new Map(values.map((value) => [value, options.token?.get(value) ?? null] as const));
  const unknown = [...ids].filter(([, id]) => id === null);
  if (unknown.length > 1) fail('R7710', { value: unknown[0]?.[0] as string, file });
  return { program, ids };
}

/** The same program gives the same bytes wherever it lies, so an absolute path is not written down. */
function recordOf({ path, text }: { readonly path: string; readonly text: string }): SeedMap['programs'][number] {
  const file = isAbsolute(path) || path.startsWith('..') ? basename(path) : path;
  return { file, sha256: createHash('sha256').update(text).digest('hex'), source: text };
}

interface Like {
  readonly text: string;
  readonly config: ModelConfig;
  readonly rules: InitRules;
  readonly range: number;
  readonly bos: number | null;
}

/** A config.json, or the one of a folder. */
function readHost(path: string, directory: string): Like {
  const { text, config } = readLike(path, directory);
  const raw = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const rules = INIT_RULES[config.target.name];
  if (rules === undefined) return fail('R7707', { architecture: config.target.architecture, known: Object.keys(INIT_RULES) });
  const range = typeof raw.initializer_range === 'number' && raw.initializer_range > 0 ? raw.initializer_range : rules.range;
  const bos = typeof raw.bos_token_id === 'number' && raw.bos_token_id < config.sizes.vocab ? raw.bos_token_id : null;
  return { text, config, rules, range, bos };
}

/** The plan of a model in which nothing is programmed. */
function withoutCircuits(plan: SeedPlan): SeedPlan {
  return { ...plan, blocks: [], heads: [], outputs: [], slices: [] };
}

function planFor(sources: readonly SeedSource[], host: Host, like: Like, options: Options): SeedPlan {
  const { config, range } = like;
  // with a table of positions the first position is known without a token that marks it
  const usual = config.traits.positions.kind === 'learned' ? null : like.bos;
  const bos = typeof options.bos === 'number' ? options.bos : options.bos === false ? null : usual;
  if (bos !== null && bos >= config.sizes.vocab) fail('R7503', { id: bos, vocab: config.sizes.vocab });
  return planSeed(recognize(sources), host, {
    context: Math.min(options.context ?? config.sizes.positions, config.sizes.positions),
    range,
    amplitude: options.amplitude ?? null,
    margin: options.margin ?? null,
    dims: options.dims ?? null,
    confidence: options.confidence,
    places: options.place ?? new Map(),
    bos,
  });
}
