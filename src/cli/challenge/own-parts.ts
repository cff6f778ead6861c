/** The parts of a compiled circuit that one output alone is made of: the answer of a challenge that asks for its place. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Renumbering } from '../../disguise/turn/renumber.ts';

/**
 * Heads and neurons that write what this output alone is made of.
 *
 * @param placed where the circuit's stand
 * @param order how they are renumbered there; null where they are not
 */
export function ownParts(
  output: string,
  { meaning, outputs }: Pick<CircuitMap, 'meaning' | 'outputs'>,
  { heads, neurons }: Pick<CircuitMap, 'heads' | 'neurons'>,
  order: Renumbering | null,
): { readonly heads: number[][]; readonly neurons: number[][] } {
  if (meaning === undefined) return { heads: [], neurons: [] };
  const madeOf = (roots: readonly number[]) => {
    const found = new Set<number>();
    const visit = (node: number) => {
      if (found.has(node)) return;
      found.add(node);
      for (const argument of meaning.nodes[node]?.args ?? []) visit(argument);
    };
    for (const root of roots) visit(root);
    return found;
  };
  const own = madeOf(meaning.outputs.filter((_, i) => outputs[i]?.name === output));
  const others = madeOf(meaning.outputs.filter((_, i) => outputs[i]?.name !== output));
  const isOwn = (written: readonly number[]) =>
    written.length > 0 &&
    written.every((variable) => {
      const node = meaning.variables[variable]?.node ?? null;
      return node !== null && own.has(node) && !others.has(node);
    });
  return {
    heads: heads.flatMap(({ layer, head }, i) => (isOwn(meaning.heads[i] ?? []) ? [[layer, numberOf(order?.heads, layer, head)]] : [])),
    neurons: neurons.flatMap(({ layer, from, to }, i) =>
      isOwn(meaning.neurons[i] ?? [])
        ? Array.from({ length: to - from }, (_, n) => [layer, numberOf(order?.neurons, layer, from + n)])
        : [],
    ),
  };
}

function numberOf(order: readonly (readonly number[])[] | undefined, layer: number, number: number): number {
  return order === undefined ? number : (order[layer] ?? []).indexOf(number);
}
