/**
 * The inner loop of drawing as a WebAssembly function, four times as fast as the loops in `draw-tensor.ts`, whose numbers it gives bit for
 * bit: Philox on four blocks at once, then the quantile's middle part for every word, then its outer part for those that lie there, by the
 * same operations of float64 in the same order.
 */

import {
  type Assembly,
  add,
  type Code,
  END,
  F64,
  get,
  hostAssembly,
  I32,
  instantiate,
  int,
  leb,
  loop,
  moduleBytes,
  move,
  set,
  V128,
  vector,
} from '../../tensor/assembly/assemble.ts';
import { ATANH, CENTRAL, OUTER } from './normal.ts';
import { MULTIPLIERS, ROUNDS, WEYL } from './philox.ts';

/** Words that are made together; a multiple of 16. */
export const CHUNK = 4096;

/** Draws {@link CHUNK} numbers from this block on: the view that is returned is valid until the next call. */
export type DrawKernel = (block: number, key0: number, key1: number, deviation: number) => Float32Array;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  draw(low: number, high: number, key0: number, key1: number, groups: number, deviation: number): void;
}

let kernel: DrawKernel | null | undefined;

/** Null where there is no WebAssembly. */
export function drawKernel(): DrawKernel | null {
  kernel ??= assembledDraw(hostAssembly());
  return kernel;
}

/** Null where there is none to be had. */
export function assembledDraw(assembly: Assembly | undefined): DrawKernel | null {
  const exports = instantiate<Exports>(assembly, moduleBytes(drawFunction()));
  if (exports === null) return null;
  const drawn = new Float32Array(exports.memory.buffer, 0, CHUNK);
  return (block, key0, key1, deviation) => {
    exports.draw(block | 0, Math.floor(block / 2 ** 32) | 0, key0, key1, CHUNK / 16, deviation);
    return drawn;
  };
}

/** Bytes of a number of 32 bits. */
const WORD = 4;
/** In the memory: the numbers, then the outer words, where each belongs, and where one belongs that pads. */
const WORDS = CHUNK * WORD;
const PLACES = WORDS + (CHUNK + 2) * WORD;
const NOWHERE = PLACES + (CHUNK + 2) * WORD;

/** Words whose distance from either end is less lie in the outer part: 0.075 · 2^32, less the half that the quantile adds. */
const OUTER_BELOW = 322_122_547;

const [LOW, HIGH, KEY0, KEY1, GROUPS, DEVIATION] = [0, 1, 2, 3, 4, 5];
/** Where the next number goes, and how many bytes of outer words were found. */
const [OUT, FOUND] = [6, 7];
const WIDE = 8;
/** The four components of the counter, then names for what is at hand. */
const C = [WIDE, WIDE + 1, WIDE + 2, WIDE + 3];
const [PRODUCT0, PRODUCT1, PRODUCT2, PRODUCT3] = [WIDE + 4, WIDE + 5, WIDE + 6, WIDE + 7];
const ROW = [WIDE + 8, WIDE + 9, WIDE + 10, WIDE + 11];
const [REST, BEYOND, Q, R, FIRST, M, SCALE, COUNTER, FACTOR0, FACTOR1] = Array.from({ length: 10 }, (_, i) => WIDE + 12 + i) as [
  ...Ten<number>,
];
type Ten<T> = [T, T, T, T, T, T, T, T, T, T];
const KEYS = WIDE + 22;
const WIDE_LOCALS = 22 + 2 * ROUNDS;

const op = {
  load64: 0x5d,
  store: 0x0b,
  constant: 0x0c,
  shuffle: 0x0d,
  splat32: 0x11,
  splatF64: 0x14,
  lane32: 0x1b,
  lessThan32: 0x39,
  greaterF64: 0x4a,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  select: 0x52,
  demote: 0x5e,
  shiftSigned32: 0xac,
  add32: 0xae,
  shift64: 0xcd,
  productLow: 0xde,
  productHigh: 0xdf,
  sqrt: 0xef,
  negate: 0xed,
  add: 0xf0,
  subtract: 0xf1,
  multiply: 0xf2,
  divide: 0xf3,
  fromSigned: 0xfe,
  fromUnsigned: 0xff,
} as const;

const on = (operation: number, ...operands: readonly Code[]): Code => [...operands.flat(), ...vector(operation)];
/** Both lanes this float64. */
const float = (value: number): Code => {
  const bytes = new Uint8Array(Float64Array.of(value, value).buffer);
  return [...vector(op.constant), ...bytes];
};
/** All four lanes this number of 32 bits. */
const words = (value: number): Code => [...vector(op.constant), ...new Uint8Array(Int32Array.of(value, value, value, value).buffer)];
/** Both lanes these 64 bits. */
const bits = (high: number, low: number): Code => [
  ...vector(op.constant),
  ...new Uint8Array(Int32Array.of(low | 0, high | 0, low | 0, high | 0).buffer),
];
/** Lanes of 32 bits of two vectors, those of the second numbered from 4. */
const lanes = (a: Code, b: Code, chosen: readonly number[]): Code => [
  ...a,
  ...b,
  ...vector(op.shuffle),
  ...chosen.flatMap((lane) => [0, 1, 2, 3].map((byte) => WORD * lane + byte)),
];
const lane = (a: Code, index: number): Code => [...a, ...vector(op.lane32), index];
/** a polynomial's value, its coefficients from the highest. */
const polynomial = (x: Code, [first, ...others]: readonly number[]): Code =>
  others.reduce((sum, coefficient) => on(op.add, on(op.multiply, sum, x), float(coefficient)), float(first as number));

