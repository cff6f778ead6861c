/** A file of measurements, told by what is in it: what `raspc drift` or `raspc match` wrote as JSON. */
import type { Refuse } from '../../checkpoint/json/json-shape.ts';
import { isJsonObject, JsonError, type JsonTree, parseStrictJson } from '../../checkpoint/json/strict-json.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { type DriftFile, driftShape } from './drift-file.ts';
import { type MatchFile, matchShape } from './match-file.ts';

export type MeasuredFile = { readonly kind: 'drift'; readonly drift: DriftFile } | { readonly kind: 'match'; readonly match: MatchFile };

/** Diagnostics: R7755 for anything else. */
export function readMeasured(text: string, path: string): MeasuredFile {
  const refuse: Refuse = (at, found, expected) => fail('R7755', { path, why: `${at} is ${found} and not ${expected}` });
  const tree = treeOf(text, path);
  if (isJsonObject(tree) && tree.has('points')) {
    const drift = driftShape(tree, '', refuse);
    const [first] = drift.points;
    if (first === undefined) return fail('R7755', { path, why: 'it has no checkpoint' });
    for (const point of drift.points) {
      const missing = drift.circuits.find(({ name }) => !point.circuits.some((each) => each.name === name));
      if (missing !== undefined) return fail('R7755', { path, why: `nothing is said of \`${missing.name}\` in ${point.path}` });
    }
    return { kind: 'drift', drift };
  }
  if (isJsonObject(tree) && tree.has('functions')) return { kind: 'match', match: matchShape(tree, '', refuse) };
  return fail('R7755', { path, why: 'it is JSON of another kind' });
}

function treeOf(text: string, path: string): JsonTree {
  try {
    return parseStrictJson(text);
  } catch (fault) {
    if (fault instanceof JsonError) return fail('R7755', { path, why: fault.message });
    throw fault;
  }
}
