/** One name in all files of a workspace: where a file's own names are read by those that load it, and how all of them are renamed together. */
import type { TextEdit } from '../diagnostics/diagnostic.ts';
import { reservedRole } from '../graph/elaborate/names/reserved-names.ts';
import type { SourceFile, Span } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { type NamedThing, namedThings, thingAt } from '../syntax/symbols.ts';
import { type Analysis, loadedBy } from './analysis.ts';
import { libraryModule } from './library-names.ts';
import { definedElsewhere } from './navigation.ts';

/** A file as far as its names are concerned. */
export type NamedFile = Pick<Analysis, 'file' | 'things' | 'loader'> & { readonly module: ast.Module };

export interface Surroundings {
  /** The other programs of the workspace in whose text a word occurs and which parse. */
  readonly mentioning: (word: string) => readonly NamedFile[];
  /** What a file is known by, whichever path it was loaded by. */
  readonly idOf: (file: SourceFile) => string;
  /** Whether a file is the workspace's, and not one that comes with raspc. */
  readonly mayChange: (file: SourceFile) => boolean;
}

/** Every place that names the same thing, in the document first. */
export function referencesTo(analysis: Analysis, offset: number, withDefinition: boolean, around: Surroundings): Span[] {
  const found = meaningAt(analysis, offset, around);
  if (found === null) return [];
  return found.places.flatMap(({ thing }) => [...(withDefinition ? thing.definitions : []), ...thing.uses].map(({ span }) => span));
}

/** Where the name at an offset stands, if it can be called something else, or why it cannot. */
export function renameable(
  analysis: Analysis,
  offset: number,
  around: Surroundings,
): { readonly span: Span } | { readonly reason: string } {
  const found = thingAt(analysis.things, offset);
  if (found === null || analysis.module === null) return { reason: 'there is no name here' };
  const { thing, at } = found;
  if (thing.kind !== 'elsewhere') return { span: at.span };
  const there = definedElsewhere(analysis.module, analysis.loader, thing.name);
  if (there === null || there.span.file === libraryModule().file) return { reason: `\`${thing.name}\` is not defined in this workspace` };
  return around.mayChange(there.span.file)
    ? { span: at.span }
    : { reason: `\`${thing.name}\` is not defined in this workspace, but in ${there.span.file.path}` };
}

const NAME = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

/** The edits that give it another name in every file that has it, or why that cannot be one. */
export function renaming(
  analysis: Analysis,
  offset: number,
  name: string,
  around: Surroundings,
): readonly TextEdit[] | { readonly reason: string } {
  const may = renameable(analysis, offset, around);
  if ('reason' in may) return may;
  const found = meaningAt(analysis, offset, around);
  if (found === null) return { reason: 'there is no name here' };
  if (!NAME.test(name)) return { reason: `\`${name}\` is no name: letters, digits and \`_\`, no digit first` };
  const role = reservedRole(name);
  if (role !== null && !(role === 'library' && found.isLocal)) return { reason: `\`${name}\` is built in` };
  for (const { file, thing } of found.places) {
    const where = file.file === analysis.file ? '' : ` in ${file.file.path}`;
    const clash = file.things.some(
      (other) =>
        other !== thing && other.name === name && (other.within === thing.within || other.within === null || thing.within === null),
    );
    // what is loaded is there under its names, too
    if (clash || (!found.isLocal && definedElsewhere(file.module, file.loader, name) !== null)) {
      return { reason: `\`${name}\` is the name of something else${where}` };
    }
    if (!around.mayChange(file.file)) return { reason: `${file.file.path} reads it, and is not of this workspace` };
  }
  return found.places.flatMap(({ thing }) => [...thing.definitions, ...thing.uses].map(({ span }) => ({ span, text: name })));
}

interface Place {
  readonly file: NamedFile;
  readonly thing: NamedThing;
}

interface Meaning {
  /** A parameter or a local name, which no other file has. */
  readonly isLocal: boolean;
  /** In each file that has it. */
  readonly places: readonly Place[];
}

function meaningAt(analysis: Analysis, offset: number, around: Surroundings): Meaning | null {
  const found = thingAt(analysis.things, offset);
  if (found === null || analysis.module === null) return null;
  const own: NamedFile = { ...analysis, module: analysis.module };
  const { thing } = found;
  const here = { file: own, thing };
  if (isLocal(thing)) return { isLocal: true, places: [here] };
  const definition = thing.kind === 'elsewhere' ? definedElsewhere(own.module, own.loader, thing.name) : null;
  // a name that nothing defines is one in each file
  if (thing.kind === 'elsewhere' && definition === null) return { isLocal: false, places: [here] };
  const home = around.idOf(definition?.span.file ?? analysis.file);
  const seen = new Set([around.idOf(analysis.file)]);
  const others: Place[] = [];
  for (const file of [...around.mentioning(thing.name), ...modulesLoaded(own)]) {
    const id = around.idOf(file.file);
    if (seen.has(id)) continue;
    const same = file.things.find((each) => each.name === thing.name && (id === home ? isShared(each) : each.kind === 'elsewhere'));
    if (same === undefined) continue;
    const there = id === home ? null : definedElsewhere(file.module, file.loader, thing.name);
    if (id !== home && (there === null || around.idOf(there.span.file) !== home)) continue;
    seen.add(id);
    others.push({ file, thing: same });
  }
  return { isLocal: false, places: [here, ...others] };
}

/** What the document loads, and the library: a name's home may be there, and outside of the workspace. */
function modulesLoaded({ module, loader }: NamedFile): NamedFile[] {
  const modules = [...loadedBy(module, loader).map((loaded) => loaded.module), libraryModule()];
  return modules.map((each) => ({ file: each.file, module: each, things: namedThings(each), loader }));
}

function isLocal(thing: NamedThing): boolean {
  return thing.kind !== 'elsewhere' && !isShared(thing);
}

/** Whether other files that load this one have the name: those of its statements, not the variables of a comprehension. */
function isShared({ within, statement, kind }: NamedThing): boolean {
  return within === null && kind !== 'elsewhere' && statement !== null;
}
