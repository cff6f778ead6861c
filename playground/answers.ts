/** What is asked of the playground's worker, answered by the library: plain functions, without the worker. */
import { gzipSync } from 'fflate';
import { CONFIG_FILE } from '../src/checkpoint/config/config-value.ts';
import { MAP_FILE } from '../src/checkpoint/map/circuit-map.ts';
import { sourceWords } from '../src/cli/report/source-words.ts';
import { type Diagnostic, DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import { readModel } from '../src/draw/model/model-reading.ts';
import { programScene } from '../src/draw/scene/program-scene.ts';
import type { Scene } from '../src/draw/scene/scene.ts';
import { assertAssumed } from '../src/graph/evaluate/assumptions.ts';
import { Evaluation } from '../src/graph/evaluate/evaluate.ts';
import type { Value } from '../src/graph/value.ts';
import { type Analysis, analyse } from '../src/language/analysis.ts';
import { type Completion, completionsAt } from '../src/language/completion.ts';
import { hoverAt } from '../src/language/hover.ts';
import { compileToFiles } from '../src/library/compile-to-files.ts';
import { openCompiled } from '../src/library/compiled-folder.ts';
import { loadText } from '../src/library/load-text.ts';
import { type InputLimits, parseInput } from '../src/library/parse-input.ts';
import { observe } from '../src/page/data/observation.ts';
import { type ModelPageData, modelTitle, pageModel } from '../src/page/data/page-data.ts';
import { pageFile } from '../src/page/data/page-file.ts';
import { type SourceFile, sourceFile } from '../src/source/source-file.ts';
import { VERSION } from '../src/version.ts';
import type { Compiled, Equipment, Problem, Questions, QuickFix, Said } from './protocol.ts';

const FILE = 'program.rasp';

/** As packed text: what a page of `raspc show` carries at most. */
const MOST_PACKED = 12e6;

export class Desk {
  readonly #equipment: Equipment;
  /** Of the text that was last looked at. */
  #analysis: Analysis | null = null;

  constructor(equipment: Equipment) {
    this.#equipment = equipment;
  }

  readonly #load = (path: string): string | null => this.#equipment.library[path] ?? null;

  readonly #loader = (path: string): SourceFile | null => {
    const text = this.#load(path);
    return text === null ? null : sourceFile(`${path}.rasp`, text);
  };

  #analyse(text: string): Analysis {
    if (this.#analysis?.file.text !== text) this.#analysis = analyse(FILE, text, this.#loader, this.#analysis);
    return this.#analysis;
  }

  check({ text }: Questions['check']): Problem[] {
    const { diagnostics, file } = this.#analyse(text);
    return diagnostics.map((each) => problemOf(each, file));
  }

  complete({ text, offset }: Questions['complete']): Completion[] {
    return completionsAt(this.#analyse(text), offset, () => Object.keys(this.#equipment.library));
  }

  hover({ text, offset }: Questions['hover']): Said | null {
    const found = hoverAt(this.#analyse(text), offset);
    return found === null ? null : { from: found.span.start, to: found.span.end, text: found.text };
  }

  draw({ text, input }: Questions['draw']): Scene | null {
    const program = loadText(text, { name: FILE, load: this.#load });
    if (program.exports.length === 0) return null;
    const { vocabulary, context } = program;
    const limits = { vocabulary: vocabulary?.kind === 'tokens' ? vocabulary.values : null, context: context?.length ?? null };
    const tokens = parseInput(input, limits);
    assertAssumed(program, tokens);
    const causal = program.causal?.value ?? false;
    const roots = program.exports.map(({ name, node }) => ({ name, node }));
    return programScene({ title: `On ${input}`, roots, causal, evaluation: new Evaluation(tokens, { causal }) });
  }

  /** @param onStage is told what is about to be done */
  compile({ text, name, target, input }: Questions['compile'], onStage: (what: string) => void): Compiled {
    const { files, folder, map, size } = compileToFiles(text, { name: `${name}.rasp`, load: this.#load, target, onStage });
    onStage('drawing the page of the model');
    const { model, checkpoint } = openCompiled(folder);
    const reading = readModel(map);
    const limits = { vocabulary: map.vocabulary.map(({ value }) => value), context: map.context };
    const shown = inputFor(input, limits);
    const packed = packedFiles(files, checkpoint.store.files);
    const facts = pageModel(name, reading, checkpoint.config, sourceWords(map.program));
    const data: ModelPageData = {
      kind: 'model',
      raspc: VERSION,
      title: modelTitle(facts),
      drift: null,
      match: null,
      model: facts,
      files: packed,
      withoutFiles: packed === null ? 'The model is more than a page carries: inputs cannot be changed; what is shown was recorded.' : null,
      recorded: [observe(reading, model, shown.text, shown.tokens).observation],
    };
    return { files, page: pageFile({ ...this.#equipment.page, data }), layers: size.layers, parameters: size.parameters };
  }
}

function problemOf({ code, severity, message, primary, notes, help, fixes = [] }: Diagnostic, file: SourceFile): Problem {
  const isHere = primary !== null && primary.span.file.path === file.path;
  const place = isHere ? ([primary.span.start, primary.span.end] as const) : null;
  const said = primary === null || primary.text === '' ? [] : [primary.text];
  // what would change the library is no fix of this text
  const own = fixes.filter(({ edits }) => edits.every(({ span }) => span.file.path === file.path));
  const quick = own.map(({ title, edits }): QuickFix => {
    return { title, edits: edits.map(({ span, text }) => ({ from: span.start, to: span.end, insert: text })) };
  });
  return { code, severity, message, more: [...said, ...notes, ...help], place, fixes: quick };
}

/** The input that was typed; where the model does not take it, one of the first tokens of the vocabulary. */
function inputFor(
  text: string,
  limits: InputLimits & { readonly vocabulary: readonly Value[] },
): { text: string; tokens: readonly Value[] } {
  try {
    return { text, tokens: parseInput(text, limits) };
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    const tokens = limits.vocabulary.slice(0, 1);
    return { text: JSON.stringify(tokens.map((each) => (typeof each === 'bigint' ? Number(each) : each))), tokens };
  }
}

/** Each gzipped and then base64, as a page carries them; null where they are too much. */
function packedFiles(files: ReadonlyMap<string, Uint8Array>, weights: readonly string[]): Record<string, string> | null {
  const packed: Record<string, string> = {};
  let length = 0;
  for (const name of [CONFIG_FILE, MAP_FILE, ...weights]) {
    const bytes = files.get(name);
    if (bytes === undefined) continue;
    const text = base64(gzipSync(bytes, { level: 9, mtime: 0 }));
    length += text.length;
    if (length > MOST_PACKED) return null;
    packed[name] = text;
  }
  return packed;
}

/** Bytes that are made to text at once: a call takes only so many arguments. */
const PIECE = 0x8000;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}