/** One round: the products' halves change places with the other components. */
function philoxRound(round: number): Code {
  const [c0, c1, c2, c3] = C.map(get) as [Code, Code, Code, Code];
  const high = (a: number, b: number): Code => lanes(get(a), get(b), [1, 3, 5, 7]);
  const low = (a: number, b: number): Code => lanes(get(a), get(b), [0, 2, 4, 6]);
  return [
    ...on(op.productLow, c0, get(FACTOR0)),
    ...set(PRODUCT0),
    ...on(op.productHigh, c0, get(FACTOR0)),
    ...set(PRODUCT1),
    ...on(op.productLow, c2, get(FACTOR1)),
    ...set(PRODUCT2),
    ...on(op.productHigh, c2, get(FACTOR1)),
    ...set(PRODUCT3),
    ...on(op.xor, on(op.xor, high(PRODUCT2, PRODUCT3), c1), get(KEYS + round)),
    ...set(C[0] as number),
    ...low(PRODUCT2, PRODUCT3),
    ...set(C[1] as number),
    ...on(op.xor, on(op.xor, high(PRODUCT0, PRODUCT1), c3), get(KEYS + ROUNDS + round)),
    ...set(C[2] as number),
    ...low(PRODUCT0, PRODUCT1),
    ...set(C[3] as number),
  ];
}

/** From components of four blocks to the words of each. */
function transpose(): Code {
  const [c0, c1, c2, c3] = C.map(get) as [Code, Code, Code, Code];
  const pairs = [PRODUCT0, PRODUCT1, PRODUCT2, PRODUCT3] as const;
  const side = (to: number, a: Code, b: Code, chosen: readonly number[]): Code => [...lanes(a, b, chosen), ...set(to)];
  const [low01, low23, high01, high23] = pairs.map(get) as [Code, Code, Code, Code];
  return [
    ...side(PRODUCT0, c0, c1, [0, 4, 1, 5]),
    ...side(PRODUCT1, c2, c3, [0, 4, 1, 5]),
    ...side(PRODUCT2, c0, c1, [2, 6, 3, 7]),
    ...side(PRODUCT3, c2, c3, [2, 6, 3, 7]),
    ...side(ROW[0] as number, low01, low23, [0, 1, 4, 5]),
    ...side(ROW[1] as number, low01, low23, [2, 3, 6, 7]),
    ...side(ROW[2] as number, high01, high23, [0, 1, 4, 5]),
    ...side(ROW[3] as number, high01, high23, [2, 3, 6, 7]),
  ];
}

/** Two float32, in the lower lanes: the scaled quantile's middle part at two words in the lower lanes. */
function central(pair: Code): Code {
  return [
    ...on(op.subtract, on(op.multiply, on(op.add, on(op.fromUnsigned, pair), float(0.5)), float(2 ** -32)), float(0.5)),
    ...set(Q),
    ...on(op.subtract, float(CENTRAL.offset), on(op.multiply, get(Q), get(Q))),
    ...set(R),
    ...on(
      op.demote,
      on(
        op.multiply,
        get(SCALE),
        on(op.divide, on(op.multiply, get(Q), polynomial(get(R), CENTRAL.numerator)), polynomial(get(R), CENTRAL.denominator)),
      ),
    ),
  ];
}

/** Four words: their numbers, as if they all lay in the middle, and a list of those that do not. */
function row(local: number): Code {
  const word = get(local);
  const listed = [0, 1, 2, 3].flatMap(
    (i): Code => [
      ...[...get(FOUND), ...lane(word, i), 0x36, 2, ...leb(WORDS)],
      ...[...get(FOUND), ...get(OUT), ...int(i * WORD), 0x6a, 0x36, 2, ...leb(PLACES)],
      ...[...get(FOUND), ...lane(get(BEYOND), i), 0x6a, ...set(FOUND)],
    ],
  );
  return [
    ...on(op.xor, word, [...word, ...int(31), ...vector(op.shiftSigned32)]),
    ...set(REST),
    ...on(op.and, on(op.lessThan32, get(REST), words(OUTER_BELOW)), words(WORD)),
    ...set(BEYOND),
    ...listed,
    ...central(word),
    ...set(FIRST),
    ...get(OUT),
    ...lanes(get(FIRST), central(lanes(word, word, [2, 3, 2, 3])), [0, 1, 4, 5]),
    ...[...vector(op.store), 2, 0],
    ...add(OUT, 4 * WORD),
  ];
}

