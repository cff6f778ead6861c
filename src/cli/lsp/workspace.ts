/** The documents that an editor has open, each with the newest analysis of it, and where the files around them are. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { SourceLoader } from '../../graph/elaborate/elaborator.ts';
import { LIBRARY } from '../../graph/elaborate/library.ts';
import { type Analysis, analyse } from '../../language/analysis.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import { VERSION } from '../../version.ts';
import { loadablePaths } from '../files/loadable-paths.ts';
import { packagePath } from '../files/package-path.ts';
import { sourceLoader } from '../files/source-loader.ts';

const EXTENSION = '.rasp';

export class Workspace {
  readonly #analyses = new Map<string, { readonly version: number; readonly analysis: Analysis }>();
  readonly #open: (uri: string) => TextDocument | undefined;
  readonly #directory: string;

  /** @param open the document as the editor has it, where it has it open */
  constructor(open: (uri: string) => TextDocument | undefined, directory: string) {
    this.#open = open;
    this.#directory = directory;
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

  /** What `load` finds from a document, without the ending. */
  loadable(uri: string): string[] {
    return loadablePaths(pathOf(uri), this.#directory).filter((path) => !path.endsWith('/'));
  }

  /** What is open is newer than what is on disk. */
  #loader(path: string): SourceLoader {
    const fromDisk = sourceLoader(path, this.#directory);
    return (name) => {
      for (const candidate of [resolve(this.#directory, name + EXTENSION), join(dirname(path), name + EXTENSION)]) {
        const open = this.#open(pathToFileURL(candidate).href);
        if (open !== undefined) return sourceFile(candidate, open.getText());
      }
      return fromDisk(name);
    };
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

function libraryFile(): string {
  const folder = join(tmpdir(), `raspc-${VERSION}`);
  const path = join(folder, 'library.rasp');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, LIBRARY.text);
  return path;
}
