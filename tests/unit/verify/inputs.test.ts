import { describe, expect, test } from 'vitest';
import { adversarialInputs, allInputs, concatenate, countInputs, listedInputs, randomInputs, shard } from '../../../src/verify/inputs.ts';
import { Random } from '../../../src/verify/random.ts';

const list = (source: { count: number; at(n: number): Uint32Array }) => Array.from({ length: source.count }, (_, i) => [...source.at(i)]);

describe('Random', () => {
  test('gives the same numbers everywhere', () => {
    const random = new Random(1, 0);
    expect([random.bits(), random.bits(), random.bits()]).toMatchInlineSnapshot(`
      [
        407845930,
        939797500,
        1322609786,
      ]
    `);
  });

  test('differs by seed, also in the upper half of a seed, and by stream', () => {
    const firsts = [new Random(1, 0), new Random(2, 0), new Random(1, 1), new Random(1 + 2 ** 32, 0)].map((r) => r.bits());
    expect(new Set(firsts).size).toBe(4);
  });

  test('below() is even and stays below', () => {
    const random = new Random(7, 0);
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < 50_000; i++) {
      const drawn = random.below(5);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    expect(counts).toHaveLength(5);
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('shuffle() keeps the items', () => {
    expect(new Random(3, 0).shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('inputs', () => {
  test('all inputs are each there once, the shortest first', () => {
    const inputs = list(allInputs(2, 3));
    expect(inputs).toHaveLength(countInputs(2, 3));
    expect(inputs.slice(0, 6)).toEqual([[0], [1], [0, 0], [0, 1], [1, 0], [1, 1]]);
    expect(new Set(inputs.map(String)).size).toBe(14);
  });

  test('a vocabulary of one token is counted and enumerated too', () => {
    expect(list(allInputs(1, 3))).toEqual([[0], [0, 0], [0, 0, 0]]);
  });

  test('a count beyond floats is infinite', () => {
    expect(countInputs(26, 512)).toBe(Number.POSITIVE_INFINITY);
  });

  test('random inputs cover every length, stay in the vocabulary, and depend on nothing but their number', () => {
    const source = randomInputs(26, 10, 80, 42);
    const inputs = list(source);
    expect(new Set(inputs.map((input) => input.length))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(inputs.flat().every((token) => token < 26)).toBe(true);
    expect([...source.at(57)]).toEqual(inputs[57]);
    expect(list(randomInputs(26, 10, 80, 43))).not.toEqual(inputs);
  });

  test('some random inputs are balanced brackets of two kinds', () => {
    const words = list(randomInputs(4, 6, 600, 1)).map((input) => input.map((token) => '()[]'[token]).join(''));
    expect(words).toContain('([])');
    expect(words.some((word) => word.length === 6 && /^(\(\)|\[\]|\(\(\)\)|\(\[\]\)|\[\(\)\])+$/.test(word))).toBe(true);
  });

  test('adversarial inputs hold the extremes, without duplicates', () => {
    const inputs = list(adversarialInputs(3, 6)).map((input) => input.join(''));
    for (const wanted of ['0', '2', '000000', '222222', '000001', '100000', '010101', '001122', '221100', '000111']) {
      expect(inputs).toContain(wanted);
    }
    expect(new Set(inputs).size).toBe(inputs.length);
  });

  test('adversarial inputs of a large vocabulary stay few, and of one token or position exist', () => {
    expect(adversarialInputs(50_000, 128).count).toBeLessThan(5000);
    expect(list(adversarialInputs(1, 1))).toEqual([[0]]);
  });

  test('shards together are the whole', () => {
    const whole = allInputs(2, 3);
    const shards = [1, 2, 3, 4].map((index) => list(shard(whole, index, 4)));
    expect(shards.map((part) => part.length)).toEqual([4, 4, 3, 3]);
    expect(shards.flat().map(String).sort()).toEqual(list(whole).map(String).sort());
    expect(list(shard(listedInputs([Uint32Array.of(1)]), 2, 2))).toEqual([]);
  });

  test('concatenated sources are counted through', () => {
    expect(list(concatenate(allInputs(1, 2), allInputs(2, 1)))).toEqual([[0], [0, 0], [0], [1]]);
  });
});