/** The two outer words at {@link OUT} of the list: their numbers go where they belong. */
function outerPair(): Code {
  const word = [...get(OUT), ...vector(op.load64), 2, ...leb(WORDS)];
  const place = (i: number): Code => [...get(OUT), 0x28, 2, ...leb(PLACES + i * WORD)];
  // -1 where the word is in the upper half
  const isHigh = [...get(FIRST), ...int(31), ...vector(op.shiftSigned32)];
  return [
    ...word,
    ...set(FIRST),
    // 2 · rest + 1 is exact, and its bits are its logarithm's parts
    ...on(op.add, on(op.multiply, on(op.fromSigned, on(op.xor, get(FIRST), isHigh)), float(2)), float(1)),
    ...set(Q),
    ...on(op.or, on(op.and, get(Q), bits(0x000fffff, -1)), bits(0x3ff00000, 0)),
    ...set(M),
    // exponent, less the 33 of 2^-33 and what floats add to it, by way of 2^52
    ...on(op.subtract, on(op.or, [...get(Q), ...int(52), ...vector(op.shift64)], bits(0x43300000, 0)), float(2 ** 52 + 1023 + 33)),
    ...set(R),
    ...on(op.greaterF64, get(M), float(Math.SQRT2)),
    ...set(REST),
    ...[...on(op.multiply, get(M), float(0.5)), ...get(M), ...get(REST), ...vector(op.select), ...set(M)],
    ...on(op.add, get(R), on(op.and, get(REST), float(1))),
    ...set(R),
    ...on(op.divide, on(op.subtract, get(M), float(1)), on(op.add, get(M), float(1))),
    ...set(Q),
    ...on(op.multiply, get(Q), get(Q)),
    ...set(M),
    // the root of -log p, in R
    ...on(
      op.sqrt,
      on(
        op.negate,
        on(op.add, on(op.multiply, get(R), float(Math.LN2)), on(op.multiply, on(op.multiply, float(2), get(Q)), polynomial(get(M), ATANH))),
      ),
    ),
    ...on0(op.subtract, float(OUTER.offset)),
    ...set(R),
    ...on(op.divide, polynomial(get(R), OUTER.numerator), polynomial(get(R), OUTER.denominator)),
    ...set(Q),
    // the lower half's are below zero: bits of the sign, from lanes of 32 bits to lanes of 64
    ...on(op.xor, get(Q), on(op.and, lanes(on(op.xor, isHigh, words(-1)), words(0), [0, 0, 1, 1]), bits(0x80000000, 0))),
    ...set(Q),
    ...on(op.demote, on(op.multiply, get(SCALE), get(Q))),
    ...set(Q),
    ...[...place(0), ...lane(get(Q), 0), 0x36, 2, 0],
    ...[...place(1), ...lane(get(Q), 1), 0x36, 2, 0],
    ...add(OUT, 2 * WORD),
  ];
}

/** With the first operand on the stack. */
const on0 = (operation: number, second: Code): Code => [...second, ...vector(operation)];

function drawFunction() {
  const keys = Array.from({ length: ROUNDS }, (_, round) => [
    ...[...get(KEY0), ...int(Math.imul(round, WEYL[0])), 0x6a, ...vector(op.splat32), ...set(KEYS + round)],
    ...[...get(KEY1), ...int(Math.imul(round, WEYL[1])), 0x6a, ...vector(op.splat32), ...set(KEYS + ROUNDS + round)],
  ]).flat();
  const counter = [...vector(op.constant), ...new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer)];
  const group = [
    ...move(COUNTER, C[0] as number),
    ...[...get(HIGH), ...vector(op.splat32), ...set(C[1] as number)],
    ...[...words(0), ...set(C[2] as number), ...words(0), ...set(C[3] as number)],
    ...Array.from({ length: ROUNDS }, (_, round) => philoxRound(round)).flat(),
    ...transpose(),
    ...ROW.flatMap(row),
    ...on(op.add32, get(COUNTER), words(4)),
    ...set(COUNTER),
  ];
  return {
    name: 'draw',
    pages: 1,
    parameters: [I32, I32, I32, I32, I32, F64],
    locals: [
      { count: 2, type: I32 },
      { count: WIDE_LOCALS, type: V128 },
    ],
    body: [
      ...keys,
      ...[...get(DEVIATION), ...vector(op.splatF64), ...set(SCALE)],
      ...[...words(MULTIPLIERS[0]), ...set(FACTOR0), ...words(MULTIPLIERS[1]), ...set(FACTOR1)],
      ...on(op.add32, [...get(LOW), ...vector(op.splat32)], counter),
      ...set(COUNTER),
      ...loop(GROUPS, group),
      // an odd one is paired with one that goes nowhere
      ...[...get(FOUND), ...int(0), 0x36, 2, ...leb(WORDS)],
      ...[...get(FOUND), ...int(NOWHERE), 0x36, 2, ...leb(PLACES)],
      ...[...int(0), ...set(OUT)],
      ...[...get(FOUND), ...int(WORD), 0x6a, ...int(3), 0x76, ...set(FOUND)],
      // no pair, no loop
      ...[...get(FOUND), 0x04, 0x40, ...loop(FOUND, outerPair()), ...END],
    ],
  };
}
