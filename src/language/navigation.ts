/** Where a name is defined and read: in the document, in the files that it loads, in the library. */

import type { TextEdit } from '../diagnostics/diagnostic.ts';
import { reservedRole } from '../graph/elaborate/reserved-names.ts';
import type { Span } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { namedThings, thingAt } from '../syntax/symbols.ts';
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
  // The last file that is loaded wins.
  for (const each of [
    ...loadedBy(module, loader)
      .map((loaded) => loaded.module)
      .reverse(),
    libraryModule(),
  ]) {
    const there = definitionIn(each, thing.name);
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

/** Every place that names the same thing: in the document and, where it is a file's own name, in what it is loaded from. */
export function referencesTo(analysis: Analysis, offset: number, withDefinition: boolean): Span[] {
  const found = thingAt(analysis.things, offset);
  if (found === null) return [];
  const { thing } = found;
  const own = [...(withDefinition ? thing.definitions : []), ...thing.uses].map(({ span }) => span);
  if (thing.kind !== 'elsewhere' || analysis.module === null) return own;
  const definition = definitionOf(analysis, offset);
  if (definition === null) return own;
  const module = [libraryModule(), ...loadedBy(analysis.module, analysis.loader).map((each) => each.module)].find(
    ({ file }) => file === definition.span.file || file.path === definition.span.file.path,
  );
  const there = module === undefined ? undefined : namedThings(module).find(({ name, within }) => name === thing.name && within === null);
  return [
    ...own,
    ...(withDefinition ? (there?.definitions ?? []) : []).map(({ span }) => span),
    ...(there?.uses ?? []).map(({ span }) => span),
  ];
}

/** Whether the name at an offset is the document's own, and can be called something else: its place, or why not. */
export function renameable(analysis: Analysis, offset: number): { readonly span: Span } | { readonly reason: string } {
  const found = thingAt(analysis.things, offset);
  if (found === null) return { reason: 'there is no name here' };
  const { thing, at } = found;
  return thing.kind === 'elsewhere' ? { reason: `\`${thing.name}\` is not defined in this file` } : { span: at.span };
}

const NAME = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

/** The edits that give it another name, or why that cannot be one. */
export function renaming(analysis: Analysis, offset: number, name: string): readonly TextEdit[] | { readonly reason: string } {
  const may = renameable(analysis, offset);
  if ('reason' in may) return may;
  const found = thingAt(analysis.things, offset);
  const thing = found?.thing;
  if (thing === undefined) return { reason: 'there is no name here' };
  if (!NAME.test(name)) return { reason: `\`${name}\` is no name: letters, digits and \`_\`, no digit first` };
  const role = reservedRole(name);
  if (role !== null && !(role === 'library' && thing.within !== null)) return { reason: `\`${name}\` is built in` };
  const clash = analysis.things.find(
    (other) => other !== thing && other.name === name && (other.within === thing.within || other.within === null || thing.within === null),
  );
  if (clash !== undefined) return { reason: `\`${name}\` is the name of something else` };
  return [...thing.definitions, ...thing.uses].map(({ span }) => ({ span, text: name }));
}
