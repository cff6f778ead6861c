/** `raspc challenge new|check|reveal|score`: models to be understood, with sealed answers, and a league of those who try. */
import type { Command } from 'commander';
import { FORMS, type Form, questionOf, TIERS } from '../../../challenge/challenge.ts';
import { type League, leagueTable } from '../../../challenge/league.ts';
import { listShape, numberShape, objectShape, textShape } from '../../../checkpoint/json/json-shape.ts';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { findTarget, TARGETS } from '../../../targets/registry.ts';
import type { Target } from '../../../targets/target.ts';
import { checkAnswer, readAnswer, revealKey } from '../../challenge/check-answer.ts';
import { newChallenge } from '../../challenge/new-challenge.ts';
import { writeChallenge } from '../../challenge/write-challenge.ts';
import { openHost } from '../../disguise/open-host.ts';
import { writeFile } from '../../files/write-file.ts';
import { type CommandDefinition, choiceOption } from '../../session/command.ts';
import { loadFile } from '../../session/load-file.ts';
import type { Session } from '../../session/session.ts';
import { EXIT, type ExitCode } from '../../terminal/exit-codes.ts';

interface Options {
  readonly form: Form;
  readonly tier: (typeof TIERS)[number];
  readonly output?: string;
  readonly key?: string;
  readonly secret?: string;
  readonly about?: string;
  readonly value?: string;
  readonly decoy?: readonly string[];
  readonly host?: string;
  readonly target: string;
}

const DOINGS: Readonly<Record<string, (session: Session, args: readonly string[], options: Options) => Promise<ExitCode>>> = {
  new: make,
  check,
  reveal,
  score,
};

export const challenge: CommandDefinition<Options> = {
  example: 'raspc challenge new programs/hist.rasp --secret s3cret -o out/riddle --key out/riddle.key',
  configure: (command: Command) =>
    command
      .argument('<what>', 'new PROGRAM [BEFORE], check DIR ANSWER, reveal DIR KEY or score LEAGUE')
      .argument('<path...>', 'what that takes')
      .addOption(choiceOption('--form', 'of the question', FORMS).default('what'))
      .addOption(choiceOption('--tier', 'how well the model is hidden', TIERS).default('1'))
      .option('-o, --output <dir>', 'the folder to publish')
      .option('--key <file>', 'the file to keep')
      .option('--secret <text>', 'what the order of heads, neurons and dimensions is drawn from')
      .option('--about <name>', 'the output that is asked about (default: the last)')
      .option('--decoy <name...>', 'outputs that the model is to compute, and nothing to read')
      .option('--host <dir>', 'of tier 5, a trained model among whose weights the circuit is to stand')
      .option('--value <value>', 'of `--form trigger`, what it is to say')
      .addOption(
        choiceOption(
          '--target',
          'the model family',
          TARGETS.map(({ name }) => name),
        ).default('gpt2'),
      ),
  async run(session, [what = '', ...paths], options) {
    const doing = Object.hasOwn(DOINGS, what) ? DOINGS[what] : undefined;
    if (doing === undefined) return fail('R8004', { option: 'challenge', value: what, expected: '`new`, `check`, `reveal` or `score`' });
    return doing(session, paths, options);
  },
};

function needed(what: string): never {
  return fail('R8003', { what, command: 'raspc challenge' });
}

async function make(session: Session, [file = needed('a program'), other]: readonly string[], options: Options): Promise<ExitCode> {
  const { output = needed('`--output`'), key: keyFile = needed('`--key`'), secret = needed('`--secret`') } = options;
  if (options.form === 'trigger' && options.value === undefined) needed('`--value`');
  const { directory } = session.io;
  if (options.host !== undefined && options.tier !== '5')
    fail('R8004', { option: '--tier', value: options.tier, expected: '`5`, which is the tier of models in a host' });
  const program = await loadFile(file, session.io);
  const more = {
    before: other === undefined ? null : await loadFile(other, session.io),
    decoys: options.decoy ?? [],
    host: options.host === undefined ? null : openHost(options.host, directory),
  };
  const made = await newChallenge({
    ...more,
    ...{ program, form: options.form, tier: Number(options.tier), secret, target: findTarget(options.target) as Target },
    ...{ output: options.about ?? null, value: options.value ?? null, io: session.io },
  });
  writeFile(keyFile, fileOfText(made.key), { directory: session.io.directory, force: false });
  writeChallenge(output, made.files, session.io.directory);
  if (session.format === 'json')
    session.printJson({ form: options.form, tier: Number(options.tier), commitment: made.challenge.commitment });
  else {
    session.print(`wrote ${output}: ${questionOf(made.challenge)}`);
    session.print(`the answer is sealed in ${keyFile}, sha256 ${made.challenge.commitment}`);
  }
  return EXIT.done;
}

async function check(session: Session, [path = '', answer = needed('an answer')]: readonly string[]): Promise<ExitCode> {
  const { score: points, why } = await checkAnswer(path, answer, session.io);
  if (session.format === 'json') session.printJson({ score: points, why });
  else
    session.print(`${points === 1 ? session.theme.success('solved') : points > 0 ? 'solved in part' : 'not solved'} (${points}): ${why}`);
  return points === 1 ? EXIT.done : EXIT.failed;
}

async function reveal(session: Session, [path = '', key = needed('a key')]: readonly string[]): Promise<ExitCode> {
  const { matches, source } = await revealKey(path, key, session.io);
  if (session.format === 'json') session.printJson({ matches, ...(matches ? { source } : {}) });
  else session.print(matches ? `the key is the one that was sealed:\n\n${source.trimEnd()}` : 'the key is not the one that was sealed');
  return matches ? EXIT.done : EXIT.failed;
}

const leagueShape = objectShape<League>({
  teams: listShape(textShape),
  challenges: listShape(objectShape({ name: textShape, setter: textShape })),
  submissions: listShape(objectShape({ challenge: textShape, team: textShape, score: numberShape, time: numberShape })),
});

async function score(session: Session, [file = '']: readonly string[]): Promise<ExitCode> {
  const league = readAnswer(file, session.io.directory, leagueShape);
  const wrong = (why: string): never => fail('R7762', { file, why });
  const { teams, challenges, submissions } = league;
  if (teams.length < 3 || new Set(teams).size !== teams.length) wrong('a league has at least three teams, each once');
  const names = challenges.map(({ name }) => name);
  if (new Set(names).size !== names.length) wrong('a challenge is there twice');
  for (const { setter, name } of challenges) if (!teams.includes(setter)) wrong(`\`${setter}\`, who set \`${name}\`, is no team`);
  for (const { challenge: name, team, score: points } of submissions) {
    if (!names.includes(name)) wrong(`\`${name}\` is no challenge`);
    if (!teams.includes(team)) wrong(`\`${team}\` is no team`);
    if (![0, 0.5, 1].includes(points)) wrong(`${points} is no score: 0, 0.5 and 1 are`);
    if (challenges.some((each) => each.name === name && each.setter === team)) wrong(`\`${team}\` set \`${name}\` and cannot solve it`);
  }
  const table = leagueTable(league);
  if (session.format === 'json') session.printJson({ table: table.map((each) => ({ ...each })) });
  else for (const { team, points } of table) session.print(`${String(points).padStart(6)}  ${team}`);
  return EXIT.done;
}
