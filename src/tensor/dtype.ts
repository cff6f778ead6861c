/**
 * The numbers that a checkpoint stores: how float64 values become bytes (rounded to nearest, ties to even, once) and bytes values.
 * Little-endian on every machine.
 */

/** What raspc writes weights as. */
export const DTYPES = ['f32', 'f16', 'bf16'] as const;
export type Dtype = (typeof DTYPES)[number];

/** What raspc reads weights from. */
export type ReadableDtype = Dtype | 'f64';

/** Decoded values: as `Float32Array` where that holds every value exactly, else as `Float64Array`. */
export type FloatArray = Float32Array | Float64Array;

interface BinaryFormat {
  readonly bytes: number;
  /** Stored bits of the significand, without the implicit one. */
  readonly significand: number;
  /** Exponent of the smallest normal number. */
  readonly least: number;
  /** The largest finite number. */
  readonly largest: number;
}

/** IEEE 754-2008 table 3.5 for binary16, 32 and 64; bfloat16 is binary32 without its lower 16 bits. */
const FORMATS: Readonly<Record<ReadableDtype, BinaryFormat>> = {
  f64: { bytes: 8, significand: 52, least: -1022, largest: Number.MAX_VALUE },
  f32: { bytes: 4, significand: 23, least: -126, largest: (2 - 2 ** -23) * 2 ** 127 },
  f16: { bytes: 2, significand: 10, least: -14, largest: 65504 },
  bf16: { bytes: 2, significand: 7, least: -126, largest: (2 - 2 ** -7) * 2 ** 127 },
};

/** Bytes of one element. */
export function dtypeBytes(dtype: ReadableDtype): number {
  return FORMATS[dtype].bytes;
}

/** The largest finite number of a dtype. */
export function largestOf(dtype: ReadableDtype): number {
  return FORMATS[dtype].largest;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Bits of a 16-bit format's nearest number. Rounds from float64 at once, since going through float32 would round twice. */
function bits16(value: number, format: BinaryFormat): number {
  const { significand, least } = format;
  const infinity = 0x7fff & ~((1 << significand) - 1);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (Number.isNaN(value)) return infinity | (1 << (significand - 1));
  scratch.setFloat64(0, value);
  const exponent = Math.max(((scratch.getUint32(0) >>> 20) & 0x7ff) - 1023, least);
  const steps = Math.abs(value) * 2 ** (significand - exponent);
  if (!(steps < 2 ** 52)) return sign | infinity;
  // adding and subtracting 2^52 leaves the nearest integer, ties to even; a carry into the exponent is the right next number
  const rounded = steps + 2 ** 52 - 2 ** 52;
  return sign | Math.min((exponent - least) * 2 ** significand + rounded, infinity);
}

/** {@link bits16} of a float32 number, from its own bits where that is enough: what is added carries into the exponent, which is right. */
function halfOf(dtype: 'f16' | 'bf16', word: number, value: number): number {
  const magnitude = word & 0x7fffffff;
  const sign = (word >>> 16) & 0x8000;
  if (dtype === 'bf16' && magnitude <= 0x7f800000) return sign | ((magnitude + 0x7fff + ((word >>> 16) & 1)) >>> 16);
  if (dtype === 'f16' && magnitude >= F16_LEAST && magnitude < F16_BEYOND)
    return sign | (((magnitude + 0xfff + ((word >>> 13) & 1)) >>> 13) - F16_BIAS);
  return bits16(value, FORMATS[dtype]);
}

/** Of the bits of float32: 2^-14 and 2^15 (the largest of all is 65504, so that nothing between becomes infinite), and the exponents' difference. */
const F16_LEAST = 0x38800000;
const F16_BEYOND = 0x47000000;
const F16_BIAS = 112 << 10;

/** Rounds float32 numbers to those of a half in place. */
export function roundInto(dtype: 'f16' | 'bf16', values: Float32Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const bits = halfOf(dtype, words[i] as number, values[i] as number);
    values[i] = dtype === 'bf16' ? fromBf16(bits) : fromF16(bits);
  }
}

/** The stored value nearest to `value`, as a float64; infinite where `value` is beyond the range. */
export function roundTo(dtype: ReadableDtype, value: number): number {
  switch (dtype) {
    case 'f64':
      return value;
    case 'f32':
      return Math.fround(value);
    case 'f16':
      return nearest(value, FORMATS.f16, 65_504);
    case 'bf16':
      return nearest(value, FORMATS.bf16, BF16_LARGEST);
  }
}

/** The largest of bfloat16: (2 - 2^-7) · 2^127. */
const BF16_LARGEST = (2 - 2 ** -7) * 2 ** 127;

