/**
 * Where the parts of a circuit can be read and patched while the model runs elsewhere: by module path in stock transformers, and by the names
 * that TransformerLens has for the same tensors. Both follow from the family and the places; nothing is looked up in a running model.
 */
import type { ModelConfig } from '../../targets/model-config.ts';
import type { LayerRole } from '../../weights/roles.ts';
import { countShape, listShape, objectShape, optionalShape, type Shape, shapeOf, textShape, wordShape } from '../json/json-shape.ts';
import type { JsonData } from '../json/json-text.ts';
import { isJsonList } from '../json/strict-json.ts';
import type { AxisIndex, CircuitMap, MapHook, MapHooks, Place } from './circuit-map.ts';

/** What of a model its hooks follow from. */
export type HookedModel = Pick<ModelConfig, 'target' | 'sizes' | 'traits'>;

type Mapped = Pick<CircuitMap, 'variables' | 'heads' | 'neurons'>;

/** The hooks of a circuit in a model; its places lie in it. */
export function describeHooks({ variables, heads, neurons }: Mapped, config: HookedModel): MapHooks {
  const { dim } = config.sizes;
  return {
    variables: variables.map(({ written, dims }) => ({ ...streamHook(written, config), index: [null, null, dims] })),
    heads: heads.map(({ layer, head }) => ({
      transformers: moduleOf('output', layer, config),
      output: 'input',
      columns: [head * dim, (head + 1) * dim],
      transformerLens: `blocks.${layer}.attn.hook_z`,
      index: [null, null, head],
    })),
    neurons: neurons.map(({ layer, from, to }) => ({
      transformers: moduleOf('down', layer, config),
      output: 'input',
      columns: [from, to],
      transformerLens: `blocks.${layer}.mlp.hook_post`,
      index: [null, null, Array.from({ length: to - from }, (_, i) => from + i)],
    })),
  };
}

/** The stream behind the sublayer that writes. */
function streamHook({ layer, sublayer }: Place, config: HookedModel): Omit<MapHook, 'index'> {
  const { residual, normPlace } = config.traits;
  const block = blockOf(layer, config);
  if (sublayer === 'embedding') return { transformers: block, output: 'input', transformerLens: `blocks.${layer}.hook_resid_pre` };
  if (sublayer === 'attention' && residual === 'sequential') {
    // where norms stand on the stream, what attention leaves is what its norm gives
    if (normPlace === 'post')
      return {
        transformers: moduleOf('attentionNormGain', layer, config),
        output: 'output',
        transformerLens: `blocks.${layer}.ln1.hook_out`,
      };
    // the first matrix of the MLP reads the stream as it is, where no norm does
    const reader = normPlace === 'last' ? (config.traits.mlp === 'gated' ? 'gate' : 'up') : 'mlpNormGain';
    return { transformers: moduleOf(reader, layer, config), output: 'input', transformerLens: `blocks.${layer}.hook_resid_mid` };
  }
  // there `hook_resid_post` is what its older models call the stream before the norm
  const name = normPlace === 'post' ? 'hook_out' : 'hook_resid_post';
  return { transformers: block, output: 'output', transformerLens: `blocks.${layer}.${name}` };
}

function tensorOf(role: LayerRole, { target }: HookedModel): string {
  const found = target.tensors.find(({ holds }) => holds.includes(role));
  if (found === undefined) throw new Error(`no tensor of ${target.name} holds the role \`${role}\``);
  return found.name;
}

function moduleOf(role: LayerRole, layer: number, config: HookedModel): string {
  return tensorOf(role, config)
    .replace('{layer}', String(layer))
    .replace(/\.[a-z]+$/, '');
}

function blockOf(layer: number, config: HookedModel): string {
  const name = tensorOf('output', config);
  const end = name.indexOf('{layer}');
  return `${name.slice(0, end)}${layer}`;
}

const counts = listShape(countShape);
const axisShape: Shape<AxisIndex> = shapeOf<AxisIndex>(
  { anyOf: [{ type: 'null' }, countShape.schema, counts.schema] },
  (tree, at, refuse) => {
    if (tree === null) return null;
    return isJsonList(tree) ? counts(tree, at, refuse) : countShape(tree, at, refuse);
  },
);

const hookShape = objectShape<MapHook>({
  transformers: textShape,
  output: wordShape(['output', 'input']),
  columns: optionalShape<MapHook['columns']>(counts, undefined),
  transformerLens: optionalShape<MapHook['transformerLens']>(textShape, undefined),
  index: listShape(axisShape),
});
const hookList = listShape(hookShape);

export const hooksShape: Shape<MapHooks> = objectShape<MapHooks>({ variables: hookList, heads: hookList, neurons: hookList });

function hookData({ transformers, output, columns, transformerLens, index }: MapHook): JsonData {
  return {
    transformers,
    output,
    ...(columns === undefined ? {} : { columns }),
    ...(transformerLens === undefined ? {} : { transformerLens }),
    index,
  };
}

export function hooksData({ variables, heads, neurons }: MapHooks): JsonData {
  return { variables: variables.map(hookData), heads: heads.map(hookData), neurons: neurons.map(hookData) };
}
