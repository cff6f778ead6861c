/** What a map says of its circuit beyond places (names, codes, lifetimes, edges, hooks) against itself and the model: a word for what cannot be so, or null. */
import type { CircuitMap, MapEdge, MapHook, MapVariable, Place } from './circuit-map.ts';
import { describeHooks, type HookedModel } from './map-hooks.ts';

/** The order in which sublayers read and write. */
const ORDER: readonly Place['sublayer'][] = ['embedding', 'attention', 'mlp', 'output'];

/** Null where nothing is wrong; maps of writers that say none of it have nothing wrong. */
export function wrongInGraph(map: CircuitMap, model: HookedModel): string | null {
  if (map.edges !== undefined) {
    const names = map.variables.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) return `two variables are called \`${twice}\``;
  }
  for (const [index, variable] of map.variables.entries()) {
    const wrong = wrongInVariable(variable, map.meaning?.variables[index], model);
    if (wrong !== null) return `\`${variable.name}\` ${wrong}`;
  }
  const head = map.heads.find(
    ({ bosShare: share }) => share !== undefined && !(share.least >= 0 && share.least <= share.most && share.most <= 1),
  );
  if (head !== undefined) return `the share that BOS takes of the head \`${head.name}\` is no part of 1`;
  for (const edge of map.edges ?? []) {
    const wrong = wrongInEdge(edge, map, model);
    if (wrong !== null) return `the edge from \`${edge.from}\` to \`${edge.to}\` ${wrong}`;
  }
  return map.hooks === undefined ? null : wrongInHooks(map, map.hooks, model);
}

function wrongInVariable(
  { values, dims, codes, bosCode, live, written, lastRead }: MapVariable,
  meant: { readonly bos: readonly number[]; readonly levels: readonly (readonly number[])[] } | undefined,
  { sizes }: HookedModel,
): string | null {
  if (bosCode !== undefined && bosCode.length !== dims.length) return `has ${bosCode.length} numbers at BOS, and ${dims.length} dimensions`;
  if (bosCode !== undefined && meant !== undefined && !same(bosCode, meant.bos)) return 'has another code at BOS than its meaning says';
  if (codes !== undefined) {
    if (codes.length !== values.length) return `has ${codes.length} codes, and ${values.length} values`;
    for (const [v, { value, code }] of codes.entries()) {
      if (!Object.is(value, values[v])) return `has its codes in another order than its values`;
      if (code.length !== dims.length) return `has a code of ${code.length} numbers, and ${dims.length} dimensions`;
      const levels = meant?.levels ?? [];
      if (
        levels.length > 0 &&
        !same(
          code,
          levels.map((level) => level[v]),
        )
      )
        return 'has other codes than its meaning says';
    }
  }
  if (live === undefined) return null;
  if (compare(live.from, written) !== 0) return 'is written elsewhere than where it begins to live';
  if (live.to.layer >= sizes.layers) return `is said to live in layer ${live.to.layer}, and there are ${sizes.layers}`;
  return compare(live.to, lastRead) < 0 ? 'is read after its dimensions hold something else' : null;
}

function wrongInEdge({ from, to, variable: name }: MapEdge, { variables }: CircuitMap, { sizes, traits }: HookedModel): string | null {
  const variable = variables.find((each) => each.name === name);
  if (variable === undefined) return `carries \`${name}\`, which is no variable`;
  const writer = partOf(from, false);
  const reader = partOf(to, true);
  if (writer === null || reader === null) return 'joins no two parts of a model';
  for (const { layer, head } of [writer, reader]) {
    if (layer >= sizes.layers && layer !== Number.POSITIVE_INFINITY) return `lies in layer ${layer}, and there are ${sizes.layers}`;
    if (head >= sizes.heads) return `has head ${head}, and a layer has ${sizes.heads}`;
  }
  if (writer.sublayer !== variable.written.sublayer || (writer.sublayer !== 'embedding' && writer.layer !== variable.written.layer))
    return `carries \`${name}\`, which is written elsewhere`;
  const isBefore =
    writer.sublayer === 'embedding' ||
    writer.layer < reader.layer ||
    (traits.residual === 'sequential' && writer.layer === reader.layer && writer.sublayer === 'attention' && reader.sublayer === 'mlp');
  return isBefore ? null : 'runs backwards';
}

interface Part {
  readonly layer: number;
  readonly head: number;
  readonly sublayer: Place['sublayer'];
}

function partOf(text: string, reads: boolean): Part | null {
  if (text === (reads ? 'logits' : 'embedding'))
    return reads ? { layer: Number.POSITIVE_INFINITY, head: 0, sublayer: 'output' } : { layer: 0, head: 0, sublayer: 'embedding' };
  const mlp = /^m(\d{1,9})$/.exec(text);
  if (mlp !== null) return { layer: Number(mlp[1]), head: 0, sublayer: 'mlp' };
  const head = (reads ? /^a(\d{1,9})\.h(\d{1,9})<[qkv]>$/ : /^a(\d{1,9})\.h(\d{1,9})$/).exec(text);
  return head === null ? null : { layer: Number(head[1]), head: Number(head[2]), sublayer: 'attention' };
}

function wrongInHooks(map: CircuitMap, hooks: NonNullable<CircuitMap['hooks']>, model: HookedModel): string | null {
  const right = describeHooks(map, model);
  for (const list of ['variables', 'heads', 'neurons'] as const) {
    if (hooks[list].length !== right[list].length)
      return `\`hooks.${list}\` has ${hooks[list].length} entries, and \`${list}\` has ${right[list].length}`;
    const at = hooks[list].findIndex((hook, i) => !sameHook(hook, right[list][i] as MapHook));
    if (at >= 0) return `\`hooks.${list}[${at}]\` is not where \`${map[list][at]?.name}\` lies in this family`;
  }
  return null;
}

function sameHook(a: MapHook, b: MapHook): boolean {
  return (
    a.transformers === b.transformers &&
    a.output === b.output &&
    a.transformerLens === b.transformerLens &&
    same(a.columns ?? [], b.columns ?? []) &&
    a.index.length === b.index.length &&
    a.index.every((index, i) => {
      const other = b.index[i];
      return Array.isArray(index) && Array.isArray(other) ? same(index, other) : index === other;
    })
  );
}

function same(a: readonly (number | undefined)[], b: readonly (number | undefined)[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}

function compare(a: Place, b: Place): number {
  const [first, second] = [a, b].map(({ layer, sublayer }) =>
    sublayer === 'embedding' ? -1 : layer * ORDER.length + ORDER.indexOf(sublayer),
  );
  return (first as number) - (second as number);
}
