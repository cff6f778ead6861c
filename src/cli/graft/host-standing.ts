/** Whether a grafted model still is what it was grafted onto: the checkpoint of before is found by its hashes, and both are run beside each other. */
import type { SeedHostChange, SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { tiedWhereEqual } from '../../checkpoint/stored-twice.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { diagnose, fail } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { hashOf } from '../files/compare-folders.ts';
import { openFolder } from '../files/model-folder.ts';
import type { Session } from '../session/session.ts';
import { changeText, graftChange } from './graft-change.ts';

export interface HostStanding {
  readonly change: SeedHostChange;
  readonly faults: readonly Diagnostic[];
}

/** As many windows as a graft takes where it is not told. */
const WINDOWS = 2;
/** Inputs differ, and so does the largest change: so many times what was measured is borne, or this where that is less. */
const [TIMES, LEAST] = [3, 0.001];

export interface HostCheck {
  /** The folder of before. */
  readonly path: string;
  readonly seed: number;
  readonly text: string | undefined;
}

/** Diagnostics: R7773, and those of a checkpoint. */
export function hostStanding(session: Session, { path, seed, text }: HostCheck, map: SeedMap, grown: OpenCheckpoint): HostStanding {
  const record = map.host ?? fail('R7773', { path, why: 'raspc.json names no host, so nothing was grafted' });
  const folder = openFolder(path, session.io.directory);
  try {
    for (const { path: name, sha256, bytes } of record.files) {
      const source = folder.open(name) ?? fail('R7773', { path, why: `it has no \`${name}\`` });
      if (source.size !== bytes || hashOf(source) !== sha256) fail('R7773', { path, why: `its \`${name}\` is another` });
    }
    const before = tiedWhereEqual(openCheckpoint(folder)).checkpoint;
    const change = graftChange(session, before, silent(tiedWhereEqual(grown).checkpoint, record.sizes.width), {
      text: text === undefined ? undefined : { path: text, tokenizer: undefined, folders: [path] },
      bos: map.bos?.id ?? null,
      seed,
      windows: WINDOWS,
    });
    const limit = Math.max(LEAST, TIMES * record.change.largest);
    const isKept = change.largest <= limit;
    const found = `a logit by ${change.largest.toPrecision(2)} of their spread`;
    return { change, faults: isKept ? [] : [diagnose('R7774', { found, limit: limit.toPrecision(2) })] };
  } finally {
    folder.close();
  }
}

/** Without the answers of circuits at the output, which are no change of what the model was. */
function silent(grown: OpenCheckpoint, width: number): OpenCheckpoint {
  return {
    ...grown,
    change(role, layer, values) {
      const found = grown.change?.(role, layer, values) ?? null;
      if (role !== 'finalNormGain' && role !== 'finalNormBias') return found;
      return (found ?? values).map((value, dim) => (dim < width ? value : 0));
    },
  };
}

/** What `verify` prints of it; that nothing was compared where it could be. */
export function printHost(session: Session, map: SeedMap, standing: HostStanding | null): void {
  if (!map.host) return;
  session.print('');
  session.print(
    standing === null
      ? '  beside the model that it was grafted onto: not compared (`--host DIR`)'
      : `  beside the model that it was grafted onto: ${changeText(standing.change)}`,
  );
}
