/** A number that is a quotient of shares, cut into classes of its values by neurons. */
import type { Form, Step } from '../../../circuit/circuit.ts';
import { combineForms } from '../../../circuit/form.ts';
import { numericValue } from '../../../graph/domain.ts';
import type { SOp } from '../../../graph/graph.ts';
import type { Value } from '../../../graph/value.ts';
import { type LoweringSource, refuse } from '../lowering-source.ts';
import { type RatioCode, separatorBetween, separatorForm } from './ratio-code.ts';

/** For each value the number of its class, -1 where it is in none. */
interface ValueClasses {
  readonly of: ArrayLike<number>;
  readonly count: number;
}

/** Neurons that cut a number into classes: one step at each change, zero between. */
export function decodeRatio(
  lowering: LoweringSource,
  node: SOp,
  values: readonly Value[],
  { of: classOf, count: classes }: ValueClasses,
  ratio: RatioCode,
): readonly Form[] {
  const present = values.flatMap((value, v) => ((classOf[v] as number) < 0 ? [] : [{ number: numericValue(value), at: v }]));
  const sorted = present.toSorted((a, b) => a.number - b.number);
  const register = lowering.newRegister(node.name ?? node.kind, node, null, 'features');
  const write = (c: number, weight: number) => ({ register, feature: c, weight });
  // where nothing is selected no step is taken, whatever the default's own place among the numbers
  const known = sorted.filter(({ number }) => !Number.isNaN(number));
  const lowest = classOf[known[0]?.at as number] as number;
  const absent = ratio.absent === null ? lowest : (classOf[ratio.absent] as number);
  const usual = absent < 0 ? lowest : absent;
  const forms = Array.from({ length: classes }, (_, c) => lowering.addFeature(register, null, c === usual ? 1 : 0));
  const steps: Step[] = [];
  for (const each of ratio.cases) {
    // more than what a step can read elsewhere: a share of positions is 1 at most, whatever it counts
    const most =
      ratio.leastUnit < 1 && ratio.counted === 'units' && ratio.low >= 0 ? 1 : Math.max(Math.abs(ratio.low), Math.abs(ratio.high));
    const reach = 1 + 2 * most;
    const add = (form: Form, margin: number, writes: Step['writes']): void => {
      const low = -margin * ratio.leastUnit;
      const gated =
        each.gate === null
          ? form
          : combineForms([
              { form, weight: 1 },
              { form: each.gate, weight: -reach },
            ]);
      steps.push(lowering.step(gated, low, -low, writes));
    };
    if (absent >= 0 && absent !== lowest) {
      const form = combineForms([
        { form: each.denominator, weight: 1 },
        { form: ratio.unit, weight: -0.5 },
      ]);
      add(form, 0.5, [write(lowest, 1), write(absent, -1)]);
    }
    let from = known[0];
    for (const next of known.slice(1)) {
      const [a, b] = [classOf[from?.at as number] as number, classOf[next.at] as number];
      if (a !== b && next.number !== from?.number) {
        const separator = separatorBetween(from?.number as number, next.number, ratio, lowering.context);
        add(separatorForm(each, ratio, separator), separator.margin, [write(b, 1), write(a, -1)]);
      }
      from = next;
    }
  }
  if (steps.length > lowering.traits.neurons / 2)
    refuse(node, `telling its values apart takes ${2 * steps.length} neurons, and a layer has ${lowering.traits.neurons}`);
  lowering.addGroup({ kind: 'neurons', name: register.name, spans: node.spans, steps, base: [write(usual, 1)] });
  return forms;
}
