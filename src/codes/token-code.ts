/**
 * Codes of ±1 for tokens, as words of a binary linear code: entry d of token t is the parity of the bits that t shares with column d.
 * Inner products depend on t XOR u alone, so one Walsh–Hadamard transform of the columns gives those of all pairs at once, and the
 * largest cosine of a whole vocabulary is computed, not estimated.
 */

export interface TokenCode {
  /** Entries of a code. */
  readonly length: number;
  readonly columns: readonly number[];
  /** Bits of a token id. */
  readonly bits: number;
}

/** How much more a difference of tokens counts for each entry in which the two agree: several are tried, as none is best for all sizes. */
const PRESSURES = [1.5, 1.75, 2, 2.5, 3];

/** In place: entry c becomes the sum over i of (−1)^(parity of c AND i)·entry i. */
function walshHadamard(values: Float64Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i] as number;
        const b = values[i + half] as number;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

function parity(word: number): number {
  let bits = word ^ (word >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  return (0x6996 >>> (bits & 15)) & 1;
}

/** A code of `length` entries for `vocab` tokens, the best of a few with the least largest cosine. */
export function tokenCode(vocab: number, length: number): TokenCode {
  const bits = Math.max(1, Math.ceil(Math.log2(vocab)));
  const codes = PRESSURES.map((pressure) => ({ length, bits, columns: greedyColumns(bits, length, pressure) }));
  const cosines = codes.map((code) => cosineSpectrum(code).largest);
  return codes[cosines.indexOf(Math.min(...cosines))] as TokenCode;
}

/**
 * Columns are chosen one by one: each the one under which the sum over all differences of pressure^(agreements − disagreements) becomes
 * least (the method of conditional expectations on the Gilbert–Varshamov argument), so that every prefix is a good code as well.
 */
function greedyColumns(bits: number, length: number, pressure: number): number[] {
  const size = 2 ** bits;
  const weight = new Float64Array(size).fill(1);
  const columns: number[] = [];
  for (let d = 0; d < length; d++) {
    // the difference 0 is no pair of tokens
    weight[0] = 0;
    const preference = weight.slice();
    walshHadamard(preference);
    let best = 1;
    for (let column = 2; column < size; column++) if ((preference[column] as number) < (preference[best] as number)) best = column;
    columns.push(best);
    for (let c = 1; c < size; c++) weight[c] = (weight[c] as number) * (parity(c & best) === 0 ? pressure : 1 / pressure);
  }
  return columns;
}

/** Entry `d` of a token's code: 1 or −1. */
export function codeEntry({ columns }: TokenCode, token: number, d: number): number {
  return 1 - 2 * parity(token & (columns[d] as number));
}

/** How the cosines of two different tokens are distributed, over the first `length` entries of their codes. */
export interface CosineSpectrum {
  readonly cosines: readonly number[];
  /** The part of all pairs that has each cosine. */
  readonly shares: readonly number[];
  readonly largest: number;
}

export function cosineSpectrum(code: TokenCode, length: number = code.length): CosineSpectrum {
  const size = 2 ** code.bits;
  const products = new Float64Array(size);
  for (const column of code.columns.slice(0, length)) products[column] = (products[column] as number) + 1;
  walshHadamard(products);
  const counts = new Map<number, number>();
  for (let c = 1; c < size; c++) counts.set(products[c] as number, (counts.get(products[c] as number) ?? 0) + 1);
  const entries = [...counts].sort(([a], [b]) => b - a);
  return {
    cosines: entries.map(([product]) => product / length),
    shares: entries.map(([, count]) => count / (size - 1)),
    largest: (entries[0]?.[0] ?? 0) / length,
  };
}
