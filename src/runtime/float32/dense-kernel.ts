/**
 * The inner loop of dense matrices, as a WebAssembly function of 200 bytes: it has what JavaScript lacks, two float64 in one operation, and is
 * three times as fast. Each sum runs in float64 over the columns in their order, so results are those of a plain loop, bit for bit: that is what
 * computes where there is no WebAssembly, or a page's policy does not let it be made.
 */

import {
  type AssembledFunction,
  type Assembly,
  add,
  type Code,
  get,
  hostAssembly,
  I32,
  inMemory,
  instantiate,
  loop,
  moduleBytes,
  move,
  set,
  V128,
  vector,
} from '../../tensor/assembly/assemble.ts';

/** Rows and tokens of a tile: its 16 sums stay in registers. */
export const TILE = 4;

export interface DenseKernel {
  /** The kernel's memory as it is now, at least so many float64 long. Growing it makes views that were taken before useless. */
  memory(length: number): Float64Array;
  /**
   * The products of four rows with some tokens. All places are numbers of a float64 in the memory: `panel` is `[tile, column, token of the
   * tile]`, `weights` `[column, row]`, `sums` (written) `[tile, row, token of the tile]`. There is at least one column and one tile.
   */
  multiply(panel: number, weights: number, sums: number, columns: number, tiles: number): void;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  multiply(panel: number, weights: number, sums: number, columns: number, tiles: number): void;
}

let kernel: DenseKernel | null = null;

/** The one kernel there is: its memory is scratch, of no meaning between calls. */
export function denseKernel(): DenseKernel {
  kernel ??= assembledKernel(hostAssembly()) ?? plainKernel();
  return kernel;
}

const FLOAT64 = 8;
const PAGE = 65_536;

/** Null where there is none to be had. */
export function assembledKernel(assembly: Assembly | undefined): DenseKernel | null {
  const exports = instantiate<Exports>(assembly, moduleBytes(multiplyFunction()));
  if (exports === null) return null;
  const { memory, multiply } = exports;
  return {
    memory(length) {
      const missing = length * FLOAT64 - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      return new Float64Array(memory.buffer);
    },
    multiply: (panel, weights, sums, columns, tiles) => multiply(panel * FLOAT64, weights * FLOAT64, sums * FLOAT64, columns, tiles),
  };
}

/** The same sums, in the same order. */
export function plainKernel(): DenseKernel {
  let data = new Float64Array(PAGE / FLOAT64);
  return {
    memory(length) {
      if (length > data.length) {
        const longer = new Float64Array(length);
        longer.set(data);
        data = longer;
      }
      return data;
    },
    multiply(panel, weights, sums, columns, tiles) {
      for (let tile = 0; tile < tiles; tile++) {
        for (let row = 0; row < TILE; row++) {
          for (let token = 0; token < TILE; token++) {
            let sum = 0;
            let at = panel + tile * columns * TILE + token;
            for (let column = 0; column < columns; column++, at += TILE) {
              sum += (data[weights + column * TILE + row] as number) * (data[at] as number);
            }
            data[sums + (tile * TILE + row) * TILE + token] = sum;
          }
        }
      }
    },
  };
}

// the function's parameters and locals, in order
const [PANEL, WEIGHTS, SUMS, COLUMNS, TILES, WEIGHT, COLUMN] = [0, 1, 2, 3, 4, 5, 6];
/** Two sums each: row 0's first two tokens, its last two, row 1's, … */
const TOTALS = [7, 8, 9, 10, 11, 12, 13, 14];
const [LOW, HIGH, SPLAT, ZERO] = [15, 16, 17, 18];

const load = (address: number, offset: number, to: number): Code => [...get(address), ...inMemory(0x00, offset), ...set(to)];
const loadTwice = (address: number, offset: number, to: number): Code => [...get(address), ...inMemory(0x0a, offset), ...set(to)];
const store = (address: number, offset: number, from: number): Code => [...get(address), ...get(from), ...inMemory(0x0b, offset)];
const multiplyAdd = (total: number, a: number, b: number): Code => [
  ...get(total),
  ...get(a),
  ...get(b),
  ...vector(0xf2), // f64x2.mul
  ...vector(0xf0), // f64x2.add
  ...set(total),
];
function tileLoop(): Code {
  const perRow = TILE * FLOAT64;
  const column = [
    ...load(PANEL, 0, LOW),
    ...load(PANEL, 2 * FLOAT64, HIGH),
    ...Array.from({ length: TILE }, (_, row) => row).flatMap((row) => [
      ...loadTwice(WEIGHT, row * FLOAT64, SPLAT),
      ...multiplyAdd(TOTALS[2 * row] as number, SPLAT, LOW),
      ...multiplyAdd(TOTALS[2 * row + 1] as number, SPLAT, HIGH),
    ]),
    ...add(PANEL, perRow),
    ...add(WEIGHT, perRow),
  ];
  return loop(TILES, [
    ...move(WEIGHTS, WEIGHT),
    ...move(COLUMNS, COLUMN),
    ...TOTALS.flatMap((total) => move(ZERO, total)),
    ...loop(COLUMN, column),
    ...TOTALS.flatMap((total, i) => store(SUMS, 2 * i * FLOAT64, total)),
    ...add(SUMS, TILE * perRow),
  ]);
}

function multiplyFunction(): AssembledFunction {
  return {
    name: 'multiply',
    pages: 1,
    parameters: [I32, I32, I32, I32, I32],
    // two that are numbers, and twelve that are vectors, all zero at the start
    locals: [
      { count: 2, type: I32 },
      { count: 12, type: V128 },
    ],
    body: tileLoop(),
  };
}
