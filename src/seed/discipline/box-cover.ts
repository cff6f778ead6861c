/**
 * A finite function of several variables as boxes: products of sets of values on which it has one value. Each box is one neuron step of one-hot
 * registers, whatever their scale.
 */

export interface Box {
  /** For each variable the values that the box takes; null: all of them. */
  readonly sets: readonly (ReadonlySet<number> | null)[];
  /** What the function is there. */
  readonly value: number;
}

/** Orders of variables that are tried where there are up to this many. */
const MOST_ORDERED = 4;

/**
 * Disjoint boxes that cover every combination but those that do not matter.
 *
 * @param entries the function's value at each combination, row-major over the variables; negative: does not matter
 */
export function boxCover(entries: ArrayLike<number>, sizes: readonly number[]): Box[] {
  let best: Box[] | null = null;
  for (const order of ordersOf(sizes.length)) {
    const boxes = coverInOrder(entries, sizes, order);
    if (best === null || boxes.length < best.length) best = boxes;
  }
  return best ?? [];
}

function ordersOf(count: number): number[][] {
  const natural = Array.from({ length: count }, (_, i) => i);
  if (count > MOST_ORDERED) return [natural, [...natural].reverse()];
  const orders: number[][] = [];
  const extend = (taken: number[]): void => {
    if (taken.length === count) orders.push(taken);
    for (const next of natural) if (!taken.includes(next)) extend([...taken, next]);
  };
  extend([]);
  return orders;
}

/** A decision diagram over the variables in this order: values that lead to the same function go together. */
function coverInOrder(entries: ArrayLike<number>, sizes: readonly number[], order: readonly number[]): Box[] {
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((product, size) => product * size, 1));
  const boxes: Box[] = [];
  /** The function of the remaining variables, with these offsets into the table that all behave alike. */
  const visit = (table: Int32Array, at: number, sets: (ReadonlySet<number> | null)[]): void => {
    const [first] = table.filter((value) => value >= 0);
    if (first === undefined) return;
    if (table.every((value) => value < 0 || value === first)) {
      boxes.push({ sets: sets.slice(), value: first });
      return;
    }
    const variable = order[at] as number;
    const size = sizes[variable] as number;
    const inner = table.length / size;
    const classes: { rest: Int32Array; members: Set<number> }[] = [];
    for (let v = 0; v < size; v++) {
      const rest = table.subarray(v * inner, (v + 1) * inner);
      const known = classes.find((each) => each.rest.every((value, i) => value < 0 || (rest[i] as number) < 0 || value === rest[i]));
      if (known === undefined) classes.push({ rest: rest.slice(), members: new Set([v]) });
      else {
        known.members.add(v);
        for (let i = 0; i < inner; i++) if ((known.rest[i] as number) < 0) known.rest[i] = rest[i] as number;
      }
    }
    for (const { rest, members } of classes) {
      const next = sets.slice();
      next[variable] = members.size === size ? null : members;
      visit(rest, at + 1, next);
    }
  };
  visit(
    reordered(entries, sizes, strides, order),
    0,
    sizes.map(() => null),
  );
  return boxes;
}

function reordered(entries: ArrayLike<number>, sizes: readonly number[], strides: readonly number[], order: readonly number[]): Int32Array {
  let offsets = [0];
  for (const variable of order) {
    const stride = strides[variable] as number;
    const size = sizes[variable] as number;
    offsets = offsets.flatMap((offset) => Array.from({ length: size }, (_, v) => offset + v * stride));
  }
  return Int32Array.from(offsets, (offset) => entries[offset] as number);
}

/** For each value of one variable the number of its class: values of one class have the same effect, whatever the others are. */
export function effectClasses(entries: ArrayLike<number>, sizes: readonly number[], at: number): Int32Array {
  const size = sizes[at] as number;
  const inner = sizes.slice(at + 1).reduce((product, each) => product * each, 1);
  const effects = Array.from({ length: size }, () => [] as number[]);
  for (let i = 0; i < entries.length; i++) effects[Math.floor(i / inner) % size]?.push(entries[i] as number);
  const known = new Map<string, number>();
  return Int32Array.from(effects, (effect) => {
    const key = effect.join();
    if (!known.has(key)) known.set(key, known.size);
    return known.get(key) as number;
  });
}
