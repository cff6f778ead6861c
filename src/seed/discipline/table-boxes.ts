/** A finite function of several s-ops cut into boxes of their values, and the steps that compute it: one fires for each box that is not the usual. */
import type { Form, Step } from '../../circuit/circuit.ts';
import { combineForms } from '../../circuit/form.ts';
import { domainSize } from '../../graph/domain.ts';
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import type { Elementwise, SOp } from '../../graph/graph.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { type Box, boxCover, effectClasses } from './box-cover.ts';
import { type LoweringSource, MOST_VALUES } from './lowering-source.ts';

/** A table over classes of its variables' values, cut into boxes. */
export interface Boxes {
  readonly variables: readonly SOp[];
  readonly classes: readonly Int32Array[];
  readonly counts: readonly number[];
  readonly boxes: readonly Box[];
}

/** A function of its arguments as a table over their values; null where those are too many. */
export function argumentTable(
  facts: Facts,
  node: Elementwise,
  values: readonly Value[],
): { variables: readonly SOp[]; entries: Int32Array } | null {
  const variables = [...new Set(node.args)];
  const domains = variables.map((v) => facts.of(v).domain);
  const lists = domains.map((d) => (d.kind === 'finite' ? d.values : []));
  const count = lists.reduce((product, list) => product * list.length, 1);
  if (count === 0 || count > 2 ** 16 || lists.some((list) => list.length > MOST_VALUES)) return null;
  const entries = Int32Array.from({ length: count }, (_, at) => {
    let rest = at;
    const picked = new Map<SOp, Value>();
    for (let i = lists.length - 1; i >= 0; i--) {
      const list = lists[i] as readonly Value[];
      picked.set(variables[i] as SOp, list[rest % list.length] as Value);
      rest = Math.floor(rest / list.length);
    }
    try {
      const result = applyOperation(
        node.operation,
        node.args.map((arg) => picked.get(arg) as Value),
      );
      return values.findIndex((v) => typeof v === typeof result && valuesEqual(v, result));
    } catch {
      return -1;
    }
  });
  return { variables, entries };
}

/** The boxes of a table over classes of its variables' values. */
export function tableBoxes(facts: Facts, variables: readonly SOp[], entries: Int32Array): Boxes {
  const sizes = variables.map((v) => domainSize(facts.of(v).domain));
  const classes = sizes.map((_, i) => effectClasses(entries, sizes, i));
  const counts = classes.map((of) => Math.max(...of) + 1);
  const total = counts.reduce((product, count) => product * count, 1);
  const reduced = new Int32Array(total).fill(-1);
  for (let at = 0; at < entries.length; at++) {
    let rest = at;
    let to = 0;
    let scale = 1;
    for (let i = sizes.length - 1; i >= 0; i--) {
      to += scale * (classes[i]?.[rest % (sizes[i] as number)] as number);
      scale *= counts[i] as number;
      rest = Math.floor(rest / (sizes[i] as number));
    }
    reduced[to] = entries[at] as number;
  }
  return { variables, classes, counts, boxes: boxCover(reduced, counts) };
}

/** One step a box: no variable has a value outside of it. The value that most boxes have is what stands where none fires. */
export function fireBoxes(
  lowering: LoweringSource,
  node: SOp,
  count: number,
  { variables, classes, counts, boxes }: Boxes,
): readonly Form[] {
  const register = lowering.newRegister(node.name ?? 'value', node, null, 'features');
  const often = new Int32Array(count);
  for (const { value } of boxes) often[value] = (often[value] as number) + 1;
  const usual = often.indexOf(Math.max(...often));
  const forms = Array.from({ length: count }, (_, v) => lowering.addFeature(register, null, v === usual ? 1 : 0));
  const bits = variables.map((variable, i) => ((counts[i] as number) === 1 ? [] : lowering.partition(variable, classes[i] as Int32Array)));
  const steps = boxes.flatMap(({ sets, value }): Step[] => {
    if (value === usual) return [];
    const outside = sets.flatMap((set, i) =>
      set === null ? [] : (bits[i] ?? []).flatMap((form, c) => (set.has(c) ? [] : [{ form, weight: -1 }])),
    );
    const writes = [
      { register, feature: value, weight: 1 },
      { register, feature: usual, weight: -1 },
    ];
    return [lowering.step(combineForms(outside), -1, 0, writes)];
  });
  lowering.addGroup({ kind: 'neurons', name: register.name, spans: node.spans, steps, base: [{ register, feature: usual, weight: 1 }] });
  return forms;
}
