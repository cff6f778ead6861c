/** Measures the seeded model, and after it each checkpoint: one is open at a time. */
import { basename, dirname } from 'node:path';
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../checkpoint/map/seed/seed-map-schema.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { subjectOf } from '../../drift/changed-checkpoint.ts';
import { type Drift, measureDrift, type Seeded } from '../../drift/measure-drift.ts';
import { programmedEntries } from '../../drift/programmed-parts.ts';
import { CircuitRunner } from '../../drift/run-circuits.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { Aggregate } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { OPEN_TOKENS, rightTokens, tokenValues } from '../../verify/seeded/right-tokens.ts';
import { openFolder } from '../files/model-folder.ts';
import type { Session } from '../session/session.ts';
import { readWindows, type TextSource } from '../texts/read-windows.ts';
import { programsOf } from '../verify/programs-of.ts';
import { repeatedInput } from '../verify/seeded/verify-seeded.ts';
import type { FoundCheckpoint } from './find-checkpoints.ts';

export interface History {
  readonly map: SeedMap;
  readonly tokens: number;
  /** The seeded model first, as step 0. */
  readonly points: readonly (FoundCheckpoint & { readonly drift: Drift })[];
}

export interface DriftOptions {
  readonly text?: string;
  readonly tokenizer?: string;
  readonly seed: number;
  readonly positions: number;
}

/** Windows of a text that are run, and the positions of each. */
const WINDOWS = 16;

export function measureCheckpoints(
  session: Session,
  mapPath: string,
  checkpoints: readonly FoundCheckpoint[],
  options: DriftOptions,
): History {
  const { directory } = session.io;
  const isMap = mapPath.endsWith('.json');
  const seededPath = isMap ? dirname(mapPath) : mapPath;
  const folder = openFolder(seededPath, directory);
  const progress = session.progress('comparing');
  let done = 0;
  const show = (): void => progress.update(++done, null);
  try {
    const file = isMap ? basename(mapPath) : MAP_FILE;
    const map = readSeedMap({ ...folder, open: (name) => folder.open(name === MAP_FILE ? file : name) });
    if (map === null)
      return fail('R7403', { file: mapPath, why: 'it is of a compiled model, and none that was seeded has no circuits to follow' });
    const original = openCheckpoint(folder);
    const programs = programsOf(map, session);
    const text =
      options.text === undefined
        ? []
        : knownWindows(
            session,
            { path: options.text, tokenizer: options.tokenizer, folders: [seededPath, ...checkpoints.map(({ path }) => path)] },
            map,
            programs,
            original.config,
            options.positions,
          );
    const isOpen = programs.some(({ vocabulary }) => vocabulary === OPEN_TOKENS);
    const { ids } = repeatedInput({ ...map, context: Math.min(map.context, options.positions) }, original.config, isOpen, options.seed);
    const entries = programmedEntries(map, original);
    const runner = new CircuitRunner({ map, programs, entries, ids }, original.config.sizes);
    const seeded: Seeded = { map, original, entries, runner, base: runner.run(subjectOf(original)), text };
    const points = [
      { path: seededPath, step: 0, drift: measureDrift(seeded, original, show) },
      ...checkpoints.map(({ path, step }) => {
        const own = openFolder(path, directory);
        try {
          const checkpoint = openCheckpoint(own);
          assertSameSizes(path, original.config, checkpoint.config);
          return { path, step, drift: measureDrift(seeded, checkpoint, show) };
        } finally {
          own.close();
        }
      }),
    ];
    return { map, tokens: ids.length, points };
  } finally {
    progress.finish();
    folder.close();
  }
}

function assertSameSizes(path: string, then: ModelConfig, now: ModelConfig): void {
  if (then.target.name !== now.target.name) {
    fail('R7742', { path, why: `it is a ${now.target.name}, and the seeded model a ${then.target.name}` });
  }
  for (const [name, size] of Object.entries(then.sizes)) {
    const found = now.sizes[name as keyof typeof now.sizes];
    if (found !== size) fail('R7742', { path, why: `its ${name} is ${found}, that of the seeded model ${size}` });
  }
}

function knownWindows(
  session: Session,
  source: TextSource,
  map: SeedMap,
  programs: readonly Program[],
  config: ModelConfig,
  longest: number,
): Seeded['text'] {
  const positions = Math.min(longest, map.context, config.sizes.positions);
  const windows = readWindows(session, source, { config, bos: map.bos?.id ?? null, windows: WINDOWS, positions, least: 2 });
  return windows.map((ids) => ({ ids, known: knownTargets(map, programs, ids) }));
}

/** At which targets a circuit that says tokens has the right answer. */
function knownTargets(map: SeedMap, programs: readonly Program[], ids: Int32Array): boolean[] {
  const offset = map.bos !== null && ids[0] === map.bos.id ? 1 : 0;
  const known = new Array<boolean>(ids.length - 1).fill(false);
  const keys = new Int32Array(ids.length);
  for (const program of programs) {
    const evaluation = new Evaluation(tokenValues(map, program, ids.subarray(offset)), { causal: true });
    for (const { name, node } of program.exports) {
      if (map.circuits.find((circuit) => circuit.name === name)?.kind !== 'tokens') continue;
      for (let i = offset; i < known.length; i++) {
        if (rightTokens(evaluation, node as Aggregate, i - offset, keys).includes(ids[i + 1] as number)) known[i] = true;
      }
    }
  }
  return known;
}
