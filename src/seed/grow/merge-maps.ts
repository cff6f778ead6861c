/** One map of a model that was grafted onto again: the circuits that were there, where they are now, and those that are new. */
import { CODES_FILE, type SeedCircuit, type SeedMap, type SeedSlice, type SeedTokenCode } from '../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { rangesOf } from '../draw/slices.ts';
import { movedPlaces } from './grown-host.ts';
import { normCorrection } from './growth.ts';

type Facts = Omit<SeedMap, 'files'>;

/** The map of circuits that are there, as it is in the larger model. */
export function carriedMap(there: SeedMap, before: ModelConfig, after: ModelConfig): SeedMap {
  const places = movedPlaces(before, after);
  const move = ({ tensor, rows, cols }: SeedSlice): SeedSlice => {
    const found = places(tensor);
    if (found === null) return { tensor, rows, cols };
    const [height, breadth] = found.shape;
    return { tensor, rows: movedRanges(rows, found.rows, height ?? 1), cols: movedRanges(cols, found.cols, breadth ?? 1) };
  };
  // over a wider stream the root mean square of the same is smaller
  const { gain } = normCorrection(before.sizes, after.sizes);
  const scaled = <Scale extends { readonly first: number; readonly typical: number }>({ first, typical }: Scale) => ({
    first: first * gain,
    typical: typical * gain,
  });
  const scales = there.scales ?? null;
  return {
    ...there,
    heads: there.heads.map((head) => ({ ...head, streamAtMost: head.streamAtMost === null ? null : head.streamAtMost * gain })),
    circuits: there.circuits.map((circuit) => ({ ...circuit, slices: circuit.slices.map(move) })),
    cleared: there.cleared.map(move),
    scales: scales === null ? null : { attention: scales.attention.map(scaled), mlp: scales.mlp.map(scaled) },
  };
}

/** What is all of an axis stays all of it: a head has its whole row, also where it reads dimensions that came later, and must not learn to. */
function movedRanges(ranges: readonly (readonly number[])[], places: Int32Array, length: number): (readonly number[])[] {
  if (ranges.length === 1 && ranges[0]?.[0] === 0 && ranges[0][1] === places.length) return [[0, length]];
  return rangesOf(ranges.flatMap(([from = 0, to = 0]) => [...places.subarray(from, to)]).sort((a, b) => a - b));
}

/** Entries of circuits that were there, for masks: what they hold is not said. */
export function carriedEntries({ circuits }: Pick<SeedMap, 'circuits'>): (SeedSlice & { readonly values: () => Float32Array })[] {
  const nothing = new Float32Array();
  return circuits.flatMap(({ slices }) => slices.map((slice) => ({ ...slice, values: () => nothing })));
}

/** A name for the file of codes that no circuit of the model has. */
export function codesPath(there: SeedMap | null): string {
  const taken = new Set(there === null ? [] : codesOf(there).map(({ file }) => file ?? ''));
  if (!taken.has(CODES_FILE)) return CODES_FILE;
  for (let number = 2; ; number++) {
    const path = CODES_FILE.replace('.', `-${number}.`);
    if (!taken.has(path)) return path;
  }
}

function codesOf({ code, features }: Pick<SeedMap, 'code' | 'features'>): SeedTokenCode[] {
  return [code, ...features.flatMap((feature) => (feature.code == null ? [] : [feature.code]))];
}

/**
 * Heads and variables of the same name are told apart by a number; exports are the user's to name, and none of them is there already. Diagnostics: R7775
 * where windows begin with different tokens, or values of the programs are different ones.
 *
 * @param there as `carriedMap` has it
 */
export function mergedFacts(there: SeedMap, made: Facts): Facts {
  assertAlike(there, made);
  const renamed = newNames(there, made);
  const called = (name: string): string => renamed.get(name) ?? name;
  const has = (map: Facts): boolean => map.features.some(({ kind }) => kind === 'tokens');
  const isOther = has(there) && has(made) && !isSame(there.code, made.code);
  const attention = longer(there.scales?.attention ?? [], made.scales?.attention ?? []);
  const mlp = longer(there.scales?.mlp ?? [], made.scales?.mlp ?? []);
  return {
    ...made,
    programs: [...there.programs, ...made.programs],
    context: Math.min(there.context, made.context),
    bos: there.bos ?? made.bos,
    tokens: [...new Map([...there.tokens, ...made.tokens].map((token) => [token.value, token])).values()],
    code: has(there) ? there.code : made.code,
    variables: [...there.variables, ...made.variables.map((variable) => ({ ...variable, name: called(variable.name) }))],
    heads: [...there.heads, ...made.heads.map((head) => ({ ...head, name: called(head.name) }))],
    circuits: [...there.circuits, ...made.circuits.map((circuit): SeedCircuit => ({ ...circuit, heads: circuit.heads.map(called) }))],
    cleared: [...there.cleared, ...made.cleared],
    features: [
      ...there.features,
      ...made.features.map((feature) => (isOther && feature.kind === 'tokens' ? { ...feature, code: made.code } : feature)),
    ],
    scales: attention.length + mlp.length === 0 ? null : { attention, mlp },
    says: [...(there.says ?? []), ...(made.says ?? [])],
    text: null,
  };
}

function assertAlike(there: SeedMap, made: Facts): void {
  if (there.bos !== null && made.bos !== null && there.bos.id !== made.bos.id)
    fail('R7775', { why: `windows begin with token ${there.bos.id} for those, and with ${made.bos.id} for these` });
  const ids = new Map(there.tokens.map(({ value, id }) => [value, id]));
  for (const { value, id } of made.tokens) {
    const old = ids.get(value);
    if (old !== undefined && old !== id) fail('R7775', { why: `\`${value}\` is ${nameOf(old)} for those, and ${nameOf(id)} for these` });
  }
}

function nameOf(id: number | null): string {
  return id === null ? 'every token without a name' : `token ${id}`;
}

/** Of names that are taken. */
function newNames(there: SeedMap, made: Facts): Map<string, string> {
  const namesOf = ({ heads, variables }: Facts): string[] => [...heads, ...variables].map(({ name }) => name);
  const taken = new Set([...namesOf(there), ...namesOf(made)]);
  const own = new Set(namesOf(there));
  const circuits = new Set(made.circuits.map(({ name }) => name));
  const found = new Map<string, string>();
  for (const name of namesOf(made)) {
    // what has the name of an export is its own
    if (!own.has(name) || circuits.has(name) || found.has(name)) continue;
    let number = 2;
    while (taken.has(`${name}_${number}`)) number++;
    taken.add(`${name}_${number}`);
    found.set(name, `${name}_${number}`);
  }
  return found;
}

function isSame(one: SeedTokenCode, other: SeedTokenCode): boolean {
  const isFile = one.file != null || other.file != null;
  return !isFile && one.bits === other.bits && one.columns.join() === other.columns.join();
}

/** The later measure, and behind its last layer the earlier one. */
function longer<Scale>(there: readonly Scale[], made: readonly Scale[]): Scale[] {
  return [...made, ...there.slice(made.length)];
}
