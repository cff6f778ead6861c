/** What training made of each circuit of a seeded model, at one checkpoint: whether it works, what it was lost by, and who uses it. */
import type { SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import type { Program } from '../graph/program.ts';
import { compareEntries, compareHeads, type EntriesDrift, type HeadDrift, type Reader, readersOf } from './compare-weights.ts';
import { PARTS, type Part, type ProgrammedEntries } from './programmed-parts.ts';
import { type Cause, causesOf, type Loudness, repaired } from './repairs.ts';
import { type CircuitState, type CircuitsRun, lossesOf, lossesWithout, runCircuits } from './run-circuits.ts';

/** A circuit that does this part of what it did at step 0 works; below the second it is lost. */
export const WORKS = 0.7;
export const LOST = 0.3;
/** Programmed entries that point elsewhere than this from the seeded ones were never these. */
const NEVER = 0.2;

export type Verdict = 'works' | 'weaker' | 'lost' | 'never seeded';

export interface CircuitDrift extends CircuitState {
  readonly verdict: Verdict;
  readonly causes: readonly Cause[];
}

/** The loss on a text with and without the circuits, in nats: where a circuit has the right answer, and elsewhere. */
export interface TextUse {
  readonly targets: number;
  readonly known: { readonly targets: number; readonly loss: number | null; readonly without: number | null };
  readonly rest: { readonly targets: number; readonly loss: number | null; readonly without: number | null };
}

export interface Drift {
  readonly circuits: readonly CircuitDrift[];
  readonly heads: readonly HeadDrift[];
  readonly entries: readonly EntriesDrift[];
  /** Root mean square of the stream before each layer and after the last. */
  readonly stream: readonly number[];
  readonly readers: readonly Reader[];
  /** Heads without a program that attend as a programmed one should. */
  readonly others: CircuitsRun['others'];
  readonly text: TextUse | null;
}

/** The seeded model as it was written, and what of it is compared. */
export interface Seeded {
  readonly map: SeedMap;
  readonly programs: readonly Program[];
  readonly original: OpenCheckpoint;
  readonly entries: readonly ProgrammedEntries[];
  readonly ids: Int32Array;
  readonly base: CircuitsRun;
  /** Windows of the user's text, and which targets of each a circuit knows. */
  readonly text: readonly { readonly ids: Int32Array; readonly known: readonly boolean[] }[];
}

/** @param show is told what it does */
export function measureDrift(seeded: Seeded, checkpoint: OpenCheckpoint, show: (what: string) => void): Drift {
  const { map, programs, entries, ids, base } = seeded;
  show('entries');
  const compared = compareEntries(checkpoint, entries);
  const heads = compareHeads(map, seeded.original, checkpoint);
  const codes = compared.filter(({ cosine, part }) => cosine !== null && (part === 'codes' || part === 'scores' || part === 'values'));
  // a part that was destroyed says nothing of the others
  const isForeign = codes.length > 0 && codes.every(({ cosine }) => Math.abs(cosine as number) < NEVER);
  show('the circuits');
  const run = runCircuits(map, programs, checkpoint, entries, { ids, others: true });
  const flags = new Set(map.variables.filter(({ encoding }) => encoding === 'flag').flatMap(({ dims }) => dims));
  const runs = new Map<string, CircuitsRun>();
  const works = (name: string, parts: readonly Part[]): number => {
    const key = parts.join(' ');
    const found = runs.get(key) ?? repairedRun(seeded, checkpoint, parts, run, flags);
    runs.set(key, found);
    return found.circuits.find((each) => each.name === name)?.works ?? 0;
  };
  const present = PARTS.filter((part) => part === 'scale' || compared.some((each) => each.part === part && each.moved > 0));
  const circuits = run.circuits.map((state): CircuitDrift => {
    const then = base.circuits.find(({ name }) => name === state.name) as CircuitState;
    const share = then.works === 0 ? 1 : state.works / then.works;
    const verdict: Verdict = isForeign ? 'never seeded' : share >= WORKS ? 'works' : share >= LOST ? 'weaker' : 'lost';
    if (verdict === 'works' || verdict === 'never seeded') return { ...state, verdict, causes: [] };
    const alone = new Map(
      present.map((part) => {
        show(`${state.name} with its ${part} put right`);
        return [part, works(state.name, [part])] as const;
      }),
    );
    const most = works(state.name, present);
    const allBut = (): ReadonlyMap<Part, number> =>
      new Map(
        present.map((part) => [
          part,
          works(
            state.name,
            present.filter((each) => each !== part),
          ),
        ]),
      );
    return { ...state, verdict, causes: causesOf(state.works, Math.max(most, ...alone.values()), alone, allBut) };
  });
  show('readers');
  const readers = readersOf(map, checkpoint, writtenBy(map));
  show('the text');
  return {
    circuits,
    heads,
    entries: compared,
    stream: run.rms,
    readers,
    others: run.others.filter(({ attention }) => attention >= LOST),
    text: seeded.text.length === 0 ? null : useOfText(seeded, checkpoint),
  };
}

function repairedRun(
  { map, programs, entries, ids, base }: Seeded,
  checkpoint: OpenCheckpoint,
  parts: readonly Part[],
  now: Loudness,
  flags: ReadonlySet<number>,
): CircuitsRun {
  let run: CircuitsRun | null = null;
  let loudness = now;
  // what is put right in one layer changes how loud the next one is, so the scale is measured again
  const rounds = parts.includes('scale') ? 2 : 1;
  for (let round = 0; round < rounds; round++) {
    run = runCircuits(map, programs, repaired(checkpoint, entries, new Set(parts), loudness, base, flags), entries, { ids, others: false });
    loudness = run;
  }
  return run as CircuitsRun;
}

/** The dimensions that hold what circuits say, and after which layer. */
export function writtenBy(map: SeedMap): { dims: readonly number[]; after: number }[] {
  return map.circuits.map((circuit) => {
    const after = Math.max(...map.heads.filter(({ name }) => circuit.heads.includes(name)).map(({ layer }) => layer)) + 1;
    const held = map.variables.filter(({ written, dims }) => written === after - 1 && dims.every((dim) => circuit.dims.includes(dim)));
    const tokens = map.variables.filter(({ name }) => name === 'tokens');
    const own = held.length > 0 ? held : circuit.kind === 'tokens' ? tokens : [];
    return { dims: own.length > 0 ? own.flatMap(({ dims }) => dims) : circuit.dims.slice(-1), after };
  });
}

function useOfText({ text, entries }: Seeded, checkpoint: OpenCheckpoint): TextUse {
  const sums = { known: { targets: 0, loss: 0, without: 0 }, rest: { targets: 0, loss: 0, without: 0 } };
  for (const { ids, known } of text) {
    const losses = lossesOf(checkpoint, ids);
    const without = lossesWithout(checkpoint, entries, ids);
    losses.forEach((loss, i) => {
      const sum = known[i] ? sums.known : sums.rest;
      sum.targets++;
      sum.loss += loss;
      sum.without += without[i] as number;
    });
  }
  const mean = ({ targets, loss, without }: { targets: number; loss: number; without: number }) => ({
    targets,
    loss: targets === 0 ? null : loss / targets,
    without: targets === 0 ? null : without / targets,
  });
  return { targets: sums.known.targets + sums.rest.targets, known: mean(sums.known), rest: mean(sums.rest) };
}
