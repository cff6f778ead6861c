/**
 * Enough of an assembler for the few inner loops that JavaScript has no instructions for: WebAssembly's bytes (core specification 2.0), and
 * what instantiates them where there is any to be had.
 */

export type Code = readonly number[];

/** A number in LEB128. Where it stands for a signed one, as in `i32.const`, it is one whose last byte is below 64: see {@link signed}. */
export function leb(value: number): Code {
  return value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))];
}

/** A signed number of 32 bits in LEB128. */
export function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

export const END: Code = [0x0b];
export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
export const move = (from: number, to: number): Code => [...get(from), ...set(to)];
/** A constant of 32 bits. */
export const int = (value: number): Code => [0x41, ...signed(value | 0)];
export const add = (local: number, amount: number): Code => [...get(local), ...int(amount), 0x6a, ...set(local)];
/** An operation on vectors of 128 bits. */
export const vector = (operation: number): Code => [0xfd, ...leb(operation)];
/** An operation on memory, of eight bytes' alignment, so many bytes behind the address. */
export const inMemory = (operation: number, offset: number): Code => [...vector(operation), 3, ...leb(offset)];
/** Repeats `body` and takes one from `counter` until that is zero. */
export const loop = (counter: number, body: Code): Code => [
  ...[0x03, 0x40, ...body],
  ...[...get(counter), ...int(1), 0x6b, ...tee(counter), 0x0d, 0, ...END],
];

export const [I32, F64, V128] = [0x7f, 0x7c, 0x7b];

/** One function of a module that has one memory of so many pages of 64 KiB. */
export interface AssembledFunction {
  readonly name: string;
  readonly pages: number;
  readonly parameters: readonly number[];
  /** Locals behind the parameters, in runs of one type. */
  readonly locals: readonly { readonly count: number; readonly type: number }[];
  readonly body: Code;
}

/** A module (section 5.5) of one function and one memory, both exported. */
export function moduleBytes({ name, pages, parameters, locals, body }: AssembledFunction): Uint8Array {
  const sized = (bytes: Code): Code => [...leb(bytes.length), ...bytes];
  const section = (id: number, ...items: readonly Code[]): Code => [id, ...sized([items.length, ...items.flat()])];
  const named = (text: string): Code => sized(Array.from(text, (letter) => letter.charCodeAt(0)));
  const code = [locals.length, ...locals.flatMap(({ count, type }) => [...leb(count), type]), ...body, ...END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, parameters.length, ...parameters, 0]),
    ...section(3, [0]),
    ...section(5, [0, pages]),
    ...section(7, [...named('memory'), 2, 0], [...named(name), 0, 0]),
    ...section(10, sized(code)),
  ]);
}

/** What is used of WebAssembly: TypeScript has its types among those of browsers only. */
export interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** What the machine has. */
export function hostAssembly(): Assembly | undefined {
  return (globalThis as unknown as { readonly WebAssembly?: Assembly }).WebAssembly;
}

/** A module's exports. Null where there are none to be had: what stands in the way is the host's own, a policy, or a machine without vectors. */
export function instantiate<T>(assembly: Assembly | undefined, bytes: Uint8Array): T | null {
  if (assembly === undefined) return null;
  try {
    return new assembly.Instance(new assembly.Module(bytes)).exports as T;
  } catch {
    return null;
  }
}
