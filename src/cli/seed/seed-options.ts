/** What `raspc seed` can be asked: its options, how they are written, and which go together. */
import { type Command, Option } from 'commander';
import { fail } from '../../diagnostics/catalog.ts';
import { EXPORT_PLACES, type ExportPlace, type ExportRequest, refuseExport } from '../../seed/program/export-request.ts';
import type { RequestedPlace } from '../../seed/program/place-heads.ts';
import { SEED_MODES, type SeedMode } from '../../seed/program/seed-plan.ts';
import { DTYPES, type Dtype } from '../../tensor/dtype.ts';
import { choiceOption, countOption } from '../session/command.ts';

/** The probability that right tokens are to have where nothing is said of it. */
export const USUAL_CONFIDENCE = 0.99;

/** What can be asked of circuits, wherever they are put. */
export interface CircuitOptions {
  readonly output?: string;
  readonly plan?: true;
  readonly seed: number;
  readonly mode: SeedMode;
  readonly context?: number;
  readonly margin?: number;
  readonly dims?: number;
  readonly confidence: number;
  readonly place?: ReadonlyMap<string, RequestedPlace>;
  /** An id, false for `--no-bos`, undefined where nothing was said. */
  readonly bos?: number | boolean;
  readonly token?: ReadonlyMap<string, number>;
  readonly into?: string;
  readonly tokenizer?: string;
  readonly text?: string;
  readonly export?: ReadonlyMap<string, ExportPlace>;
  /** By name, or of all exports under the empty name. */
  readonly strength?: ReadonlyMap<string, number>;
  readonly dtype?: Dtype;
  readonly force?: true;
}

export interface SeedCommandOptions extends CircuitOptions {
  readonly like?: string;
  readonly amplitude?: number;
  readonly block?: string;
  readonly apply?: string;
  readonly unseeded?: true;
  readonly dumpIr?: true;
}

/** Diagnostics: R8003 and R8005. */
export function checkOptions(files: readonly string[], options: SeedCommandOptions): void {
  const need = (what: string): never => fail('R8003', { what, command: 'raspc seed' });
  const clash = (first: string, second: string, why: string): never => fail('R8005', { first, second, why });
  if (options.apply !== undefined) {
    if (files.length > 0) clash('--apply', files[0] as string, 'a block holds circuits that are made already');
    if (options.into === undefined) need('`--into`');
    if (options.output === undefined) need('`--output`');
    return;
  }
  if (files.length === 0) need('a FILE');
  if (options.like === undefined && options.into === undefined) need('`--like` or `--into`');
  if (options.like !== undefined && options.into !== undefined) clash('--like', '--into', 'a model is made anew, or is there already');
  if (options.dtype !== undefined && options.into !== undefined) clash('--dtype', '--into', 'a model that is there has its own');
  if (options.unseeded && options.into !== undefined) clash('--unseeded', '--into', 'a model that is there is its own twin');
  if (options.output === undefined && options.block === undefined && !options.plan && !options.dumpIr)
    need('`--output`, `--block` or `--plan`');
}

export function configureSeed(command: Command): Command {
  const started = command
    .argument('[file...]', 'RASP programs, `-` for standard input')
    .option('--like <config>', 'config.json of the model to make, or its folder')
    .option('-o, --output <dir>', 'the folder to write')
    .option('--into <checkpoint>', 'write the circuits over a model that is there, all else as it was')
    .option('--block <file>', 'write the programmed entries alone, with their places')
    .option('--apply <block>', 'place such a block, with --into')
    .option('--tokenizer <path>', 'what `@vocab tokenizer` means and cuts a text, copied into a new folder: tokenizer.json, or its folder')
    .option('--text <file>', 'a text, or token ids, a window a line: how right the circuits are on it, and what they cost the model there')
    .option('--plan', 'show what would be written, and write nothing')
    .addOption(choiceOption('--dtype', 'how the weights of a new model are stored (default: f32)', DTYPES))
    .addOption(countOption('--seed', 'where the random weights start', 0).default(1))
    .addOption(choiceOption('--mode', 'whether the circuits are to train, or to hold', SEED_MODES).default('trainable'))
    .addOption(countOption('--context', 'tokens over which the circuits have to hold (default: all positions)', 2))
    .addOption(
      numberOption('--amplitude', 'size of a token code in the embedding, root mean square', (value) => value > 0, 'a positive number'),
    );
  return headOptions(started, 'probability that a right token is to have')
    .addOption(exportOption())
    .addOption(strengthOption())
    .option('--unseeded', 'write the same model without the circuits: the twin to compare with')
    .option('--dump-ir', 'print the circuit of programs over small alphabets')
    .option('--force', 'replace the folder if it exists');
}

