/** Which token an answer in the stream stands for, by the contract of the map: the one whose code has the largest cosine with it. */
import type { SeedFeatureRecord, SeedMap } from '../../checkpoint/map/seed/seed-map.ts';

/** Finds the token of an answer among `ids`; its place in that list. */
export type TokenReader = (stream: ArrayLike<number>, start: number) => number;

/** @param feature the record of an answer that lies in a position of the stream */
export function tokenReader(
  { code, host }: Pick<SeedMap, 'code' | 'host'>,
  feature: Pick<SeedFeatureRecord, 'dims' | 'code'>,
  ids: ArrayLike<number>,
): TokenReader {
  const { dims } = feature;
  const { columns, rows } = feature.code ?? code;
  const reference = host?.reference ?? null;
  const codes = Array.from({ length: ids.length }, (_, at) => {
    const token = ids[at] ?? 0;
    return rows === undefined ? codeOf(columns, token, dims.length) : alike(rows(token));
  });
  return (stream, start) => {
    const mean = reference === null ? 0 : (stream[start + reference] ?? Number.NaN);
    const held = dims.map((dim) => (stream[start + dim] ?? Number.NaN) - mean);
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (const [at, code] of codes.entries()) {
      let sum = 0;
      for (let d = 0; d < code.length; d++) sum += (code[d] ?? 0) * (held[d] ?? 0);
      if (sum > highest) [best, highest] = [at, sum];
    }
    return best;
  };
}

/** Of length one: the answer is the code with the largest cosine. */
function alike(code: ArrayLike<number>): Float64Array {
  const root = Math.sqrt(Array.from(code).reduce((sum, value) => sum + value * value, 0));
  return Float64Array.from(code, (value) => (root > 0 ? value / root : 0));
}

/** Entry d is 1 − 2·parity(token AND columns[d]). */
function codeOf(columns: readonly number[], token: number, length: number): Int8Array {
  return Int8Array.from({ length }, (_, d) => (isOdd(token & (columns[d] ?? 0)) ? -1 : 1));
}

function isOdd(word: number): boolean {
  let bits = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) bits ^= 1;
  return bits === 1;
}
