/** A checked read of an array of numbers, for arguments that must not go on with what is not there. */

/** The number at an index. That there is none is a fault of ours: read unchecked, a bound would become no number, and hold nothing back. */
export function numberAt(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no number ${index} among ${values.length}`);
  return value;
}

/** The same of one kind of array alone, for the innermost loops: a read that has met several kinds of array is many times as slow. */
export function floatAt(values: Float64Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no number ${index} among ${values.length}`);
  return value;
}

/** The same of indices. */
export function indexAt(values: Int32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no number ${index} among ${values.length}`);
  return value;
}

/** The number of a key, likewise. */
export function numberOf<Key>(values: ReadonlyMap<Key, number>, key: Key): number {
  const value = values.get(key);
  if (value === undefined) throw new RangeError(`there is no number for ${String(key)} among ${values.size}`);
  return value;
}
