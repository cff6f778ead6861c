/**
 * From uniform words to normal numbers, by additions, multiplications, divisions and square roots alone: IEEE 754 gives those the same
 * bits on every machine, which it does not for logarithms and sines.
 */

const view = new DataView(new ArrayBuffer(8));

/** 1 / n for odd n up to 21: the series of atanh. t is below 0.172, so the tenth odd power is the last that counts. */
export const ATANH = [1 / 21, 1 / 19, 1 / 17, 1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1] as const;
const [LAST, NINETEENTH, SEVENTEENTH, FIFTEENTH, THIRTEENTH, ELEVENTH, NINTH, SEVENTH, FIFTH, THIRD] = ATANH;

/** The natural logarithm of significand · 2^exponent, to about 1e-16: 2·atanh((m − 1)/(m + 1)) of a significand m from 1 to 2, by its series. */
export function logOf(significand: number, exponent: number): number {
  const isLarge = significand > Math.SQRT2;
  const m = isLarge ? significand / 2 : significand;
  const t = (m - 1) / (m + 1);
  const s = t * t;
  const low = ((((LAST * s + NINETEENTH) * s + SEVENTEENTH) * s + FIFTEENTH) * s + THIRTEENTH) * s + ELEVENTH;
  const sum = ((((low * s + NINTH) * s + SEVENTH) * s + FIFTH) * s + THIRD) * s + 1;
  return (isLarge ? exponent + 1 : exponent) * Math.LN2 + 2 * t * sum;
}

/** The natural logarithm of a positive normal number. */
export function portableLog(x: number): number {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  view.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  return logOf(view.getFloat64(0), (high >>> 20) - 1023);
}

/**
 * The standard normal quantile of `p` in (0, 1), to about 1e-16.
 * Source: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution" (1988), routine PPND16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -CENTRE && q <= CENTRE) return centralQuantile(q);
  const value = tailQuantile(Math.sqrt(-portableLog(q < 0 ? p : 1 - p)));
  return q < 0 ? -value : value;
}

/** How far from a half the middle part reaches. */
export const CENTRE = 0.425;

type Eight = readonly [number, number, number, number, number, number, number, number];

/** A quotient of two polynomials, their coefficients from the highest, and what its argument is measured from. */
interface Rational {
  readonly offset: number;
  readonly numerator: Eight;
  readonly denominator: Eight;
}

export const CENTRAL: Rational = {
  offset: 0.180625,
  numerator: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513, 133.14166789178438,
    3.3871328727963665,
  ],
  denominator: [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579, 42.31333070160091,
    1,
  ],
};

export const OUTER: Rational = {
  offset: 1.6,
  numerator: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691,
    4.630337846156546, 1.4234371107496835,
  ],
  denominator: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038,
    2.053191626637759, 1,
  ],
};

const [A7, A6, A5, A4, A3, A2, A1, A0] = CENTRAL.numerator;
const [B7, B6, B5, B4, B3, B2, B1] = CENTRAL.denominator;
const [C7, C6, C5, C4, C3, C2, C1, C0] = OUTER.numerator;
const [D7, D6, D5, D4, D3, D2, D1] = OUTER.denominator;

/** The quantile of q + 1/2. */
export function centralQuantile(q: number): number {
  const r = CENTRAL.offset - q * q;
  return (
    (q * (((((((A7 * r + A6) * r + A5) * r + A4) * r + A3) * r + A2) * r + A1) * r + A0)) /
    (((((((B7 * r + B6) * r + B5) * r + B4) * r + B3) * r + B2) * r + B1) * r + 1)
  );
}

/** How far out the quantile of a small p lies. @param tail the root of -log p */
export function tailQuantile(tail: number): number {
  if (tail <= 5) {
    const r = tail - OUTER.offset;
    return (
      (((((((C7 * r + C6) * r + C5) * r + C4) * r + C3) * r + C2) * r + C1) * r + C0) /
      (((((((D7 * r + D6) * r + D5) * r + D4) * r + D3) * r + D2) * r + D1) * r + 1)
    );
  }
  const r = tail - 5;
  return (
    (((((((2.0103343992922881e-7 * r + 2.7115555687434876e-5) * r + 0.0012426609473880784) * r + 0.026532189526576124) * r +
      0.29656057182850487) *
      r +
      1.7848265399172913) *
      r +
      5.463784911164114) *
      r +
      6.657904643501103) /
    (((((((2.0442631033899397e-15 * r + 1.421511758316446e-7) * r + 1.8463183175100548e-5) * r + 0.0007868691311456133) * r +
      0.014875361290850615) *
      r +
      0.1369298809227358) *
      r +
      0.599832206555888) *
      r +
      1)
  );
}