/** How sure heads have to be, and where they and their tokens stand: what `seed` and `graft` ask alike, in the order of their help. */
export function headOptions(command: Command, confidence: string): Command {
  return command
    .addOption(numberOption('--margin', 'score of a match in nats', (value) => value > 0, 'a positive number'))
    .addOption(countOption('--dims', 'dimensions of the token code', 4))
    .addOption(
      numberOption('--confidence', confidence, (value) => value > 0 && value < 1, 'a number between 0 and 1').default(USUAL_CONFIDENCE),
    )
    .addOption(placeOption())
    .addOption(countOption('--bos', 'the token that every input starts with', 0))
    .option('--no-bos', 'inputs start with no token of their own')
    .addOption(tokenOption());
}

export function numberOption(flag: string, description: string, accepts: (value: number) => boolean, expected: string): Option {
  return new Option(`${flag} <x>`, description).argParser((text: string) => {
    const value = /^[\d.]+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!accepts(value)) fail('R8004', { option: flag, value: text, expected });
    return value;
  });
}

export function placeOption(): Option {
  const expected = '`NAME=LAYER.HEAD`, as `induction=1.5`';
  return new Option('--place <name=layer.head...>', 'where a head goes').argParser(
    (text: string, known?: ReadonlyMap<string, RequestedPlace>) => {
      const [, name = '', layer = 0, head = 0] =
        /^(.+)=(\d+)\.(\d+)$/.exec(text) ?? fail('R8004', { option: '--place', value: text, expected });
      return new Map([...(known ?? []), [name, { layer: Number(layer), head: Number(head) }]]);
    },
  );
}

export function tokenOption(): Option {
  const expected = '`VALUE=ID`, a value of the alphabet and the id of its token';
  return new Option('--token <value=id...>', 'which token a value of a small alphabet is').argParser(
    (text: string, known?: ReadonlyMap<string, number>) => {
      const [, value = '', id = 0] = /^(.+)=(\d+)$/s.exec(text) ?? fail('R8004', { option: '--token', value: text, expected });
      return new Map([...(known ?? []), [value, Number(id)]]);
    },
  );
}

export function exportOption(): Option {
  const expected = `\`NAME=PLACE\`, with ${EXPORT_PLACES.join(', ')}`;
  return new Option('--export <name=place...>', `where an export goes: ${EXPORT_PLACES.join(', ')}`).argParser(
    (text: string, known?: ReadonlyMap<string, ExportPlace>) => {
      const [, name = '', place] = /^(.+)=(\w+)$/s.exec(text) ?? [];
      const found = EXPORT_PLACES.find((each) => each === place) ?? fail('R8004', { option: '--export', value: text, expected });
      return new Map([...(known ?? []), [name, found]]);
    },
  );
}

export function strengthOption(): Option {
  const expected = '`NATS` or `NAME=NATS`, a number that is not 0, negative to lower logits';
  return new Option('--strength <nats...>', 'by how much logits rise that an export names (negative: fall), or NAME=NATS').argParser(
    (text: string, known?: ReadonlyMap<string, number>) => {
      const [, name = '', nats = ''] = /^(?:(.+)=)?(-?\d+(?:\.\d+)?)$/s.exec(text) ?? [];
      const value = nats === '' ? 0 : Number(nats);
      if (value === 0) fail('R8004', { option: '--strength', value: text, expected });
      return new Map([...(known ?? []), [name, value]]);
    },
  );
}

/**
 * Where each export goes, of those of which something is said.
 *
 * @param scoring exports that move logits anyway, which a strength without a name is of as well
 * Diagnostics: R7717 for a strength without logits.
 */
export function requestsOf(
  { export: places, strength }: Pick<SeedCommandOptions, 'export' | 'strength'>,
  scoring: readonly string[],
): Map<string, ExportRequest> {
  const names = new Set([...(places?.keys() ?? []), ...(strength?.keys() ?? []), ...(strength?.has('') ? scoring : [])]);
  names.delete('');
  return new Map(
    [...names].map((name): [string, ExportRequest] => {
      const place = places?.get(name) ?? null;
      if (place === 'feature' && strength?.has(name)) refuseExport(name, place, 'a feature has no strength');
      return [name, { place, strength: strength?.get(name) ?? strength?.get('') ?? null }];
    }),
  );
}
