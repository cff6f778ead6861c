/** Tokens of a tokenizer that stand for their class where inputs are made. */

/** Tokens of each class by which inputs are made: so many of them, evenly over the class. BOS is none of an input. */
const MEMBERS = 64;

/** @param turn another number takes other tokens: as many as a class has for each that is taken take all */
export function classMembers(classOf: ArrayLike<number>, count: number, bos: number | null, turn = 0): number[][] {
  const members = Array.from({ length: count }, (): number[] => []);
  for (let id = 0; id < classOf.length; id++) if (id !== bos) members[classOf[id] as number]?.push(id);
  return members.map((all) => {
    const step = Math.ceil(all.length / MEMBERS);
    return all.filter((_, i) => i % step === turn % step);
  });
}

/** One after the other, not in step with anything that repeats. */
export function memberAt(members: readonly number[], at: number): number {
  return members[(at * 37) % Math.max(1, members.length)] ?? 0;
}

/**
 * An input that does not have what stands first in a model.
 *
 * @param ids of each value the id that it is of
 */
export function withoutFirst(tokens: Uint32Array, ids: readonly number[], bos: number | null): Uint32Array {
  const first = bos === null ? -1 : ids.indexOf(bos);
  return first < 0 ? tokens : tokens.map((token) => (token === first ? (first + 1) % ids.length : token));
}
