/** Pages of what was measured: the JSON that a command writes, read back by its shape, so that a page is the same from the file and at once. */
import { fail } from '../../diagnostics/catalog.ts';
import { SINK } from '../../match/verdict.ts';
import type { Measured, PageDrift, PageMatch } from '../../page/data/page-data.ts';
import { readMeasured } from '../../page/data/read-measured.ts';
import { VERSION } from '../../version.ts';
import { readText } from '../files/read-source.ts';
import { CAUSE } from '../report/cause-words.ts';
import { pageText } from './page-text.ts';

/** Diagnostics: R7755. */
export function measuredOf(text: string, path: string): Measured {
  const found = readMeasured(text, path);
  const drift: PageDrift | null = found.kind === 'drift' ? { ...found.drift, causes: CAUSE } : null;
  const match: PageMatch | null = found.kind === 'match' ? { ...found.match, resting: SINK } : null;
  return { drift, match };
}

/** @param of what was measured: a folder, or the file of measurements */
export function measuredPage(text: string, of: string, directory: string): string {
  const measured = measuredOf(text, of);
  const heading =
    measured.drift === null
      ? `What the heads of ${of} compute`
      : `What training made of ${measured.drift.circuits.map(({ name }) => name).join(', ')}`;
  return pageText({ kind: 'measured', raspc: VERSION, title: heading, heading, ...measured }, directory);
}

/** Of the model that is shown: what measurements have to be of. */
export interface MeasuredModel {
  /** Names of seeded circuits. */
  readonly circuits: readonly string[];
  readonly layers: number;
  readonly heads: number;
}

/** What `--drift` and `--match` give. Diagnostics: R7755 where it is of another model, or not what the option says. */
export function measuredFor(
  options: { readonly drift?: string; readonly match?: string },
  directory: string,
  model: MeasuredModel,
): Measured {
  const { drift: driftFile, match: matchFile } = options;
  const drift = driftFile === undefined ? null : driftOf(driftFile, directory, model);
  const match = matchFile === undefined ? null : matchOf(matchFile, directory, model);
  return { drift, match };
}

function driftOf(path: string, directory: string, { circuits }: MeasuredModel): PageDrift {
  const { drift } = measuredOf(readText(path, directory), path);
  if (drift === null) return fail('R7755', { path, why: 'it is of heads, which `--match` shows' });
  const other = drift.circuits.find(({ name }) => !circuits.includes(name));
  if (other === undefined) return drift;
  return fail('R7755', { path, why: `it is about a circuit \`${other.name}\`, which the model does not have` });
}

function matchOf(path: string, directory: string, { layers, heads }: MeasuredModel): PageMatch {
  const { match } = measuredOf(readText(path, directory), path);
  if (match === null) return fail('R7755', { path, why: 'it is of a training, which `--drift` shows' });
  const beyond = match.heads.find((each) => each.layer >= layers || each.head >= heads);
  if (beyond === undefined) return match;
  return fail('R7755', { path, why: `it has a head ${beyond.layer}.${beyond.head}, and the model ${layers} layers of ${heads}` });
}
