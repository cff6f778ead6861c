/** The code of a head that writes one number: a share, a count or a mean, which neurons have to tell apart before any function is read of it. */
import type { Form, HeadValue } from '../../circuit/circuit.ts';
import { addConstant, scaleForm } from '../../circuit/form.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { numericValue } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';
import type { Care } from './care.ts';
import { FeatureBasis } from './feature-basis.ts';
import type { Snap } from './snap.ts';
import type { CodeSource, VariableCode } from './variable-code.ts';

/** The one number that a head writes. */
export interface HeadNumber {
  readonly form: Form;
  /** What the average of the form is written times. */
  readonly gain: number;
  /** What stands at BOS. */
  readonly bos: number;
  /** The value that the number 1 stands for, and the one that 0 does; where values are not enumerated. */
  readonly scale: number;
  readonly middle: number;
  readonly noise: number;
  readonly level: (value: Value) => number;
  /** How far from its level the number may lie because of how it is rounded. */
  readonly spread: (value: Value) => number;
}

/** What the lowering knows besides. */
export interface NumberSource extends Pick<CodeSource, 'newRegister'> {
  readonly facts: Facts;
  readonly care: Care;
  readonly snap: Snap;
  /** Whether numbers that heads write are told apart by neurons before functions of several are computed of them. */
  readonly decoded: boolean;
}

/** The numbers that stand for values, and how they are rounded. */
interface Numbers {
  readonly levels: Float64Array;
  readonly spreads: Float64Array;
  readonly computed: Snap['computed'];
  readonly context: number;
}

/** The code of a head that writes one number. */
export function numberCode(
  node: SOp,
  name: string,
  values: HeadValue[],
  { form, gain, bos, scale, middle, noise, level, spread }: HeadNumber,
  { facts, care, snap, decoded, newRegister }: NumberSource,
): VariableCode {
  const { domain } = facts.of(node);
  const register = newRegister(name, node, domain.kind === 'finite' ? domain.values : null);
  care.noteOwner(register, { kind: node.kind === 'width' ? 'count' : 'mean', node });
  values.push({ form, write: { register, feature: 0, weight: gain } });
  const number: Form = { constant: 0, terms: [{ register, feature: 0, weight: 1 }] };
  if (domain.kind !== 'finite') {
    const [low, high] = [(domain.low - middle) / scale, (domain.high - middle) / scale];
    register.features.push({ levels: null, spread: null, low: Math.min(bos, low), high: Math.max(bos, high), bos, unit: scale });
    const raw = { levels: null, spread: null, form: addConstant(scaleForm(number, scale), middle), noise: scale * noise, unit: 1 };
    return { open: false, read: () => null, raw, makeOneHot: () => {} };
  }
  const basis = new FeatureBasis(register, domain.values.length, () => bos);
  const levels = Float64Array.from(domain.values, level);
  const spreads = Float64Array.from(domain.values, spread);
  if (node.kind !== 'aggregate')
    checkApart(name, node, domain.values, { levels, spreads, computed: snap.computed, context: facts.assumptions.context });
  basis.addOnly(levels, spreads.some((x) => x > 0) ? spreads : null);
  return {
    open: false,
    // where everything is to be told apart first, so is this
    read: (wanted) => (decoded ? null : basis.readKnown(wanted)),
    raw: { levels, spread: spreads, form: number, noise, unit: scale },
    makeOneHot: () => {},
  };
}

/** Rounding must leave a number for each count. */
function checkApart(name: string, { spans }: SOp, values: readonly Value[], { levels, spreads, computed, context }: Numbers): void {
  if (computed === 'f32') return;
  const at = values.findIndex((value, i) => {
    // 1 and 1.0 are one number.
    if (i + 1 < values.length && numericValue(value) === numericValue(values[i + 1] as Value)) return false;
    const next = (levels[i + 1] ?? Number.POSITIVE_INFINITY) - (spreads[i + 1] ?? 0);
    return (levels[i] as number) + (spreads[i] as number) >= next;
  });
  if (at < 0) return;
  fail('R6002', { name, first: numericValue(values[at] as Value), dtype: computed, context }, { span: spans[0] });
}
