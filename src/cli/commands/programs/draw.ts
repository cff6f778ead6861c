/** `raspc draw FILE|DIR --input INPUT`: what a program does on an input, or what a model did, as a picture. */
import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { nearest } from '../../../diagnostics/nearest.ts';
import { readModel } from '../../../draw/model/model-reading.ts';
import { runModel } from '../../../draw/model/model-run.ts';
import { modelScene, namesOf } from '../../../draw/model/model-scene.ts';
import { htmlFile, svgFile } from '../../../draw/picture/picture-files.tsx';
import { programScene } from '../../../draw/scene/program-scene.ts';
import type { Scene } from '../../../draw/scene/scene.ts';
import { drawText } from '../../../draw/text/draw-text.ts';
import type { ElaboratedProgram } from '../../../graph/elaborate/elaborate.ts';
import { isNode } from '../../../graph/elaborate/terms/term.ts';
import { assertAssumed } from '../../../graph/evaluate/assumptions.ts';
import { Evaluation } from '../../../graph/evaluate/evaluate.ts';
import type { GraphNode } from '../../../graph/graph.ts';
import type { Value } from '../../../graph/value.ts';
import { writeFile } from '../../files/write-file.ts';
import { sceneJson } from '../../report/scene-json.ts';
import { type CommandDefinition, countOption } from '../../session/command.ts';
import { limitsOf, loadFile } from '../../session/load-file.ts';
import { idsOfInput, withCompiled } from '../../session/open-compiled.ts';
import { addInputOption, type InputOptions, readInputs } from '../../session/read-inputs.ts';
import type { Session } from '../../session/session.ts';
import { drawTheme } from '../../terminal/draw-theme.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import { showInput } from '../../terminal/text/show-values.ts';

interface Options extends InputOptions {
  readonly output?: string;
  readonly only?: string;
  readonly layer?: number;
  readonly force?: true;
}

const FORMS: Readonly<Record<string, (scene: Scene) => string>> = { '.svg': svgFile, '.html': htmlFile };

/** Wider than this no text is drawn, however wide the terminal is. */
const WIDEST = 100;

export const draw: CommandDefinition<Options> = {
  example: 'raspc draw programs/hist.rasp --input hello',
  configure: (command) =>
    addInputOption(command.argument('<path>', 'a RASP program, or a folder that `raspc compile` wrote'))
      .option('-o, --output <file>', 'write a picture: FILE.svg or FILE.html')
      .option('--only <name>', 'only what this s-op or selector is made of')
      .addOption(countOption('--layer', 'only this layer, and nothing of it left out', 0))
      .option('--force', 'overwrite the file'),
  async run(session, [path = ''], options) {
    const form = formOf(options.output);
    const scenes = isFolder(path, session.io.directory)
      ? await modelScenes(session, path, options)
      : await programScenes(session, path, options);
    if (form !== null && scenes.length > 1) fail('R8003', { what: 'one `--input` with `--output`', command: 'raspc draw' });
    for (const scene of scenes) checkLayer(scene, options.layer);
    if (form === null) {
      if (session.format === 'json') session.printJson(scenes.map(sceneJson));
      else session.print(scenes.map((scene) => drawText(scene, drawing(session)).join('\n')).join('\n\n'));
      return EXIT.done;
    }
    const [scene] = scenes as [Scene];
    const file = options.output as string;
    writeFile(file, fileOfText(form(scene)), { directory: session.io.directory, force: options.force ?? false });
    if (session.format === 'json') session.printJson({ written: file });
    else session.print(`wrote ${file}`);
    return EXIT.done;
  },
};

function drawing({ io, theme }: Session) {
  const columns = Math.max(40, Math.min(WIDEST, io.stdout.isTerminal ? io.stdout.columns : WIDEST));
  return { columns, theme: drawTheme(theme) };
}

function formOf(output: string | undefined): ((scene: Scene) => string) | null {
  if (output === undefined) return null;
  return (
    FORMS[extname(output).toLowerCase()] ??
    fail('R8004', { option: '--output', value: output, expected: 'a file that ends in `.svg` or `.html`' })
  );
}

function isFolder(path: string, directory: string): boolean {
  return statSync(resolve(directory, path), { throwIfNoEntry: false })?.isDirectory() === true;
}

function checkLayer({ layers }: Scene, layer: number | undefined): void {
  if (layer !== undefined && layers.length === 0)
    fail('R8004', { option: '--layer', value: `${layer}`, expected: 'the number of a layer of the drawing' });
}

async function programScenes(session: Session, path: string, options: Options): Promise<Scene[]> {
  const program = await loadFile(path, session.io);
  const inputs = await readInputs(session.io, 'raspc draw', options, limitsOf(program));
  const roots = rootsOf(program, options.only, path);
  const causal = program.causal?.value ?? false;
  return inputs.map((input) => {
    assertAssumed(program, input);
    const title = titleOf(basename(path), input);
    return programScene({ title, roots, causal, layer: options.layer, evaluation: new Evaluation(input, { causal }) });
  });
}

function titleOf(name: string, input: readonly Value[]): string {
  return `${name} on ${showInput(input)}`;
}

function rootsOf(program: ElaboratedProgram, only: string | undefined, file: string): { name: string; node: GraphNode }[] {
  if (only === undefined) {
    if (program.exports.length === 0) fail('R8009', { file });
    return program.exports.map(({ name, node }) => ({ name, node }));
  }
  const term = program.names.get(only);
  const known = [...program.names].filter(([, value]) => isNode(value)).map(([name]) => name);
  return [{ name: only, node: term !== undefined && isNode(term) ? term : unknown(only, file, known) }];
}

function unknown(name: string, file: string, known: readonly string[]): never {
  return fail('R8012', { name, file, known, suggestion: nearest(name, known) });
}

function modelScenes(session: Session, path: string, options: Options): Promise<Scene[]> {
  return withCompiled(path, session.io.directory, async ({ map, model }) => {
    const reading = readModel(map);
    const limits = { vocabulary: map.vocabulary.map(({ value }) => value), context: map.context };
    const inputs = await readInputs(session.io, 'raspc draw', options, limits);
    const known = namesOf(reading);
    const { only, layer } = options;
    if (only !== undefined && !known.includes(only)) unknown(only, path, known);
    return inputs.map((input) => {
      const run = runModel(model, idsOfInput(map, input));
      return modelScene({ title: titleOf(basename(resolve(session.io.directory, path)), input), reading, run, input, only, layer });
    });
  });
}
