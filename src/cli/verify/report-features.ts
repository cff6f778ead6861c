/** What `raspc verify` says of the features of a seeded model: a fault for each that does not keep its promise. */
import type { SeedMap } from '../../checkpoint/map/seed-map.ts';
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { LEAST_RIGHT } from '../../seed/host/check-seed.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { MeasuredSeedFeature } from '../../verify/seeded/measure-features.ts';
import type { Session } from '../session/session.ts';
import { textTable } from '../terminal/text-table.ts';
import { type KeptShare, printAgain, sharesJson } from './seed-windows.ts';

/** Other inputs than those that were measured may be this much harder. */
const SLACK = 0.01;

export function reportFeatures(
  session: Session,
  path: string,
  map: SeedMap,
  measured: readonly MeasuredSeedFeature[],
  { isOriginal, shares, config }: { readonly isOriginal: boolean; readonly shares: readonly KeptShare[]; readonly config: ModelConfig },
): Diagnostic[] {
  const promiseOf = (name: string) => map.circuits.find((circuit) => circuit.name === name)?.promise ?? null;
  const features = measured.map(({ name, right, positions }) => ({
    name,
    positions,
    accuracy: right / Math.max(1, positions),
    promised: promiseOf(name)?.accuracy ?? null,
  }));
  // raspc seeds nothing that is right less often, whatever a map says
  const leastOf = (promised: number | null) => Math.max(promised ?? 0, LEAST_RIGHT) - SLACK;
  const broken = features.filter(({ accuracy, promised }) => !(accuracy >= leastOf(promised)));
  if (session.format === 'json') session.printJson({ asWritten: isOriginal, features, promises: sharesJson(shares) });
  else {
    session.print(`${session.theme.strong('measured')} ${path}: ${isOriginal ? 'as it was written' : 'its weights have changed since'}`);
    session.print('');
    const rows = features.map(({ name, positions, accuracy, promised }) => [
      name,
      String(positions),
      accuracy.toFixed(4),
      promised === null ? '' : promised.toFixed(4),
    ]);
    for (const line of textTable([['feature', 'positions', 'right', 'promised'], ...rows])) session.print(`  ${line}`);
    printAgain(session, map, shares, config);
  }
  return broken.map(({ name, accuracy, promised }) => diagnose('R7711', { name, accuracy, least: leastOf(promised) }));
}
