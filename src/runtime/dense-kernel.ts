/**
 * The inner loop of dense matrices, as a WebAssembly function of 200 bytes: it has what JavaScript lacks, two float64 in one operation, and is
 * three times as fast. Each sum runs in float64 over the columns in their order, so results are those of a plain loop, bit for bit: that is what
 * computes where there is no WebAssembly, or a page's policy does not let it be made.
 */

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

/** What is used of it: TypeScript has its types among those of browsers only. */
interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
}

let kernel: DenseKernel | null = null;

/** The one kernel there is: its memory is scratch, of no meaning between calls. */
export function denseKernel(): DenseKernel {
  kernel ??= assembledKernel((globalThis as unknown as { readonly WebAssembly?: Assembly }).WebAssembly) ?? plainKernel();
  return kernel;
}

const FLOAT64 = 8;
const PAGE = 65_536;

/** Null where there is none to be had. */
export function assembledKernel(assembly: Assembly | undefined): DenseKernel | null {
  const exports = assembly === undefined ? null : instantiate(assembly);
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

/** What stands in the way is the host's own: a policy, or a machine without vectors. */
function instantiate({ Module, Instance }: Assembly): Exports | null {
  try {
    return new Instance(new Module(moduleBytes())).exports;
  } catch {
    return null;
  }
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

type Code = readonly number[];

/** A number in LEB128. Where it stands for a signed one, as in `i32.const`, it is one whose last byte is below 64. */
function leb(value: number): Code {
  return value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))];
}

// the function's parameters and locals, in the order of `moduleBytes`
const [PANEL, WEIGHTS, SUMS, COLUMNS, TILES, WEIGHT, COLUMN] = [0, 1, 2, 3, 4, 5, 6];
/** Two sums each: row 0's first two tokens, its last two, row 1's, … */
const TOTALS = [7, 8, 9, 10, 11, 12, 13, 14];
const [LOW, HIGH, SPLAT, ZERO] = [15, 16, 17, 18];

const END: Code = [0x0b];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const move = (from: number, to: number): Code => [...get(from), ...set(to)];
const add = (local: number, amount: number): Code => [...get(local), 0x41, ...leb(amount), 0x6a, ...set(local)];
const vector = (operation: number): Code => [0xfd, ...leb(operation)];
/** An operation on memory, of eight bytes' alignment, so many bytes behind the address. */
const inMemory = (operation: number, offset: number): Code => [...vector(operation), 3, ...leb(offset)];
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
/** Repeats `body` and takes one from `counter` until that is zero. */
const loop = (counter: number, body: Code): Code => [0x03, 0x40, ...body, ...get(counter), 0x41, 1, 0x6b, ...tee(counter), 0x0d, 0, ...END];

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

/** A module (WebAssembly core specification 2.0, section 5.5) of one function of five numbers and one memory. */
function moduleBytes(): Uint8Array {
  const [I32, V128] = [0x7f, 0x7b];
  const sized = (bytes: Code): Code => [...leb(bytes.length), ...bytes];
  const section = (id: number, ...items: readonly Code[]): Code => [id, ...sized([items.length, ...items.flat()])];
  const name = (text: string): Code => sized(Array.from(text, (letter) => letter.charCodeAt(0)));
  // two locals that are numbers, and twelve that are vectors, all zero at the start
  const body = [2, 2, I32, 12, V128, ...tileLoop(), ...END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 5, I32, I32, I32, I32, I32, 0]),
    ...section(3, [0]),
    ...section(5, [0, 1]),
    ...section(7, [...name('memory'), 2, 0], [...name('multiply'), 0, 0]),
    ...section(10, sized(body)),
  ]);
}
