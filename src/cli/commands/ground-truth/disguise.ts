/** `raspc disguise DIR`: the same function on every input, in weights that look like a model's, and the key that undoes it. */
import type { Command } from 'commander';
import { CONFIG_FILE } from '../../../checkpoint/config/config-value.ts';
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import { fileOfText, writeSafetensors } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { undoTensors } from '../../../disguise/key.ts';
import { allowedSteps, HOSTED_STEPS, STEPS, type Step } from '../../../disguise/recipe.ts';
import { type ChosenDisguise, chooseDisguise, type Wanted } from '../../disguise/choose-disguise.ts';
import { compiledForHost, type PlainFolder } from '../../disguise/compile-for-host.ts';
import { keyOf } from '../../disguise/make-disguise.ts';
import { openHost } from '../../disguise/open-host.ts';
import { readPlain } from '../../disguise/plain-model.ts';
import { openFolder } from '../../files/model-folder.ts';
import { readText } from '../../files/read-source.ts';
import { writeFile } from '../../files/write-file.ts';
import { writeFolder } from '../../files/write-folder.ts';
import { proofJson, proofText } from '../../report/proof-report.ts';
import { type CommandDefinition, countOption } from '../../session/command.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import type { Io } from '../../terminal/io.ts';

interface Options {
  readonly output?: string;
  readonly key?: string;
  readonly undo?: string;
  readonly host?: string;
  readonly seed?: string;
  readonly only?: readonly string[];
  readonly without?: readonly string[];
  readonly width?: number;
  readonly parts: number;
  readonly layers: number;
  readonly all?: true;
  readonly force?: true;
}

export const disguise: CommandDefinition<Options> = {
  example: 'raspc disguise out/hist --seed "a secret" -o out/hidden --key out/hidden.key',
  configure,
  async run(session, [path = ''], options) {
    const needed = (what: string): never => fail('R8003', { what, command: 'raspc disguise' });
    const { output = needed('`--output`'), key: keyFile = needed('`--key`'), seed = needed('`--seed`') } = options;
    const { directory } = session.io;
    const folder = openFolder(path, directory);
    try {
      const given = {
        plain: readPlain(folder),
        texts: { config: readText(`${path}/${CONFIG_FILE}`, directory), map: readText(`${path}/${MAP_FILE}`, directory) },
      };
      const host = options.host === undefined ? null : openHost(options.host, directory);
      const wanted = stepsOf(options).filter((step) => host === null || HOSTED_STEPS.includes(step));
      const allowed = allowedSteps(given.plain.config.traits);
      const steps = wanted.filter((step) => allowed.includes(step));
      const sizes = { times: options.parts, width: options.width ?? 0, idleLayers: options.layers };
      const how = { seed, ...sizes, steps, host, wantsProof: true, mayLeaveOut: options.only === undefined && !options.all };
      const { plain, texts, chosen } = await chooseFor(given, how, session.io);
      const { made, recipe, proof } = chosen;
      writeFolder(output, made.files, { directory, force: options.force === true });
      writeFile(keyFile, fileOfText(keyOf(plain, texts, recipe, made)), { directory, force: options.force === true });
      if (options.undo !== undefined) {
        const undo = writeSafetensors(undoTensors(made.disguised.undo), {});
        writeFile(options.undo, undo, { directory, force: options.force === true });
      }
      const left = wanted.filter((step) => !recipe.steps.includes(step));
      if (session.format === 'json') {
        const measured = recipe.host === null ? { amplitude: recipe.amplitude } : { loudness: recipe.host.loudness };
        session.printJson({ steps: [...recipe.steps], left: [...left], ...measured, proof: proofJson(proof) });
      } else {
        const { width, layers, heads, hidden } = made.disguised.config.sizes;
        session.print(`wrote ${output}: ${recipe.steps.join(', ')}`);
        session.print(`  ${layers} layers, ${heads} heads, width ${width}, hidden ${hidden}; the key is ${keyFile}`);
        if (recipe.host !== null)
          session.print(`  among the weights of ${options.host}, which writes ${recipe.host.loudness} of what it wrote`);
        const refused = left.filter((step) => !allowed.includes(step));
        const unproven = left.filter((step) => allowed.includes(step));
        if (refused.length > 0) session.print(`  left out, since the family does not allow them: ${refused.join(', ')}`);
        if (unproven.length > 0) session.print(`  left out, since what is left then can be proven: ${unproven.join(', ')}`);
        session.print(proof.kind === 'checked' && proof.holds ? `  proven through the key: ${proofText(proof)}` : `  ${proofText(proof)}`);
      }
      return EXIT.done;
    } finally {
      folder.close();
    }
  },
};

/** In a host the program is compiled anew where that fits and works, and stands there as it was given where not. */
async function chooseFor(given: PlainFolder, wanted: Wanted, io: Io): Promise<PlainFolder & { readonly chosen: ChosenDisguise }> {
  const anew = wanted.host === null ? null : compiledForHost(given.plain, wanted.host, io);
  if (anew !== null)
    try {
      return { ...anew, chosen: await chooseDisguise(anew.plain, wanted, io) };
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
    }
  return { ...given, chosen: await chooseDisguise(given.plain, wanted, io) };
}

function stepsOf({ only, without }: Options): readonly Step[] {
  for (const [option, names] of [
    ['--only', only],
    ['--without', without],
  ] as const)
    for (const name of names ?? [])
      if (!STEPS.some((step) => step === name))
        fail('R8004', { option, value: name, expected: STEPS.map((step) => `\`${step}\``).join(', ') });
  return STEPS.filter((step) => (only === undefined || only.includes(step)) && !without?.includes(step));
}

function configure(command: Command): Command {
  return command
    .argument('<dir>', 'a folder that `raspc compile` wrote')
    .option('-o, --output <dir>', 'the folder to write')
    .option('--key <file>', 'the file to keep: the plain model, and what undoes the disguise')
    .option('--seed <text>', 'what everything is drawn from: the same seed gives the same bytes')
    .option('--only <step...>', `the steps to take: ${STEPS.join(', ')} (default: all of which the result can be proven)`)
    .option('--all', 'take every step, even where the checker cannot follow the result')
    .option('--without <step...>', 'steps to leave out')
    .addOption(countOption('--parts', 'how many times as many heads, neurons and dimensions', 1).default(2))
    .addOption(countOption('--width', 'at least so many dimensions of the stream', 1))
    .addOption(countOption('--layers', 'how many layers that do nothing come between', 0).default(1))
    .option('--host <dir>', 'a trained model of the same family, among whose weights the circuit is to stand')
    .option('--undo <file>', 'what the stream and the heads were turned by, as safetensors, for readers without raspc')
    .option('--force', 'replace the folder and the key if they exist');
}
