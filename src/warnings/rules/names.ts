/** Names that nothing reads or that hide others, and programs without an export (W2001 to W2004). */
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic, Fix, TextEdit } from '../../diagnostics/diagnostic.ts';
import { reservedRole } from '../../graph/elaborate/names/reserved-names.ts';
import type { Span } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import type { NamedThing } from '../../syntax/symbols.ts';
import type { ObservedProgram } from '../observe-program.ts';

export function ofNames(observed: ObservedProgram): Diagnostic[] {
  const { things, module } = observed;
  // `out` is the value before it, whatever its name.
  const usesOut = things.some(({ name }) => name === 'out');
  return [...things.flatMap((thing) => hiding(thing) ?? unused(thing, module, usesOut) ?? []), ...withoutExport(observed)];
}

function unused(thing: NamedThing, module: ast.Module, usesOut: boolean): Diagnostic | null {
  const { name, kind, within, definitions, uses, statement } = thing;
  const [first] = definitions;
  if (uses.length > 0 || first === undefined || statement === null || kind === 'loop-variable' || kind === 'elsewhere') return null;
  const { span } = first;
  if (kind === 'parameter') {
    if (name.startsWith('_')) return null;
    const fixes = [renaming(thing, `_${name}`)];
    return diagnose('W2002', { name, of: within?.name.name ?? '' }, { span, fixes });
  }
  // Of `a, b = f();` one may be wanted.
  if (usesOut || (statement.kind === 'assignment' && statement.targets.length > 1)) return null;
  const isPrivate = name.startsWith('_');
  if (within === null ? !isPrivate && !exportsSomething(module) : isPrivate) return null;
  const isAlone = definitions.length === 1;
  const fixes = isAlone ? [{ title: `leave \`${name}\` out`, edits: [removal(statement)] }] : [];
  return diagnose('W2001', { name, kind, isLocal: within !== null }, { span, fixes });
}

function hiding(thing: NamedThing): Diagnostic | null {
  const { name, within, definitions } = thing;
  const [first] = definitions;
  if (within === null || first === undefined || reservedRole(name) !== 'library') return null;
  const other = `my_${name}`;
  return diagnose('W2003', { name, of: within.name.name, other }, { span: first.span, fixes: [renaming(thing, other)] });
}

function withoutExport({ module, program }: ObservedProgram): Diagnostic[] {
  const { statements } = module;
  const [first] = statements;
  if (program.exports.length > 0 || first === undefined) return [];
  const saysInputs = statements.some(({ kind }) => kind === 'vocab-directive' || kind === 'context-directive');
  const isLibrary = statements.some(({ kind }) => kind === 'function');
  const last = [...program.names].findLast(([name, node]) => !name.startsWith('_') && !SELECTORS.has(node.kind))?.[0] ?? null;
  if (!saysInputs && (isLibrary || last === null)) return [];
  const fixes = last === null ? [] : [{ title: `export \`${last}\``, edits: [atEnd(module, `@export ${last};\n`)] }];
  return [diagnose('W2004', { last }, { span: first.span, fixes })];
}

const SELECTORS: ReadonlySet<string> = new Set(['select', 'and', 'or', 'not', 'rightmost', 'leftmost']);

function exportsSomething({ statements }: ast.Module): boolean {
  return statements.some(({ kind }) => kind === 'export-directive' || kind === 'step-directive');
}

function renaming({ name, definitions, uses }: NamedThing, text: string): Fix {
  return { title: `call \`${name}\` \`${text}\``, edits: [...definitions, ...uses].map(({ span }) => ({ span, text })) };
}

/** The statement and, where it has lines of its own, those. */
function removal({ span }: ast.Statement): TextEdit {
  const { file, start, end } = span;
  const { text } = file;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', end);
  const isAlone = text.slice(lineStart, start).trim() === '' && text.slice(end, lineEnd < 0 ? text.length : lineEnd).trim() === '';
  const whole: Span = isAlone ? { file, start: lineStart, end: lineEnd < 0 ? text.length : lineEnd + 1 } : span;
  return { span: whole, text: '' };
}

function atEnd({ file }: ast.Module, text: string): TextEdit {
  const end = file.text.length;
  return { span: { file, start: end, end }, text: file.text.endsWith('\n') ? text : `\n${text}` };
}
