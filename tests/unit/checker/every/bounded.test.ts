/** Bounds of what float32 is off by, against float32 itself with sums in orders of its own. */
import { describe, expect, test } from 'vitest';
import { activation, MOST_CURVED, STEEPEST, steepness } from '../../../../src/checker/every/activation.ts';
import { attended } from '../../../../src/checker/every/attend.ts';
import { activated, type Bounded, normed, product, sum, through } from '../../../../src/checker/every/bounded.ts';
import { lengthOf, Matrix } from '../../../../src/checker/every/matrix.ts';
import { drawNormal, drawVector } from '../../../../src/disguise/turn/draw-numbers.ts';
import { numberAt } from '../../../../src/tensor/number-at.ts';
import { Random } from '../../../../src/verify/random.ts';

const { fround } = Math;
const random = new Random(1, 2);
const SIZE = 24;

interface Drawn {
  readonly known: Bounded;
  readonly held: Float64Array;
}

/** A vector in real numbers, and one that a model may hold in its place. */
function drawn(off: number): Drawn {
  const held = drawVector(random, SIZE).map(fround);
  const away = drawVector(random, SIZE);
  const length = lengthOf(away);
  return { known: { values: held.map((x, i) => x + (off * numberAt(away, i)) / length), off }, held };
}

/** In a tree that is drawn. */
function summed(terms: readonly number[]): number {
  const rest = [...terms];
  while (rest.length > 1) {
    const [a] = rest.splice(random.below(rest.length), 1);
    const [b] = rest.splice(random.below(rest.length), 1);
    rest.push(fround((a as number) + (b as number)));
  }
  return rest[0] ?? 0;
}

const apart = (a: Float64Array, b: Float64Array) => lengthOf(a.map((x, i) => x - numberAt(b, i)));

/** What a number of the result is off by, but for what its slopes say of the arguments, is no more than its making is said to cost. */
function expectPulled(found: Bounded, own: Float64Array, of: readonly Drawn[]): void {
  for (let i = 0; i < 8; i++) {
    const slope = i === 0 ? own.map((_, entry) => Number(entry === 0)) : drawVector(random, own.length);
    let rest = 0;
    for (const [entry, x] of own.entries()) rest += numberAt(slope, entry) * (x - numberAt(found.values, entry));
    const cost = found.pull?.(slope, (to, back) => {
      const { held } = of.find(({ known }) => known === to) as Drawn;
      for (const [entry, x] of held.entries()) rest -= numberAt(back, entry) * (x - numberAt(to.values, entry));
    });
    expect(Math.abs(rest)).toBeLessThanOrEqual(cost as number);
    expect(cost).toBeLessThan(1e-3 + 0.5 * lengthOf(slope) * found.off);
  }
}

