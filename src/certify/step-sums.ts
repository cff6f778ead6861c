/** The rounding of what steps write, as a dimension's row adds it up. */
import type { NeuronGroup, Register, Write } from '../circuit/circuit.ts';
import type { Placement } from '../placement/placement.ts';
import { stepShape } from '../placement/step-neurons.ts';
import type { Traits } from '../targets/target.ts';
import type { SumOrder } from './certificate.ts';
import { ROUNDING } from './row-rounding.ts';

/** The steps that are on and write to a dimension. */
interface OpenSteps {
  readonly count: number;
  /** What they add up to, from the first to the last, and the absolute values of that after each of them. */
  readonly sum: number;
  readonly partial: number;
}

const NONE: OpenSteps = { count: 0, sum: 0, partial: 0 };

export class StepSums {
  readonly #placement: Placement;
  readonly #traits: Traits;
  readonly #sums: SumOrder;
  readonly #open = new Map<NeuronGroup, Map<string, OpenSteps>>();

  constructor(placement: Placement, traits: Traits, sums: SumOrder) {
    this.#placement = placement;
    this.#traits = traits;
    this.#sums = sums;
  }

  /**
   * What a step's two a/2h cost in the sum of what neurons write to a dimension. In order each is taken in once, beside what the steps before
   * have left there, which is shared among the steps. In any order l terms cost l - 1 roundings of half of what their absolute values and they themselves add up to
   * (ARCHITECTURE.md, "The checker"), which is shared among the steps; the bias is one term more.
   *
   * @param large a/2h
   */
  additionError(group: NeuronGroup, { register, feature, weight }: Write, value: number, large: number): number {
    const { count, partial } = this.#openSteps(group).get(keyOf(register, feature, value)) ?? NONE;
    if (this.#sums === 'in-order') return 2 * ROUNDING * (Math.abs(weight) * large + (count === 0 ? 0 : partial / count));
    return 2 * count * ROUNDING * Math.abs(weight) * (large + 0.5);
  }

  /** By dimension and value. */
  #openSteps(group: NeuronGroup): Map<string, OpenSteps> {
    let open = this.#open.get(group);
    if (open !== undefined) return open;
    open = new Map();
    for (const step of group.steps) {
      const { middle } = stepShape(step, this.#traits.activation, this.#placement.storage);
      for (const { register, feature, weight } of step.writes) {
        for (const [value, ceiling] of step.ceilings.entries()) {
          if (ceiling <= middle) continue;
          const key = keyOf(register, feature, value);
          const known = open.get(key) ?? NONE;
          const sum = known.sum + weight;
          open.set(key, { count: known.count + 1, sum, partial: known.partial + Math.abs(sum) });
        }
      }
    }
    this.#open.set(group, open);
    return open;
  }
}

function keyOf(register: Register, feature: number, value: number): string {
  return `${register.id} ${feature} ${value}`;
}
