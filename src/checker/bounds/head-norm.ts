/**
 * The norm of a head's query or key: at each position it divides all of its numbers by one root, which is known up to the range of their squared
 * length. What is left is a form again, with one more scale that all dimensions share.
 */
import { numberAt } from '../../tensor/number-at.ts';
import { assertInRange } from './assert-in-range.ts';
import { type Form, keyRange } from './form.ts';
import { NORM_ROUNDINGS } from './norm.ts';
import { type Range, SAFETY, squareRange, UNDERFLOW, UNIT } from './rounding.ts';

export interface HeadNormWeights {
  /** `[dim]`, or `[head, dim]` where all heads are normed together. */
  readonly gain: Float64Array;
  readonly epsilon: number;
  /** The stored tensor with the gain. */
  readonly tensor: string;
}

/**
 * Forms of a head's dimensions, all of them, behind the norm.
 *
 * @param head which of the heads it is
 * @param all the forms of all heads, for a norm of all of them together
 */
export function headNormed(norm: HeadNormWeights, forms: readonly Form[], head: number, all: () => readonly Form[]): Form[] {
  const { gain, epsilon, tensor } = norm;
  const together = gain.length > forms.length;
  const seen = together ? all() : forms;
  const other = rootOf(seen.map(keyRange), epsilon, tensor);
  const bos = rootOf(
    seen.map(({ bos: { center, radius } }) => ({ low: center - radius, high: center + radius })),
    epsilon,
    tensor,
  );
  const from = together ? head * forms.length : 0;
  return forms.map((form, d) => scaled(form, numberAt(gain, from + d), other, bos));
}

/** What a norm divides by: its middle, and how far it may be off, relatively. */
interface Root {
  readonly middle: number;
  readonly error: number;
}

function rootOf(ranges: readonly Range[], epsilon: number, tensor: string): Root {
  const squares = ranges.map(squareRange);
  const [low, high] = [squares.reduce((sum, s) => sum + s.low, 0), SAFETY * squares.reduce((sum, s) => sum + s.high, 0)];
  assertInRange(high, tensor, 'squares of a head');
  const count = ranges.length;
  const [least, most] = [Math.sqrt(low / SAFETY / count + epsilon), Math.sqrt(high / count + epsilon)];
  const middle = (least + most) / 2;
  // in a sum in any order a term costs no more than a rounding of the whole, nor than itself; see `sumError`
  const large = squares.filter((s) => s.high > high / 4).length;
  const tiny = squares.reduce((sum, s) => (s.high > high / 4 ? sum : sum + s.high), 0);
  const total = least ** 2 * count;
  const summed = (Math.max(0, large - 1) + 4) * UNIT + Math.min((1.001 * tiny) / total, count * UNIT) + (count * UNDERFLOW) / total;
  return { middle, error: SAFETY * ((most - least) / 2 / least + summed / 2 + 5 * UNIT) };
}

/** A form times the gain over the root, at BOS over its own. */
function scaled(form: Form, gain: number, other: Root, bos: Root): Form {
  const by = gain / other.middle;
  const size = Math.abs(by);
  const times = (values: Float64Array, factor: number) => values.map((x) => x * factor);
  const underflow = gain === 0 ? 0 : UNDERFLOW * (1 + Math.abs(gain));
  const atBos = gain / bos.middle;
  const scaling = Math.abs(atBos) * SAFETY * (bos.error + NORM_ROUNDINGS * UNIT) * (Math.abs(form.bos.center) + form.bos.radius);
  return {
    ...form,
    weights: new Map([...form.weights].map(([dim, weight]) => [dim, weight * by])),
    // the root divides biases too
    constant: (form.constant + form.offset) * by,
    offset: 0,
    parts:
      by === 0
        ? []
        : form.parts.map((part) => ({
            ...part,
            center: times(part.center, by),
            radius: times(part.radius, size),
            absolute: times(part.absolute, size),
          })),
    noise: form.noise * size + underflow,
    means: times(form.means, by),
    slack: form.slack * size + underflow,
    absolute: form.absolute * size,
    tiny: form.tiny * size,
    turning: form.turning * size,
    roundings: form.roundings + NORM_ROUNDINGS,
    scale: SAFETY * (form.scale + other.error + form.scale * other.error),
    bos: {
      center: form.bos.center * atBos,
      radius: Math.abs(atBos) * form.bos.radius + scaling + underflow,
      scaling: Math.abs(atBos) * form.bos.scaling + scaling,
      rounding: Math.abs(atBos) * form.bos.rounding,
    },
  };
}