describe.each([0, 1e-6, 1e-2])('what is known but for %s', (off) => {
  test('through a matrix, either way', () => {
    for (const writes of [false, true]) {
      const lines = drawVector(random, SIZE * SIZE).map(fround);
      const bias = drawVector(random, SIZE).map(fround);
      const { known, held } = drawn(off);
      const found = through(new Matrix(lines, SIZE, writes, 'W'), bias, known, 'any-order');
      const entry = (line: number, i: number) => numberAt(lines, writes ? i * SIZE + line : line * SIZE + i);
      const own = held.map((_, line) => summed([numberAt(bias, line), ...held.map((x, i) => fround(x * entry(line, i)))]));
      expect(apart(own, found.values)).toBeLessThanOrEqual(found.off);
      expectPulled(found, own, [{ known, held }]);
      // and not so wide that nothing follows
      expect(found.off).toBeLessThan(12 * off + 1e-3);
    }
  });

  test.each(['layer-norm', 'rms-norm'] as const)('through a %s', (kind) => {
    const [gain, bias] = [drawVector(random, SIZE).map(fround), drawVector(random, SIZE).map(fround)];
    const { known, held } = drawn(off);
    const epsilon = 1e-5;
    const found = normed({ kind, gain, bias, epsilon, tensor: 'g' }, known, 'any-order');
    const mean = kind === 'layer-norm' ? fround(summed([...held]) / SIZE) : 0;
    const from = held.map((x) => fround(x - mean));
    const root = fround(1 / fround(Math.sqrt(fround(fround(summed([...from].map((x) => fround(x * x))) / SIZE) + fround(epsilon)))));
    const own = from.map((x, i) => fround(fround(fround(x * root) * numberAt(gain, i)) + numberAt(bias, i)));
    expect(apart(own, found.values)).toBeLessThanOrEqual(found.off);
    expectPulled(found, own, [{ known, held }]);
    expect(found.off).toBeLessThan(8 * off + 1e-3);
  });

  test('added, multiplied, and through an activation', () => {
    const [a, b] = [drawn(off), drawn(off)];
    const entries = (made: (x: number, y: number) => number) => a.held.map((x, i) => fround(made(x, numberAt(b.held, i))));
    for (const [found, own, of] of [
      [sum(a.known, b.known), entries((x, y) => x + y), [a, b]],
      [product(a.known, b.known), entries((x, y) => x * y), [a, b]],
      [activated('silu', a.known), entries((x) => x / fround(1 + fround(Math.exp(-x)))), [a]],
      [activated('relu', a.known), entries((x) => Math.max(0, x)), [a]],
      [activated('gelu-tanh', a.known), entries(activation('gelu-tanh')), [a]],
      [activated('gelu', a.known), entries(activation('gelu')), [a]],
    ] as const) {
      expect(apart(own, found.values)).toBeLessThanOrEqual(found.off);
      expectPulled(found, own, of);
    }
  });

  test('what a head mixes', () => {
    const query = drawn(off);
    const [keys, values] = [0, 1].map(() => Array.from({ length: 5 }, () => drawn(off))) as [
      ReturnType<typeof drawn>[],
      ReturnType<typeof drawn>[],
    ];
    const factor = fround(1 / Math.sqrt(SIZE));
    const known = (all: ReturnType<typeof drawn>[]) => all.map((each) => each.known);
    const found = attended(query.known, known(keys), known(values), factor, { tensor: 'q', summing: 'any-order' });
    const scores = keys.map(({ held }) => fround(factor * summed([...held].map((x, i) => fround(x * numberAt(query.held, i))))));
    const most = Math.max(...scores);
    const shares = scores.map((score) => fround(Math.exp(fround(score - most))));
    const all = summed(shares);
    const own = query.held.map((_, i) =>
      summed(values.map(({ held }, key) => fround(fround(numberAt(shares, key) / all) * numberAt(held, i)))),
    );
    expect(apart(own, found.values)).toBeLessThanOrEqual(found.off);
    expectPulled(found, own, [query, ...keys, ...values]);
    expect(found.off).toBeLessThan(60 * off + 1e-3);
  });
});

test('no vector is stretched by more than is said, and some by nearly that', () => {
  for (const writes of [false, true]) {
    const lines = drawVector(random, 6 * SIZE);
    const matrix = new Matrix(lines, SIZE, writes, 'W');
    let most = 0;
    for (let i = 0; i < 200; i++) {
      const x = Float64Array.from({ length: writes ? 6 : SIZE }, () => drawNormal(random));
      most = Math.max(most, lengthOf(matrix.times(x).values) / lengthOf(x));
    }
    expect(most).toBeLessThanOrEqual(matrix.stretch);
    expect(matrix.stretch).toBeLessThan(2 * most);
  }
});

test.each(['gelu', 'gelu-tanh', 'silu'] as const)('%s is nowhere steeper or more curved than is said', (kind) => {
  const [at, slope] = [activation(kind), steepness(kind)];
  const step = 1e-4;
  let [steepest, mostCurved] = [0, 0];
  for (let x = -8; x <= 8; x += 0.003) {
    expect(Math.abs((at(x + step) - at(x - step)) / (2 * step) - slope(x))).toBeLessThan(1e-6);
    steepest = Math.max(steepest, Math.abs(slope(x)));
    mostCurved = Math.max(mostCurved, Math.abs(slope(x + step) - slope(x - step)) / (2 * step));
  }
  for (const [most, said] of [
    [steepest, STEEPEST[kind]],
    [mostCurved, MOST_CURVED[kind]],
  ] as const) {
    expect(most).toBeLessThanOrEqual(said);
    expect(most).toBeGreaterThan(0.97 * said);
  }
});
