/** What a form reads of s-ops that are added up, by their sum. */
import { floatAt } from '../../tensor/number-at.ts';
import type { Form, FormPart, PartSums } from '../bounds/form.ts';
import { ORDER_SLACK } from '../bounds/rounding.ts';
import { extremesOf, type Summed } from './summed.ts';

/** By carrier and value, what a part of a form is; of parts that are the same everywhere the constant. */
export interface ByCarrier {
  readonly reads: readonly Float64Array[];
  readonly constant: number;
}

export function byCarrier(
  { parts }: Pick<Form, 'parts'>,
  { carriers, addends }: Pick<Summed, 'carriers' | 'addends'>,
  of: (part: FormPart) => Float64Array,
): ByCarrier {
  const reads = addends.map(({ length }) => new Float64Array(length));
  let constant = 0;
  for (const part of parts) {
    const { node } = part.producer;
    const own = of(part);
    if (node === null) constant += floatAt(own, 0);
    else {
      const read = reads[carriers.indexOf(node)] as Float64Array;
      for (let value = 0; value < read.length; value++) read[value] = floatAt(read, value) + floatAt(own, value);
    }
  }
  return { reads, constant };
}

/** What the form's parts add up to, by place of the sum; null where no values have it. */
export function readBySum(form: Pick<Form, 'parts' | 'roundings'>, summed: Summed): (PartSums | null)[] {
  const rangeOf = (of: (part: FormPart) => Float64Array) => {
    const { reads, constant } = byCarrier(form, summed, of);
    const { low, high } = extremesOf(summed, reads);
    return { low: low.map((x) => x + constant), high: high.map((x) => x + constant) };
  };
  const center = rangeOf((part) => part.center);
  const off = rangeOf((part) => part.radius).high;
  const absolute = rangeOf((part) => part.absolute).high;
  return Array.from(center.low, (low, at) => {
    if (Number.isNaN(low)) return null;
    const high = floatAt(center.high, at);
    const total = floatAt(absolute, at) * (1 + ORDER_SLACK);
    const apart = ((high - low) / 2) * (1 + form.roundings * 2 ** -20) + ORDER_SLACK * total;
    return { center: (low + high) / 2, off: floatAt(off, at) + apart, absolute: total };
  });
}
