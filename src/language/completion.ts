/** What can be written at a place: names, directives, paths of `load`, each with its signature and a line of meaning; and the call around it. */
import type { SourceFile } from '../source/source-file.ts';
import { type Analysis, loadedBy } from './analysis.ts';
import { commentAbove } from './comments.ts';
import { DIRECTIVES, type KnownName, knownNames, namesOf } from './library-names.ts';

export interface Completion {
  readonly label: string;
  readonly kind: 'function' | 'value' | 'keyword' | 'directive' | 'file' | 'parameter';
  readonly detail: string;
  readonly meaning: string;
  /** The characters before the place that it stands instead of. */
  readonly replaces: number;
}

const KEYWORDS = ['def', 'return', 'for', 'in', 'if', 'else', 'and', 'or', 'not', 'load', 'draw'] as const;

/** @param paths what `load` finds, as it is written there */
export function completionsAt(analysis: Analysis, offset: number, paths: () => readonly string[]): Completion[] {
  const { text } = analysis.file;
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  if (isInComment(line)) return [];
  const path = /\bload\s+"([^"]*)$/.exec(line)?.[1];
  if (path !== undefined) return paths().map((label) => ({ label, kind: 'file', detail: '', meaning: '', replaces: path.length }));
  if (isInString(line)) return [];
  const directive = /@\w*$/.exec(line)?.[0];
  if (directive !== undefined) return DIRECTIVES.map((each) => ({ ...completionOf(each), kind: 'directive', replaces: directive.length }));
  const word = /[a-zA-Z_]\w*$/.exec(line)?.[0] ?? '';
  const at = { replaces: word.length };
  const own = ownNames(analysis, offset - word.length);
  const after = /@(export|step|example)\s+\w*$/.test(line);
  if (after) return own.filter(({ kind }) => kind === 'value').map((each) => ({ ...each, ...at }));
  const keywords = KEYWORDS.map((label) => ({ label, kind: 'keyword' as const, detail: '', meaning: '' }));
  const all = [...own, ...[...knownNames().values()].map(completionOf), ...keywords].map((each) => ({ ...each, ...at }));
  return [...new Map(all.reverse().map((each) => [each.label, each])).values()].reverse();
}

/** The names of the document that can be seen at a place, and those of the files that it loads. */
function ownNames({ module, things, lastGood, loader }: Analysis, offset: number): Omit<Completion, 'replaces'>[] {
  const good = module === null ? lastGood : { module, things };
  if (!good || good.module === null) return [];
  const { file } = good.module;
  const seen = good.things.filter(({ kind, within }) => {
    if (kind === 'elsewhere' || kind === 'loop-variable') return false;
    return within === null || module === null || (within.span.start <= offset && offset <= within.span.end);
  });
  const own = seen.map(({ name, kind, statement }): Omit<Completion, 'replaces'> => {
    const isFunction = statement?.kind === 'function' && kind === 'function';
    const detail = isFunction ? `${name}(${statement.parameters.map((each) => each.name).join(', ')})` : kind;
    const meaning = statement === null || kind === 'parameter' ? '' : commentAbove(file, statement.span.start);
    return { label: name, kind: isFunction ? 'function' : kind === 'parameter' ? 'parameter' : 'value', detail, meaning };
  });
  return [...own, ...loadedBy(good.module, loader).flatMap((each) => namesOf(each.module).map(completionOf))];
}

function completionOf({ name, signature, meaning, kind }: KnownName): Omit<Completion, 'replaces'> {
  return { label: name, kind: kind === 'value' ? 'value' : 'function', detail: signature, meaning };
}

export interface CallHelp {
  readonly signature: string;
  readonly parameters: readonly string[];
  readonly meaning: string;
  /** Which of them is being written, from 0. */
  readonly active: number;
}

/** The call that a place stands in, by the words before it: what is being typed seldom parses. */
export function callAt(analysis: Analysis, offset: number): CallHelp | null {
  const call = openCall(analysis.file, offset);
  if (call === null) return null;
  const { name, argument } = call;
  const known = knownNames().get(name) ?? loadedName(analysis, name);
  const thing = (analysis.lastGood?.things ?? analysis.things).find((each) => each.name === name && each.kind === 'function');
  const definition = thing?.statement?.kind === 'function' ? thing.statement : null;
  if (definition !== null) {
    const parameters = definition.parameters.map((each) => each.name);
    const meaning = commentAbove(definition.span.file, definition.span.start);
    return { signature: `${name}(${parameters.join(', ')})`, parameters, meaning, active: argument };
  }
  if (known === undefined || known.parameters.length === 0) return null;
  return { signature: known.signature, parameters: known.parameters, meaning: known.meaning, active: argument };
}

function loadedName({ lastGood, module, loader }: Analysis, name: string): KnownName | undefined {
  const good = module ?? lastGood?.module ?? null;
  return good === null
    ? undefined
    : loadedBy(good, loader)
        .flatMap((each) => namesOf(each.module))
        .find((each) => each.name === name);
}

/** How far back an open bracket is looked for. */
const REACH = 4000;

function openCall({ text }: SourceFile, offset: number): { readonly name: string; readonly argument: number } | null {
  let depth = 0;
  let argument = 0;
  for (let at = offset - 1; at >= Math.max(0, offset - REACH); at--) {
    const character = text[at];
    if (character === ';') return null;
    if (character === ')' || character === ']' || character === '}') depth++;
    else if (character === '(' || character === '[' || character === '{') {
      if (depth > 0) depth--;
      else {
        const name = character === '(' ? /([a-zA-Z_]\w*)\s*$/.exec(text.slice(Math.max(0, at - 100), at))?.[1] : undefined;
        return name === undefined ? null : { name, argument };
      }
    } else if (character === ',' && depth === 0) argument++;
  }
  return null;
}

function isInString(line: string): boolean {
  return (line.split('"').length - 1) % 2 === 1;
}

function isInComment(line: string): boolean {
  const quoteless = line.replace(/"[^"]*"/g, '');
  return quoteless.includes('#') && !isInString(quoteless.slice(0, quoteless.indexOf('#')));
}
