/** Where a name is defined: in the document, in the files that it loads, in the library. */
import type { Span } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { thingAt } from '../syntax/symbols.ts';
import { type Analysis, definitionIn, loadedBy } from './analysis.ts';
import { libraryModule } from './library-names.ts';

export interface Definition {
  readonly span: Span;
  readonly statement: ast.Statement;
}

/** The definition of the name at an offset, or the file behind `load` under it. */
export function definitionOf({ module, things, loader }: Analysis, offset: number): Definition | null {
  if (module === null) return null;
  const found = thingAt(things, offset);
  if (found === null) return loadedFileAt(module, offset, loader);
  const { thing } = found;
  const [own] = thing.definitions;
  if (own !== undefined) {
    const around = thing.statement ?? module.statements.find(({ span }) => span.start <= own.span.start && own.span.end <= span.end);
    return around === undefined ? null : { span: own.span, statement: around };
  }
  return definedElsewhere(module, loader, thing.name);
}

/** Where a name comes from that a file reads and does not define. */
export function definedElsewhere(module: ast.Module, loader: Analysis['loader'], name: string): Definition | null {
  // The last file that is loaded wins.
  for (const each of [
    ...loadedBy(module, loader)
      .map((loaded) => loaded.module)
      .reverse(),
    libraryModule(),
  ]) {
    const there = definitionIn(each, name);
    if (there !== null) return { span: there.at, statement: there.statement };
  }
  return null;
}

function loadedFileAt(module: ast.Module, offset: number, loader: Analysis['loader']): Definition | null {
  for (const statement of module.statements) {
    if (statement.kind !== 'load' || offset < statement.path.span.start || statement.path.span.end < offset) continue;
    const file = loader(statement.path.value);
    return file === null ? null : { span: { file, start: 0, end: 0 }, statement };
  }
  return null;
}
