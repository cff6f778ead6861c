/** Every warning about a program without faults, in the order of its text. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { exceptAllowed } from './allowed.ts';
import type { ObservedProgram } from './observe-program.ts';
import { ofNames } from './rules/names.ts';
import { readOtherwise } from './rules/precedence.ts';
import { ofValues } from './rules/values.ts';

export function findWarnings(observed: ObservedProgram): Diagnostic[] {
  const { module, seen } = observed;
  const readings = readOtherwise(module);
  // What is misread is the cause of what it comes to; where it is no node, it is told of all the same.
  const causes = readings.flatMap(({ expression, diagnostic }) => seen.nodesOf(expression).map((node) => ({ node, diagnostic })));
  const plain = readings.filter(({ expression }) => seen.nodesOf(expression).length === 0).map(({ diagnostic }) => diagnostic);
  const all = exceptAllowed([...plain, ...ofNames(observed), ...ofValues(observed, causes)], module);
  return distinct(all).sort((a, b) => startOf(a) - startOf(b));
}

/** A function that is called twice is wrong once. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const byPlace = new Map<string, Diagnostic>();
  for (const each of diagnostics) {
    const key = `${each.code} ${startOf(each)} ${each.primary?.span.end}`;
    if (!byPlace.has(key)) byPlace.set(key, each);
  }
  return [...byPlace.values()];
}

function startOf({ primary }: Diagnostic): number {
  return primary?.span.start ?? 0;
}
