/** Programs of both kinds in one model, heads over any token and compiled circuits: what each is asked, and one map of them. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { TakenRoom } from '../../seed/program/circuit-room.ts';
import type { ExportRequest } from '../../seed/program/export-request.ts';
import type { SeedSource } from '../../seed/program/recognize.ts';

type Facts = Omit<SeedMap, 'files'>;

/** What is asked of these programs' exports. */
export function requestsFor(requests: ReadonlyMap<string, ExportRequest>, sources: readonly SeedSource[]): Map<string, ExportRequest> {
  const names = new Set(namesOf(sources));
  return new Map([...requests].filter(([name]) => names.has(name)));
}

export function namesOf(sources: readonly SeedSource[]): string[] {
  return sources.flatMap(({ program: { exports } }) => exports.map(({ name }) => name));
}

/** Diagnostics: R7703 for a name that programs of both kinds export. */
export function assertApart(some: readonly SeedSource[], others: readonly SeedSource[]): void {
  const known = new Set(namesOf(some));
  for (const { program } of others) for (const { name, span } of program.exports) if (known.has(name)) fail('R7703', { name }, { span });
}

/**
 * Circuits of both kinds in one map: none of them has dimensions, heads or neurons of another kind's.
 *
 * @param taken what heads over any token have taken, where compiled circuits lie over what a model has
 */
export function factsOfBoth(planned: Facts | null, made: Facts | null, taken: TakenRoom | null = null): Facts {
  if (planned === null || made === null) return (planned ?? made) as Facts;
  return {
    ...planned,
    variables: [...planned.variables, ...made.variables],
    heads: [...planned.heads, ...made.heads],
    circuits: [...planned.circuits, ...made.circuits],
    cleared: [...planned.cleared, ...made.cleared],
    features: [...planned.features, ...made.features],
    says: made.says ?? [],
    beside: taken === null || made.scales == null ? null : { ...taken, scales: made.scales },
  };
}
