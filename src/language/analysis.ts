/** What is known of one version of a document: its syntax and names, what was seen of it while it was elaborated, and its diagnostics. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { SourceLoader } from '../graph/elaborate/elaborator.ts';
import { checkSource } from '../library/check-text.ts';
import { type SourceFile, type Span, sourceFile } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { parseSource } from '../syntax/parse.ts';
import { type NamedThing, namedThings } from '../syntax/symbols.ts';
import type { ObservedProgram } from '../warnings/observe-program.ts';

export interface Analysis {
  readonly file: SourceFile;
  /** Null where the text does not parse. */
  readonly module: ast.Module | null;
  readonly things: readonly NamedThing[];
  /** Null where the program has errors. */
  readonly observed: ObservedProgram | null;
  readonly diagnostics: readonly Diagnostic[];
  /** The same of the last version that parsed, for whoever is in the middle of a line; this one, where it parses. */
  readonly lastGood: Analysis | null;
  readonly loader: SourceLoader;
}

export function analyse(path: string, text: string, loader: SourceLoader, previous: Analysis | null): Analysis {
  const file = sourceFile(path, text);
  const { observed, diagnostics } = checkSource(file, { loader });
  // what elaborates has been parsed already
  const module = observed?.module ?? parseSource(file).ast;
  const things = observed?.things ?? (module === null ? [] : namedThings(module));
  const analysis = { file, module, things, observed, diagnostics, loader };
  const lastGood = module === null ? (previous?.lastGood ?? null) : null;
  const made: Analysis = { ...analysis, lastGood };
  return module === null ? made : { ...made, lastGood: made };
}

export interface LoadedFile {
  readonly path: string;
  readonly module: ast.Module;
}

/** The files that a module loads, and those that they load, as far as they can be found and parsed. */
export function loadedBy(module: ast.Module, loader: SourceLoader): LoadedFile[] {
  const found = new Map<string, LoadedFile>();
  const pending = [module];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    for (const statement of each.statements) {
      if (statement.kind !== 'load' || found.has(statement.path.value)) continue;
      const file = readable(loader, statement.path.value);
      const inner = file === null ? null : parseSource(file).ast;
      if (file === null || inner === null) continue;
      found.set(statement.path.value, { path: statement.path.value, module: inner });
      pending.push(inner);
    }
  }
  return [...found.values()];
}

/** A file that cannot be read is one that is not there. */
function readable(loader: SourceLoader, path: string): SourceFile | null {
  try {
    return loader(path);
  } catch {
    return null;
  }
}

/** The statement that defines a name at the top level of a file. */
export function definitionIn({ statements }: ast.Module, name: string): { readonly statement: ast.Statement; readonly at: Span } | null {
  for (const statement of statements) {
    const names = statement.kind === 'assignment' ? statement.targets : statement.kind === 'function' ? [statement.name] : [];
    const at = names.find((each) => each.name === name)?.span;
    if (at !== undefined) return { statement, at };
  }
  return null;
}
