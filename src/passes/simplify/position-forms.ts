/** Positions that depend on the position and the input's length alone, written anew from what they are in inputs of every length. */
import type { Graph, SOp } from '../../graph/graph.ts';

/** For each length from 1 on the position found from each position; null where none is. */
export type PositionRows = readonly (readonly (number | null)[])[];

/** Moved further than this, around the end, positions are written otherwise. */
const MOST_MOVED = 8;

/** An s-op that names what is found in every row, and elsewhere what is in no input; null where it is none of the forms. */
export function positionForm(rows: PositionRows, graph: Graph, length: SOp): SOp | null {
  const write = new Writer(graph, length);
  const forms = [byPosition(rows), line(rows), byLength(rows), twoLines(rows), around(rows), byParity(rows)];
  const form = forms.find((each) => each !== null && isSo(each, rows));
  return form ? write.form(form) : null;
}

/** `slope * i + at(n)`; `at` is linear in n, or a table of it. */
interface Line {
  readonly slope: number;
  readonly start: OfLength;
}

/** A function of the length n: `perLength * n + constant`, one more or less for odd n. */
interface OfLength {
  readonly perLength: number;
  readonly ifOdd: number;
  readonly constant: number;
}

type Form =
  /** `list[i]`, negative where nothing is found. */
  | { readonly kind: 'list'; readonly items: readonly number[] }
  | { readonly kind: 'line'; readonly line: Line }
  /** One line before the bound, another from there on. */
  | { readonly kind: 'two'; readonly first: Line; readonly bound: OfLength; readonly second: Line }
  /** `(slope * i + moved) % n`. */
  | { readonly kind: 'around'; readonly slope: 1 | -1; readonly moved: number }
  /** One line for even positions, another for odd ones, of the pair's number. */
  | { readonly kind: 'parity'; readonly even: Line; readonly odd: Line };

function isSo(form: Form, rows: PositionRows): boolean {
  return rows.every((row, at) =>
    row.every((position, i) => {
      const said = positionOn(form, i, at + 1);
      return position === null ? said < 0 || said > at : said === position;
    }),
  );
}

function positionOn(form: Form, i: number, n: number): number {
  switch (form.kind) {
    case 'list':
      return form.items[i] ?? -1;
    case 'line':
      return onLine(form.line, i, n);
    case 'two':
      return onLine(i < ofLength(form.bound, n) ? form.first : form.second, i, n);
    case 'around':
      return (((form.slope * i + form.moved) % n) + n) % n;
    case 'parity':
      return onLine(i % 2 === 0 ? form.even : form.odd, Math.floor(i / 2), n);
  }
}

function ofLength({ perLength, ifOdd, constant }: OfLength, n: number): number {
  return perLength * n + (n % 2) * ifOdd + constant;
}

function onLine({ slope, start }: Line, i: number, n: number): number {
  return slope * i + ofLength(start, n);
}

/** The function of the length by its last three values; null where it is no multiple of half the length. */
function fitted(values: readonly number[]): OfLength | null {
  const n = values.length;
  const [before, previous, last] = values.slice(-3);
  if (before === undefined || previous === undefined || last === undefined) return null;
  const perLength = (last - before) / 2;
  const [own, other] = [last - perLength * n, previous - perLength * (n - 1)];
  const [odd, even] = n % 2 === 1 ? [own, other] : [other, own];
  return { perLength, ifOdd: odd - even, constant: even };
}

function byPosition(rows: PositionRows): Form | null {
  const longest = rows.at(-1) ?? [];
  return { kind: 'list', items: longest.map((position) => position ?? -1) };
}

function line(rows: PositionRows): Form | null {
  const lines = rows.map((row) => {
    const at = row.findIndex((position, i) => position !== null && row[i + 1] !== null && i + 1 < row.length);
    if (at < 0) return null;
    const slope = Number(row[at + 1]) - Number(row[at]);
    return { slope, start: Number(row[at]) - slope * at };
  });
  const [last, ...others] = lines.slice(-3).reverse();
  if (!last || others.length < 2 || others.some((each) => each?.slope !== last.slope)) return null;
  const start = fitted(lines.map((each) => each?.start ?? 0));
  return start && { kind: 'line', line: { slope: last.slope, start } };
}

function byLength(rows: PositionRows): Form | null {
  const start = fitted(rows.map(([first]) => first ?? -1));
  return start && { kind: 'line', line: { slope: 0, start } };
}

