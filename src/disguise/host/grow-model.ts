/** A model with more of everything: dimensions of the stream, heads, neurons and layers that compute nothing, all of them 0. */
import type { ModelConfig } from '../../targets/model-config.ts';
import { roleShape } from '../../targets/model-config.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { zeros } from '../../tensor/tensor.ts';
import type { Axis, LayerRole, Sizes } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { alongAxis, eachRole } from '../each-role.ts';
import { isNormRole } from '../stream-roles.ts';

export interface Growth {
  /** How many times as many heads, and with them how wide a stream at least. */
  readonly times: number;
  /** At least so many dimensions of the stream. */
  readonly width: number;
  /** Of the new model's layers, which of the old ones each is; null for one that does nothing. */
  readonly layers: readonly (number | null)[];
}

/** The sizes of the grown model: what a family asks of heads and width is kept. */
export function grownSizes({ sizes, traits }: Pick<ModelConfig, 'sizes' | 'traits'>, { times, width, layers }: Growth): Sizes {
  const more = traits.squareHeads ? Math.max(times, Math.ceil(width / sizes.width)) : times;
  const heads = sizes.heads * more;
  const least = Math.max(width, sizes.width * times);
  const step = traits.headsDivideWidth ? heads : 2;
  const wide = traits.squareHeads ? heads * sizes.dim : more === 1 && width <= sizes.width ? sizes.width : Math.ceil(least / step) * step;
  const hidden = more === 1 && width <= sizes.width ? sizes.hidden : Math.max(2 * sizes.hidden, wide);
  return { ...sizes, heads, kvHeads: sizes.kvHeads * more, width: wide, hidden, layers: layers.length };
}

const GROWS: Partial<Record<Axis, keyof Sizes>> = { width: 'width', head: 'heads', kvHead: 'kvHeads', hidden: 'hidden' };

/** Norms' gains go on as they are; everything else that is new is 0. */
export function grown(weights: Weights, config: ModelConfig, growth: Growth): Weights {
  const sizes = grownSizes(config, growth);
  const wide = eachRole(weights, (tensor, { role, axes }) =>
    axes.reduce<Tensor>((own, axis, at) => {
      const size = GROWS[axis];
      if (size === undefined || sizes[size] === tensor.shape[at]) return own;
      return alongAxis(own, at, (line) => {
        const longer = new Float64Array(sizes[size]);
        longer.set(line);
        if (isNormRole(role) && role.endsWith('Gain')) longer.fill(line.at(-1) as number, line.length);
        return longer;
      });
    }, tensor),
  );
  const idle = (): Partial<Record<LayerRole, Tensor>> =>
    Object.fromEntries(
      (Object.keys(wide.layers[0] ?? {}) as LayerRole[]).map((role) => {
        const tensor = zeros(...roleShape(role, sizes));
        // replaced where gains are set
        if (role.endsWith('NormGain')) tensor.data.fill(1);
        return [role, tensor];
      }),
    );
  return { sizes, model: wide.model, layers: growth.layers.map((from) => (from === null ? idle() : (wide.layers[from] ?? idle()))) };
}
