/** The rounding of what steps write, as a dimension's row adds it up. */

import type { Feature, NeuronGroup, Write } from '../../circuit/circuit.ts';
import type { Placement } from '../../placement/placement.ts';
import { stepShape } from '../../placement/step-neurons.ts';
import type { Traits } from '../../targets/target.ts';
import { floatAt } from '../../tensor/number-at.ts';
import type { SumOrder } from '../certificate.ts';
import { ROUNDING } from '../row-rounding.ts';

/** The steps that are on and write to a dimension, by value. */
interface OpenSteps {
  readonly count: Float64Array;
  /** What they add up to, from the first to the last, and the absolute values of that after each of them. */
  readonly sum: Float64Array;
  readonly partial: Float64Array;
}

export class StepSums {
  readonly #placement: Placement;
  readonly #traits: Traits;
  readonly #sums: SumOrder;
  readonly #open = new Map<NeuronGroup, Map<Feature | undefined, OpenSteps>>();

  constructor(placement: Placement, traits: Traits, sums: SumOrder) {
    this.#placement = placement;
    this.#traits = traits;
    this.#sums = sums;
  }

  /**
   * What a step's two a/2h cost in the sum of what neurons write to a dimension. In order each is taken in once, beside what the steps before
   * have left there, which is shared among the steps. In any order l terms cost l - 1 roundings of half of what their absolute values and they themselves add up to
   * (docs/checker.md), which is shared among the steps; the bias is one term more.
   *
   * @param open the steps that write to the dimension
   * @param large a/2h
   */
  additionError({ count: counts, partial: partials }: OpenSteps, weight: number, value: number, large: number): number {
    const [count, partial] = [floatAt(counts, value), floatAt(partials, value)];
    if (this.#sums === 'in-order') return 2 * ROUNDING * (Math.abs(weight) * large + (count === 0 ? 0 : partial / count));
    return 2 * count * ROUNDING * Math.abs(weight) * (large + 0.5);
  }

  /** The steps of a group that write where one of them does. */
  besides(group: NeuronGroup, { register, feature }: Write): OpenSteps {
    return this.#openSteps(group).get(register.features[feature]) as OpenSteps;
  }

  #openSteps(group: NeuronGroup): Map<Feature | undefined, OpenSteps> {
    let open = this.#open.get(group);
    if (open !== undefined) return open;
    open = new Map();
    for (const step of group.steps) {
      const { middle } = stepShape(step, this.#traits.activation, this.#placement.storage);
      for (const { register, feature, weight } of step.writes) {
        const written = register.features[feature];
        const own = open.get(written) ?? noSteps(step.ceilings.length);
        open.set(written, own);
        for (let value = 0; value < step.ceilings.length; value++) {
          if (floatAt(step.ceilings, value) <= middle) continue;
          const sum = floatAt(own.sum, value) + weight;
          own.count[value] = floatAt(own.count, value) + 1;
          own.sum[value] = sum;
          own.partial[value] = floatAt(own.partial, value) + Math.abs(sum);
        }
      }
    }
    this.#open.set(group, open);
    return open;
  }
}

function noSteps(values: number): OpenSteps {
  return { count: new Float64Array(values), sum: new Float64Array(values), partial: new Float64Array(values) };
}
