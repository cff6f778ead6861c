/**
 * How a stored tensor holds one or more others, as a line of text in the manner of einops: `width (part head dim)` is two stored
 * axes, the second fused from three, where `part` runs over the tensors held. Packing and unpacking are the same rearrangement.
 */
import type { FloatArray } from './dtype.ts';
import { Scratch } from './scratch.ts';
import { copyView, type View, viewOf } from './strided.ts';

/** Stored axes, each a list of fused axes from the slowest to the fastest. */
export type Layout = readonly (readonly string[])[];

/** The axis that runs over the tensors held. */
const PART = 'part';

/** A tensor that a stored one holds: its axes by name, slowest first, with their lengths. */
export interface Part {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
}

/** Reads `width (part head dim)`. The text is a target's own data, so a mistake in it is an internal error. */
export function parseLayout(text: string): Layout {
  const pieces = text.match(/\([^()]*\)|[^\s()]+/g) ?? [];
  const layout = pieces.map((piece) => piece.replace(/[()]/g, ' ').trim().split(/\s+/));
  const names = layout.flat();
  const rebuilt = layout.map((axes, i) => (pieces[i]?.startsWith('(') ? `(${axes.join(' ')})` : axes.join(' '))).join(' ');
  if (names.length === 0 || rebuilt !== text || new Set(names).size !== names.length || !names.every((name) => /^[A-Za-z]+$/.test(name))) {
    throw new Error(`\`${text}\` is not a layout`);
  }
  return layout;
}

/** Lengths of a part's axes by name; `part` has none of its own. */
function lengthsOf(part: Part): ReadonlyMap<string, number> {
  return new Map(part.axes.map((axis, i) => [axis, part.shape[i] as number]));
}

function lengthOf(lengths: ReadonlyMap<string, number>, axis: string): number {
  const length = lengths.get(axis);
  if (length === undefined) throw new Error(`the layout has the axis \`${axis}\`, which the tensor lacks`);
  return length;
}

/** The stored axes' lengths. Parts may differ in length inside `part` (fewer key heads than query heads), but not outside it. */
export function storedShape(layout: Layout, parts: readonly Part[]): number[] {
  return layout.map((axes) => {
    const at = axes.indexOf(PART);
    const inner = axes.slice(at + 1);
    const sizes = parts.map((part) => {
      const lengths = lengthsOf(part);
      return inner.reduce((product, axis) => product * lengthOf(lengths, axis), 1);
    });
    if (at < 0) return same(sizes);
    const outer = axes.slice(0, at).map((axis) => same(parts.map((part) => lengthOf(lengthsOf(part), axis))));
    return outer.reduce((product, length) => product * length, 1) * sizes.reduce((sum, size) => sum + size, 0);
  });
}

function same(values: readonly number[]): number {
  const [first] = values;
  if (first === undefined || values.some((value) => value !== first)) throw new Error(`parts disagree on a stored axis: ${values}`);
  return first;
}

/** Where a part lies in the stored tensor: element `[i, j, …]` is at `offset + i·strides[0] + j·strides[1] + …`. */
export interface PartPlace {
  readonly offset: number;
  /** One for each of the part's axes, in the part's own order. */
  readonly strides: readonly number[];
}

/** The place of each part in the stored tensor, row-major. */
export function partPlaces(layout: Layout, parts: readonly Part[]): PartPlace[] {
  const shape = storedShape(layout, parts);
  const stored = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const lengths = parts.map(lengthsOf);
  return parts.map((part, index) => {
    const strideOf = new Map<string, number>();
    let offset = 0;
    for (const [axis, fused] of layout.entries()) {
      // inner[r]: stored elements below the current fused axis in part r; from the fastest fused axis outwards
      let inner = parts.map(() => stored[axis] as number);
      for (const name of fused.toReversed()) {
        if (name === PART) {
          offset += inner.slice(0, index).reduce((sum, size) => sum + size, 0);
          const total = inner.reduce((sum, size) => sum + size, 0);
          inner = parts.map(() => total);
        } else {
          strideOf.set(name, inner[index] as number);
          inner = inner.map((size, r) => size * lengthOf(lengths[r] as ReadonlyMap<string, number>, name));
        }
      }
    }
    const strides = part.axes.map((name) => {
      const stride = strideOf.get(name);
      if (stride === undefined) throw new Error(`the tensor has the axis \`${name}\`, which the layout lacks`);
      return stride;
    });
    return { offset, strides };
  });
}

/** Each part as a view into the stored buffer, axes in the part's own order. */
function partViews<Data extends FloatArray>(layout: Layout, parts: readonly Part[], stored: Data): View<Data>[] {
  return partPlaces(layout, parts).map(({ offset, strides }, index) => viewOf(stored, (parts[index] as Part).shape, strides, offset));
}

/** The stored tensor, row-major, from its parts, each row-major in its own axes. */
export function packParts(layout: Layout, parts: readonly (Part & { readonly data: Float64Array })[]): Float64Array {
  const stored = new Float64Array(storedShape(layout, parts).reduce((product, length) => product * length, 1));
  const views = partViews(layout, parts, stored);
  for (const [index, part] of parts.entries()) copyView(views[index] as View<Float64Array>, viewOf(part.data, part.shape));
  return stored;
}

/**
 * The parts of a stored tensor, each row-major in its own axes, in arrays of the stored one's kind: itself where it is that already.
 *
 * @param scratch where they may go, under a name
 */
export function unpackParts<Data extends FloatArray>(
  layout: Layout,
  parts: readonly Part[],
  stored: Data,
  scratch = new Scratch(),
  name = '',
): Data[] {
  const fresh = (length: number) => (stored instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as Data;
  return partViews(layout, parts, stored).map((view, index) => {
    if (parts.length === 1 && isInOrder(view)) return stored;
    const size = view.shape.reduce((product, length) => product * length, 1);
    const data = scratch.take(`${name} ${index}`, size, fresh);
    copyView(viewOf(data, view.shape), view);
    return data;
  });
}

/** Whether a view goes through its data from the first element to the last. */
function isInOrder({ shape, stride, offset }: View<FloatArray>): boolean {
  let next = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (stride[axis] !== next && shape[axis] !== 1) return false;
    next *= shape[axis] as number;
  }
  return offset === 0;
}
