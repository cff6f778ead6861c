/** What training made of each circuit of a seeded model, at one checkpoint: whether it works, what it was lost by, and who uses it. */
import type { SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { type Subject, subjectOf } from './changed-checkpoint.ts';
import { compareEntries, compareHeads, type EntriesDrift, type HeadDrift, type Reader, readersOf } from './compare-weights.ts';
import { PARTS, type Part, type ProgrammedEntries } from './programmed-parts.ts';
import { type Cause, causesOf, ENOUGH, repaired } from './repairs.ts';
import { type CircuitRunner, type CircuitState, type CircuitsRun, type Loudness, lossesOf, withoutCircuits } from './run-circuits.ts';

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
  readonly original: OpenCheckpoint;
  readonly entries: readonly ProgrammedEntries[];
  readonly runner: CircuitRunner;
  /** Its run of the seeded model. */
  readonly base: CircuitsRun;
  /** Windows of the user's text, and which targets of each a circuit knows. */
  readonly text: readonly { readonly ids: Int32Array; readonly known: readonly boolean[] }[];
}

/** @param show is told what it does */
export function measureDrift(seeded: Seeded, checkpoint: OpenCheckpoint, show: (what: string) => void): Drift {
  const { map, entries, base, runner } = seeded;
  show('entries');
  const compared = compareEntries(checkpoint, entries);
  show('heads');
  const heads = compareHeads(map, seeded.original, checkpoint);
  const codes = compared.filter(({ cosine, part }) => cosine !== null && (part === 'codes' || part === 'scores' || part === 'values'));
  // a part that was destroyed says nothing of the others
  const isForeign = codes.length > 0 && codes.every(({ cosine }) => Math.abs(cosine as number) < NEVER);
  show('the circuits');
  const subject = subjectOf(checkpoint);
  const run = checkpoint === seeded.original ? base : runner.run(subject);
  const judged = run.circuits.map((state) => {
    const then = base.circuits.find(({ name }) => name === state.name) as CircuitState;
    const share = then.works === 0 ? 1 : state.works / then.works;
    const verdict: Verdict = isForeign ? 'never seeded' : share >= WORKS ? 'works' : share >= LOST ? 'weaker' : 'lost';
    return { ...state, verdict };
  });
  const ill = judged.filter(({ verdict }) => verdict === 'weaker' || verdict === 'lost');
  const present = PARTS.filter((part) => part === 'scale' || compared.some((each) => each.part === part && each.moved > 0));
  const causes = ill.length === 0 ? new Map<string, readonly Cause[]>() : causesOfAll(seeded, subject, { run, ill, present }, show);
  const circuits = judged.map((circuit): CircuitDrift => ({ ...circuit, causes: causes.get(circuit.name) ?? [] }));
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
    text: seeded.text.length === 0 ? null : useOfText(seeded, subject),
  };
}

interface Illness {
  readonly run: CircuitsRun;
  /** Circuits that do not work. */
  readonly ill: readonly CircuitState[];
  /** What of them differs. */
  readonly present: readonly Part[];
}

/** By circuit: what it was lost by. Each repair is run once for all circuits that do not work. */
function causesOfAll(
  seeded: Seeded,
  subject: Subject,
  { run, ill, present }: Illness,
  show: (what: string) => void,
): ReadonlyMap<string, readonly Cause[]> {
  const flags = new Set(seeded.map.variables.filter(({ encoding }) => encoding === 'flag').flatMap(({ dims }) => dims));
  const works = (parts: readonly Part[], wanted: ReadonlyMap<string, number>): ReadonlyMap<string, number> => {
    show(`${parts.join(', ')} put right`);
    return seeded.runner.works(repairedSubject(seeded, subject, parts, run, flags), wanted);
  };
  const inFull = new Map(ill.map(({ name }) => [name, Number.NEGATIVE_INFINITY]));
  const most = works(present, inFull);
  // what does less by itself is no cause, however much less
  const enough = new Map(ill.map(({ name, works: now }) => [name, now + ENOUGH * ((most.get(name) as number) - now)]));
  const alone = new Map(present.map((part) => [part, works([part], enough)]));
  let allBut: ReadonlyMap<Part, ReadonlyMap<string, number>> | null = null;
  const withoutOne = (): ReadonlyMap<Part, ReadonlyMap<string, number>> => {
    allBut ??= new Map(
      present.map((part) => [
        part,
        works(
          present.filter((each) => each !== part),
          inFull,
        ),
      ]),
    );
    return allBut;
  };
  const of = (name: string, found: ReadonlyMap<Part, ReadonlyMap<string, number>>): ReadonlyMap<Part, number> =>
    new Map([...found].map(([part, each]) => [part, each.get(name) as number]));
  return new Map(
    ill.map(({ name, works: now }) => {
      const own = of(name, alone);
      return [name, causesOf(now, Math.max(most.get(name) as number, ...own.values()), own, () => of(name, withoutOne()))];
    }),
  );
}

function repairedSubject(
  { entries, base, runner }: Seeded,
  subject: Subject,
  parts: readonly Part[],
  now: Loudness,
  flags: ReadonlySet<number>,
): Subject {
  const put = (loudness: Loudness): Subject => repaired(subject, entries, new Set(parts), loudness, base, flags);
  const first = put(now);
  if (!parts.includes('scale')) return first;
  // what is put right in one layer changes how loud the next one is, so the scale is measured again
  const last = Math.max(0, ...entries.filter(({ part }) => part === 'scale').map(({ layer }) => layer ?? 0));
  return put(runner.loudness(first, last));
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

function useOfText({ text, entries }: Seeded, subject: Subject): TextUse {
  const silent = withoutCircuits(subject, entries);
  const sums = { known: { targets: 0, loss: 0, without: 0 }, rest: { targets: 0, loss: 0, without: 0 } };
  for (const { ids, known } of text) {
    const losses = lossesOf(subject, ids);
    const without = lossesOf(silent, ids);
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
