/** Programs as the sources of circuits, and what a folder says of them. */
import { basename, isAbsolute } from 'node:path';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import { describeExports } from '../../graph/show/list-nodes.ts';
import type { SeedSource } from '../../seed/program/recognize.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { VERSION } from '../../version.ts';
import { classesRecord, tokenizedSources } from '../session/seed-classes.ts';
import type { Session } from '../session/session.ts';

export type About = Pick<SeedMap, 'raspc' | 'programs' | 'tokens'>;

export function aboutOf(sources: readonly SeedSource[]): About {
  return {
    raspc: VERSION,
    programs: sources.map(({ program }) => ({
      ...recordOf(program.source),
      meaning: describeExports(program.exports),
      classes: classesRecord(program),
    })),
    tokens: sources.flatMap(({ ids }) => [...ids].map(([value, id]) => ({ value, id }))),
  };
}

/** What of the options says how a program's tokens are those of a model. */
export interface ReadOptions {
  readonly token?: ReadonlyMap<string, number> | undefined;
  /** The command, for messages. */
  readonly command: string;
  readonly tokenizer: () => TextTokenizer | null;
}

/** One source, or one of each kind where exports ask for both. Diagnostics: R7709 for a program that is not causal, R7710 for tokens without an id, R8003 where a tokenizer is needed. */
export function sourcesOf(session: Session, file: string, program: Program, { token, command, tokenizer }: ReadOptions): SeedSource[] {
  if (program.causal?.value !== true) fail('R7709', { file }, { span: program.causal?.span });
  if (program.vocabulary?.kind === 'tokenizer') {
    const known = tokenizer() ?? fail('R8003', { what: '`--tokenizer`', command: `raspc ${command} ${file}` });
    return tokenizedSources(session, program, known);
  }
  const values = program.vocabulary?.kind === 'tokens' ? program.vocabulary.values.map(String) : [];
  const ids = new Map(values.map((value) => [value, token?.get(value) ?? null] as const));
  const unknown = [...ids].filter(([, id]) => id === null);
  if (unknown.length > 1) fail('R7710', { value: unknown[0]?.[0] as string, file });
  return [{ program, ids }];
}

/** The same program gives the same bytes wherever it lies, so an absolute path is not written down. */
function recordOf({ path, text }: { readonly path: string; readonly text: string }): SeedMap['programs'][number] {
  const file = isAbsolute(path) || path.startsWith('..') ? basename(path) : path;
  return { file, sha256: sha256HexOfText(text), source: text };
}

/** Spans in the words of the sources as they are written down. */
export function relocated(sources: readonly SeedSource[], facts: Omit<SeedMap, 'files'>): Omit<SeedMap, 'files'> {
  const names = sources.map(({ program }) => [program.source.path, recordOf(program.source).file] as const);
  const move = <Located extends { readonly span: string }>(located: Located): Located => {
    const found = names.find(([from]) => located.span.startsWith(`${from}:`));
    return found === undefined ? located : { ...located, span: found[1] + located.span.slice(found[0].length) };
  };
  return { ...facts, heads: facts.heads.map(move), circuits: facts.circuits.map(move) };
}
