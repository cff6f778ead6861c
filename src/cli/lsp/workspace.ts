/** The documents that an editor has open, each with the newest analysis of it, and where the files around them are. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { SourceLoader } from '../../graph/elaborate/elaborator.ts';
import { LIBRARY } from '../../graph/elaborate/library.ts';
import type { Surroundings } from '../../language/across-files.ts';
import { type Analysis, analyse } from '../../language/analysis.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import { parseSource } from '../../syntax/parse.ts';
import { namedThings } from '../../syntax/symbols.ts';
import { VERSION } from '../../version.ts';
import { loadablePaths, programsBelow } from '../files/loadable-paths.ts';
import { packagePath } from '../files/package-path.ts';
import { sourceLoader } from '../files/source-loader.ts';

const EXTENSION = '.rasp';
/** More programs than this are not looked through for a name. */
const MOST_PROGRAMS = 5000;

export class Workspace {
  readonly #analyses = new Map<string, { readonly version: number; readonly analysis: Analysis }>();
  readonly #open: (uri: string) => TextDocument | undefined;
  readonly #directory: string;
  #roots: readonly string[];

  /** @param open the document as the editor has it, where it has it open */
  constructor(open: (uri: string) => TextDocument | undefined, directory: string) {
    this.#open = open;
    this.#directory = directory;
    this.#roots = [directory];
  }

  /** The folders that the editor has open. */
  setRoots(uris: readonly string[]): void {
    const roots = uris.filter((uri) => uri.startsWith('file:')).map(pathOf);
    if (roots.length > 0) this.#roots = roots;
  }

  /** Of the newest text; null where the document is not open. */
  analysisOf(uri: string): Analysis | null {
    const document = this.#open(uri);
    if (document === undefined) return null;
    const known = this.#analyses.get(uri);
    if (known !== undefined && known.version === document.version) return known.analysis;
    const path = pathOf(uri);
    const analysis = analyse(path, document.getText(), this.#loader(path), known?.analysis ?? null);
    this.#analyses.set(uri, { version: document.version, analysis });
    return analysis;
  }

  /** A file changed that others load: what they say is asked for again. */
  forget(uri: string): void {
    this.#analyses.delete(uri);
  }

  forgetAll(): void {
    this.#analyses.clear();
  }

  /** Where a file of a diagnostic or a definition is; the built-in library is written out, for editors to show. */
  uriOf(file: SourceFile): string {
    if (file === LIBRARY) return pathToFileURL(libraryFile()).href;
    if (file.path.includes('://')) return file.path;
    const own = resolve(this.#directory, file.path);
    const shipped = packagePath('programs', file.path);
    const isShipped = !isAbsolute(file.path) && !existsSync(own) && existsSync(shipped);
    return pathToFileURL(isShipped ? shipped : own).href;
  }

  /** The names of the workspace around a document: programs below its roots, as the editor has them where it has them open. */
  around(uri: string): Surroundings {
    const idOf = (file: SourceFile) => this.uriOf(file);
    return {
      idOf,
      mayChange: (file) => {
        const id = idOf(file);
        return id === uri || this.#open(id) !== undefined || this.#programs().some((path) => pathToFileURL(path).href === id);
      },
      mentioning: (word) =>
        this.#programs().flatMap((path) => {
          const own = pathToFileURL(path).href;
          const text = own === uri ? null : (this.#open(own)?.getText() ?? readable(path));
          if (!text?.includes(word)) return [];
          const file = sourceFile(path, text);
          const module = parseSource(file).ast;
          return module === null ? [] : [{ file, module, things: namedThings(module), loader: this.#loader(path) }];
        }),
    };
  }

  /** Paths of the programs below the roots. */
  #programs(): string[] {
    return this.#roots.flatMap((root) => programsBelow(root, MOST_PROGRAMS));
  }

  /** What `load` finds from a document, without the ending. */
  loadable(uri: string): string[] {
    return loadablePaths(pathOf(uri), this.#directory).filter((path) => !path.endsWith('/'));
  }

  /** What is open is newer than what is on disk. */
  #loader(path: string): SourceLoader {
    const fromDisk = sourceLoader(path, this.#directory);
    const find = (name: string) => {
      for (const candidate of [resolve(this.#directory, name + EXTENSION), join(dirname(path), name + EXTENSION)]) {
        const open = this.#open(pathToFileURL(candidate).href);
        if (open !== undefined) return sourceFile(candidate, open.getText());
      }
      return fromDisk(name);
    };
    return Object.assign(find, { known: () => fromDisk.known?.() ?? [] });
  }
}

/** The path of a file; what an editor has not saved yet keeps its URI. */
function pathOf(uri: string): string {
  if (!uri.startsWith('file:')) return uri;
  try {
    return fileURLToPath(uri);
  } catch {
    return uri;
  }
}

/** A file that vanished, or may not be read, mentions nothing. */
function readable(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function libraryFile(): string {
  const folder = join(tmpdir(), `raspc-${VERSION}`);
  const path = join(folder, 'library.rasp');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, LIBRARY.text);
  return path;
}
