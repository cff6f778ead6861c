/** Where an export goes, as a user asks: a feature in the stream, logits of the tokens that its values name, or both. */
import { fail } from '../../diagnostics/catalog.ts';
import type { Span } from '../../source/source-file.ts';
import { tidy } from '../draw/tidy.ts';
import type { SeedProgram } from './seed-program.ts';

export const EXPORT_PLACES = ['feature', 'logits', 'both'] as const;
export type ExportPlace = (typeof EXPORT_PLACES)[number];

export interface ExportRequest {
  /** Null: as is usual for its kind. */
  readonly place: ExportPlace | null;
  /** By how many nats it raises the tokens that it names, or lowers them; null: as much as costs no more than {@link MOST_LOST}. */
  readonly strength: number | null;
}

/** What a saying may cost where it is never right, in nats. */
export const MOST_LOST = 0.1;
/** Of its strength a saying moves its tokens by so much at least in the very model, or it is not seeded, and no longer works. */
export const LEAST_HEARD = 0.7;
/** Beyond, one more nat changes nothing: a token would have all of the probability. */
const STRONGEST = 18;

/** By how many nats `named` of `vocab` equally likely tokens can rise at once, so that all others lose {@link MOST_LOST}. */
export function usualStrength(vocab: number, named: number): number {
  return tidy(Math.min(STRONGEST, Math.log1p((vocab * Math.expm1(MOST_LOST)) / Math.max(1, named))));
}

/** Diagnostics: R7717 for a name that no program exports. */
export function assertExported(requests: ReadonlyMap<string, ExportRequest>, names: readonly string[]): void {
  for (const [name, { place }] of requests) {
    if (!names.includes(name))
      refuseExport(name, place, `no program exports it; there is ${names.map((each) => `\`${each}\``).join(', ')}`);
  }
}

export function refuseExport(name: string, place: ExportPlace | null, why: string, span: Span | null = null): never {
  return fail('R7717', { name, place: place ?? 'logits', why }, { span });
}

/** Of heads over any token: the nats of each export that asks for some. Diagnostics: R7717. */
export function headStrengths({ outputs }: SeedProgram, requests: ReadonlyMap<string, ExportRequest>): Map<string, number> {
  assertExported(
    requests,
    outputs.map(({ name }) => name),
  );
  const strengths = new Map<string, number>();
  for (const [name, { place, strength }] of requests) {
    const output = outputs.find((each) => each.name === name);
    const isToken = output?.kind === 'tokens';
    if (isToken && (place === 'feature' || place === 'both'))
      refuseExport(name, place, 'its values are all tokens there are, and a feature has a code for each value', output?.span);
    if (!isToken && (place === 'logits' || place === 'both' || strength !== null))
      refuseExport(name, place, 'it is a number, and names no token', output?.span);
    if (strength !== null) strengths.set(name, strength);
  }
  return strengths;
}
