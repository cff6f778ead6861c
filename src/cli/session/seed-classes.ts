/** Programs over the tokens of a tokenizer as seeds: their classes, what a folder's map says of them, and whether the tokenizer is the model's. */
import { writeRuns } from '../../checkpoint/map/class-runs.ts';
import type { SeedClasses } from '../../checkpoint/map/seed/seed-map.ts';
import type { TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import type { SeedSource } from '../../seed/program/recognize.ts';
import { asksOnlyIdentity, assertClasses, partsByAsking, tokenClasses, withClasses } from '../../seed/program/token-classes.ts';
import { withFunctionsMoved } from '../../seed/program/whole-tokens.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { Session } from './session.ts';

/** Of so many rows of an embedding one may have no token: they fill it up to a round number. */
const FILLED = 16;

/** A source of each kind that the program's exports are of: heads over any token, classes by what tokens say. Diagnostics: R7732 to R7734. */
export function tokenizedSources(session: Session, program: Program, tokenizer: TextTokenizer): SeedSource[] {
  const parts = program.exports.length === 0 ? [program] : partsByAsking(program);
  return parts.map((part) => tokenizedSource(session, part, tokenizer));
}

function tokenizedSource(session: Session, asWritten: Program, { texts }: TextTokenizer): SeedSource {
  if (asksOnlyIdentity(asWritten)) {
    return { program: { ...asWritten, vocabulary: { kind: 'any', span: asWritten.vocabulary?.span ?? null } }, ids: new Map() };
  }
  const program = withFunctionsMoved(asWritten);
  session.report(assertClasses(program, texts));
  const classes = tokenClasses(program, texts);
  const idsOfText = new Map<string, number[]>();
  for (const [id, text] of texts.entries()) idsOfText.set(text, [...(idsOfText.get(text) ?? []), id]);
  const named = (value: Value): readonly number[] => idsOfText.get(String(value)) ?? [];
  const over = withClasses(program, classes);
  if (classes.ids !== null) {
    const { ids } = classes;
    return { program: over, ids: new Map(classes.values.map((value, v) => [value, ids[v] as number])), named };
  }
  const sizes = classes.values.map(() => 0);
  for (const own of classes.classOf) sizes[own] = (sizes[own] as number) + 1;
  const largest = sizes.indexOf(Math.max(...sizes));
  const ids = classes.values.map((value, c): [string, number | null] => [value, c === largest ? null : classes.classOf.indexOf(c)]);
  return { program: over, ids: new Map(ids), named };
}

export function isClassified({ vocabulary }: Program): boolean {
  return vocabulary?.kind === 'tokens' && vocabulary.classOf !== undefined;
}

export function classesRecord({ vocabulary }: Program): SeedClasses | null {
  if (vocabulary?.kind !== 'tokens' || vocabulary.classOf === undefined) return null;
  return { values: vocabulary.values.map(String), runs: writeRuns(vocabulary.classOf) };
}

/** Diagnostics: R7731. */
export function assertTokenizer(tokenizer: TextTokenizer | null, { sizes }: ModelConfig): void {
  const tokens = tokenizer?.texts.length ?? 0;
  const rows = sizes.vocab;
  if (tokens > rows || tokens < rows - rows / FILLED) fail('R7731', { tokens, rows });
}
