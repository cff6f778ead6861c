/**
 * The bounds of a seeded folder's features, established again: the circuit is lowered from the program's source, every stored entry is held
 * against it, and the bound follows anew. It shares the lowering with the seed, and believes of the map only where to look.
 */
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import type { Program } from '../../../graph/program.ts';
import { seedBounds } from '../../../seed/bound/seed-bound.ts';
import { strangeTensor } from '../../../seed/bound/stored-circuit.ts';
import type { Host } from '../../../seed/draw/seed-tensors.ts';
import { type AlphabetSource, vocabularyOf } from '../../../seed/host/alphabet-source.ts';
import { idsOf, placeSeed } from '../../../seed/host/compile-seed.ts';
import { movedBy, runHost } from '../../../seed/host/run-host.ts';
import { energyOf } from '../../../seed/host/seed-frame.ts';
import { writeCircuit } from '../../../seed/host/weights/write-circuit.ts';
import type { TakenRoom } from '../../../seed/program/circuit-room.ts';
import { randomInputs } from '../../../verify/inputs.ts';
import type { Session } from '../../session/session.ts';
import { textTable } from '../../terminal/text/text-table.ts';

export interface BoundStanding {
  readonly name: string;
  readonly claimed: number;
  /** What follows from the stored weights; null where nothing does. */
  readonly scale: number | null;
  readonly margin: number;
  /** By what factor the scale moved in the model, where it is read, on random inputs. */
  readonly moved: number;
  /** Why the claim does not hold; null where it does. */
  readonly why: string | null;
}

/** Entries may be a last bit of what is decided from what they should be. */
const TOLERANCE = { f32: 2 ** -12, f16: 2 ** -10, bf16: 2 ** -7 } as const;
/** Inputs of each program on which the scale is measured. */
const INPUTS = 8;

/** Of every feature for which the map claims a bound. @param map of the compiled circuits alone */
export function recheckBounds(map: SeedMap, programs: readonly Program[], host: Host, seed: number): BoundStanding[] {
  const claims = map.features.flatMap(({ name, bound }) => (bound == null ? [] : [{ name, claimed: bound.scale }]));
  const { scales } = map;
  if (claims.length === 0) return [];
  const none = (why: string) => claims.map((claim): BoundStanding => ({ ...claim, scale: null, margin: 0, moved: 1, why }));
  if (scales == null) return none('the map has no scales');
  const idOf = new Map(map.tokens.map(({ value, id }) => [value, id]));
  const sources = programs.map(
    (program): AlphabetSource => ({
      program,
      ids: vocabularyOf(program).map((value) => idOf.get(String(value)) ?? null),
    }),
  );
  const bos = map.bos?.id ?? null;
  const context = map.context - 1;
  const constant = map.variables.find(({ name }) => name === 'constant')?.amplitude ?? 0;
  const { parts, placed } = placeSeed(sources, host, { context, bos, ...besides(map) }, energyOf(constant, host.config));
  const strange = strangeTensor(host, writeCircuit(placed, scales), TOLERANCE[map.dtype]);
  if (strange !== null) return none(`\`${strange}\` does not hold what the program asks for`);
  const batch = sources.flatMap((source) => {
    const random = randomInputs(vocabularyOf(source.program).length, context, INPUTS * context, seed);
    return Array.from({ length: INPUTS }, (_, i) => idsOf(random.at(i * context), source, bos));
  });
  const moved = movedBy(runHost(host, [], placed.layers.length, batch).scales, scales);
  const bounds = seedBounds({ parts, placed, scales }, map.dtype);
  return claims.map(({ name, claimed }): BoundStanding => {
    const { scale = null, margin = 0 } = bounds.find((each) => each.name === name) ?? {};
    return {
      name,
      claimed,
      scale,
      margin,
      moved,
      why: scale === null || scale < claimed ? `only ${scale === null ? 'no bound' : `× ${scale}`} follows from the stored weights` : null,
    };
  });
}

/** What heads over any token have taken of the model, where there are any. */
function besides({ beside }: SeedMap): { readonly taken?: TakenRoom } {
  return beside == null ? {} : { taken: { end: beside.end, kvHead: beside.kvHead } };
}

export function printBounds(session: Session, standings: readonly BoundStanding[]): void {
  if (standings.length === 0) return;
  session.print('');
  session.print('  for every input, while nobody else writes into these dimensions: what follows from the stored weights');
  const rows = standings.map(({ name, scale, margin, moved, why }) => [
    name,
    scale === null ? 'no bound' : `× ${scale}`,
    margin.toFixed(2),
    why ?? (scale !== null && scale >= moved ? 'kept' : 'less than it moved'),
  ]);
  const header = ['feature', 'scale', 'margin', `it moved by × ${(standings[0]?.moved ?? 1).toFixed(3)}`];
  for (const line of textTable([header, ...rows])) session.print(`  ${line}`);
}