/** One float64, and its bits: the lower word, and the upper one with sign and exponent. */
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const EXPONENT = 0x7ff;
const BIAS = 1023;
/** Bits of the significand of a float64 behind the leading one, and those of them in the upper word. */
const FRACTION = 52;
const UPPER = 20;

function nearest(value: number, { significand, least }: BinaryFormat, largest: number): number {
  const size = Math.abs(value);
  if (!(size < 2 ** 200)) return value;
  float[0] = size;
  const exponent = Math.max(((words[1] as number) >>> UPPER) & EXPONENT, least + BIAS);
  // float64 has no finer numbers than the format's behind this one: adding and subtracting it leaves the nearest, ties to even
  words[0] = 0;
  words[1] = (exponent + FRACTION - significand) << UPPER;
  const coarse = float[0];
  const rounded = size + coarse - coarse;
  const own = rounded > largest ? Number.POSITIVE_INFINITY : rounded;
  return value < 0 || Object.is(value, -0) ? -own : own;
}

/** The least stored value that is not below a positive `value`. */
export function roundUpTo(dtype: Dtype, value: number): number {
  const unit = spacingAt(dtype, value);
  return Math.ceil(value / unit) * unit;
}

/** The distance from a positive `value`, or from the number below it, to the next larger number. */
export function spacingAt(dtype: Dtype, value: number): number {
  const { significand, least } = FORMATS[dtype];
  return 2 ** (Math.max(Math.floor(Math.log2(value)), least) - significand);
}

/** Bits of a number's significand, the leading one included. */
export function precisionOf(dtype: Dtype): number {
  return FORMATS[dtype].significand + 1;
}

/** The largest power of two of which a number is a multiple, not below `least`: 0 where there is none. Of 0 infinity. */
export function unitOf(value: number, least: number): number {
  if (value === 0) return Number.POSITIVE_INFINITY;
  float[0] = value;
  const [lower, upper] = words as unknown as [number, number];
  const exponent = ((upper >>> UPPER) & EXPONENT) - BIAS;
  if (exponent === -BIAS || exponent > BIAS) return 0;
  const leading = (upper & ((1 << UPPER) - 1)) | (1 << UPPER);
  const zeros = lower === 0 ? 32 + trailingZeros(leading) : trailingZeros(lower);
  const unit = 2 ** (exponent - FRACTION + zeros);
  return unit >= least ? unit : 0;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function fromF16(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (fraction + 1024) * 2 ** (exponent - 25);
}

/** What all halves stand for: looked up in a twentieth of the time that it takes to work one out. */
let halves: Float32Array | null = null;

function fromBf16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Bytes of `values` in `dtype`, little-endian. Values beyond its range become infinite: whoever stores weights checks that first. */
export function encode(dtype: Dtype, values: ArrayLike<number>): Uint8Array {
  const { bytes } = FORMATS[dtype];
  const view = new DataView(new ArrayBuffer(values.length * bytes));
  if (dtype === 'f32') {
    for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true);
  } else if (values instanceof Float32Array) {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i++) view.setUint16(i * 2, halfOf(dtype, words[i] as number, values[i] as number), true);
  } else {
    const format = FORMATS[dtype];
    for (let i = 0; i < values.length; i++) view.setUint16(i * 2, bits16(values[i] as number, format), true);
  }
  return new Uint8Array(view.buffer);
}

/** The values in `bytes`, whose length must be a multiple of the dtype's. Exact. */
export function decode(dtype: ReadableDtype, bytes: Uint8Array): FloatArray {
  const values = valuesFor(dtype, bytes.byteLength / FORMATS[dtype].bytes);
  decodeInto(values, 0, dtype, bytes);
  return values;
}

/** Room for so many values of a dtype. */
export function valuesFor(dtype: ReadableDtype, count: number): FloatArray {
  return dtype === 'f64' ? new Float64Array(count) : new Float32Array(count);
}

/** Decodes bytes to where the values from `at` on are. */
export function decodeInto(values: FloatArray, at: number, dtype: ReadableDtype, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / FORMATS[dtype].bytes;
  switch (dtype) {
    case 'f64':
      for (let i = 0; i < count; i++) values[at + i] = view.getFloat64(i * 8, true);
      break;
    case 'f32':
      for (let i = 0; i < count; i++) values[at + i] = view.getFloat32(i * 4, true);
      break;
    case 'f16':
      halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromF16(bits));
      for (let i = 0; i < count; i++) values[at + i] = halves[view.getUint16(i * 2, true)] as number;
      break;
    case 'bf16':
      for (let i = 0; i < count; i++) values[at + i] = fromBf16(view.getUint16(i * 2, true));
      break;
  }
}