function twoLines(rows: PositionRows): Form | null {
  const pieces = rows.map((row) => {
    const slope = Number(row[1]) - Number(row[0]);
    let bound = 1;
    while (bound < row.length && Number(row[bound]) - Number(row[bound - 1]) === slope) bound++;
    const isOne = bound >= row.length - 1;
    const after = isOne ? 0 : Number(row[bound + 1]) - Number(row[bound]);
    return { slope, start: Number(row[0]), bound, after, startAfter: Number(row[bound] ?? 0) - after * bound };
  });
  const [last, ...others] = pieces.slice(-3).reverse();
  if (last === undefined || others.some(({ slope, after }) => slope !== last.slope || after !== last.after)) return null;
  const [start, bound, second] = [
    fitted(pieces.map((each) => each.start)),
    fitted(pieces.map((each) => each.bound)),
    fitted(pieces.map((each) => each.startAfter)),
  ];
  if (start === null || bound === null || second === null) return null;
  return { kind: 'two', first: { slope: last.slope, start }, bound, second: { slope: last.after, start: second } };
}

function around(rows: PositionRows): Form | null {
  const moves = Array.from({ length: 2 * MOST_MOVED + 1 }, (_, i) => i - MOST_MOVED).sort((a, b) => Math.abs(a) - Math.abs(b) || b - a);
  const forms = ([1, -1] as const).flatMap((slope) => moves.map((moved) => ({ kind: 'around', slope, moved }) as const));
  return forms.find((form) => isSo(form, rows)) ?? null;
}

function byParity(rows: PositionRows): Form | null {
  const linesOf = (odd: number) => {
    const starts = rows.map((row) => Number(row[odd] ?? 0));
    const longest = rows.at(-1) ?? [];
    const start = fitted(starts);
    return start && { slope: Number(longest[odd + 2]) - Number(longest[odd]), start };
  };
  const [even, odd] = [linesOf(0), linesOf(1)];
  return even && odd && { kind: 'parity', even, odd };
}

class Writer {
  readonly #graph: Graph;
  readonly #length: SOp;

  constructor(graph: Graph, length: SOp) {
    this.#graph = graph;
    this.#length = length;
  }

  form(form: Form): SOp {
    const graph = this.#graph;
    const indices = graph.indices();
    switch (form.kind) {
      case 'list': {
        const items = form.items.map(BigInt);
        return graph.elementwise({ kind: 'lookup', table: { kind: 'list', items } }, [indices]);
      }
      case 'line':
        return this.#line(form.line, indices);
      case 'two': {
        const isBefore = graph.binary('<', indices, this.#ofLength(form.bound));
        return graph.elementwise({ kind: 'choose' }, [isBefore, this.#line(form.first, indices), this.#line(form.second, indices)]);
      }
      case 'around': {
        const at = form.slope === 1 ? this.#plus(indices, form.moved) : graph.binary('-', graph.constant(BigInt(form.moved)), indices);
        return graph.binary('%', at, this.#length);
      }
      case 'parity': {
        const two = graph.constant(2n);
        const remainder = graph.binary('%', indices, two);
        const pairOf = (first: SOp) => graph.unary('round', graph.binary('/', first, two));
        const [even, odd] = [pairOf(indices), pairOf(graph.binary('-', indices, graph.constant(1n)))];
        const isEven = graph.binary('==', remainder, graph.constant(0n));
        return graph.elementwise({ kind: 'choose' }, [isEven, this.#line(form.even, even), this.#line(form.odd, odd)]);
      }
    }
  }

  #line({ slope, start }: Line, of: SOp): SOp {
    const graph = this.#graph;
    if (slope === 0) return this.#ofLength(start);
    const isConstant = start.perLength === 0 && start.ifOdd === 0;
    if (slope < 0) {
      const taken = slope === -1 ? of : graph.binary('*', graph.constant(BigInt(-slope)), of);
      return graph.binary('-', this.#ofLength(start), taken);
    }
    const scaled = slope === 1 ? of : graph.binary('*', graph.constant(BigInt(slope)), of);
    return isConstant ? this.#plus(scaled, start.constant) : graph.binary('+', scaled, this.#ofLength(start));
  }

  #ofLength({ perLength, ifOdd, constant }: OfLength): SOp {
    const graph = this.#graph;
    if (perLength === 0 && ifOdd === 0) return graph.constant(BigInt(constant));
    if (ifOdd === 0 && perLength === 1) return this.#plus(this.#length, constant);
    if (ifOdd === 0 && perLength === -1) return graph.binary('-', graph.constant(BigInt(constant)), this.#length);
    const two = graph.constant(2n);
    const odd = graph.binary('%', this.#length, two);
    const half = graph.unary('round', graph.binary('/', graph.binary('-', this.#length, odd), two));
    const isHalf = perLength === 0.5 && ifOdd === -0.5;
    if (isHalf) return this.#plus(half, constant);
    const isRest = perLength === 0.5 && ifOdd === 0.5;
    return isRest ? this.#plus(graph.binary('-', this.#length, half), constant) : graph.constant(0n);
  }

  #plus(node: SOp, constant: number): SOp {
    if (constant === 0) return node;
    return this.#graph.binary(constant > 0 ? '+' : '-', node, this.#graph.constant(BigInt(Math.abs(constant))));
  }
}
