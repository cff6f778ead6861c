import { describe, expect, test } from 'vitest';
import type { MapOutput } from '../../../src/checkpoint/map/circuit-map.ts';
import type { Value } from '../../../src/graph/value.ts';
import { compareOutput, decodeOutput, type Logits } from '../../../src/verify/decode.ts';
import { allInputs, randomInputs } from '../../../src/verify/inputs.ts';
import { shrink } from '../../../src/verify/shrink.ts';
import { type Subject, verifyCheckpoint } from '../../../src/verify/verify-checkpoint.ts';

const COUNTS: MapOutput = {
  name: 'hist',
  type: 'int',
  kind: 'categorical',
  logits: Array.from({ length: 6 }, (_, i) => ({ id: i, value: BigInt(i + 1) })),
};
const SHARE: MapOutput = { name: 'share', type: 'float', kind: 'numeric', logit: 6, scale: 2, offset: -1 };
const OUTPUTS = 7;

const histogram = (input: readonly Value[]) =>
  input.map((token, i) => BigInt(input.slice(0, i + 1).filter((other) => other === token).length));
const share = (input: readonly Value[]) => input.map((_, i) => input.slice(0, i + 1).filter((token) => token === 'a').length / (i + 1));

/** A model that is right but for what `spoil` does to its logits. Ids: BOS 0, then the vocabulary from 1. */
function subject(spoil: (logits: Float64Array, ids: Int32Array) => void = () => {}): Subject {
  const vocabulary = ['a', 'b', 'c'];
  const model = (ids: Int32Array): Logits => {
    const input = [...ids.subarray(1)].map((id) => vocabulary[id - 1] as string);
    const data = new Float64Array(ids.length * OUTPUTS);
    const counts = histogram(input);
    const shares = share(input);
    input.forEach((_, i) => {
      data[(i + 1) * OUTPUTS + Number(counts[i]) - 1] = 1;
      data[(i + 1) * OUTPUTS + 6] = ((shares[i] as number) + 1) / 2;
    });
    spoil(data, ids);
    return { data, outputs: OUTPUTS };
  };
  return {
    vocabulary,
    bos: 0,
    ids: [1, 2, 3],
    outputs: [COUNTS, SHARE],
    model: (batch) => batch.map(model),
    program: (input) => [histogram(input), share(input)],
    tolerance: Number.POSITIVE_INFINITY,
    admits: () => true,
  };
}

const verify = (spoiled: Subject) => verifyCheckpoint(spoiled, allInputs(3, 5), () => {});

describe('verifyCheckpoint', () => {
  test('finds nothing wrong with a model that is right', async () => {
    expect(await verify(subject())).toEqual({
      checked: 363,
      excluded: 0,
      complete: true,
      failed: 0,
      tokens: 3 + 18 + 81 + 324 + 1215,
      worstMargin: 1,
      maxError: expect.closeTo(0, 12),
      counterexample: null,
    });
  });

  test('reports the worst margin and error of a model that is nearly right', async () => {
    const result = await verify(
      subject((logits, ids) => {
        if (ids.length === 4) logits[3 * OUTPUTS + 5] = 0.75;
        if (ids.length === 5) logits[2 * OUTPUTS + 6] = (logits[2 * OUTPUTS + 6] as number) + 0.0001;
      }),
    );
    expect(result).toMatchObject({ failed: 0, worstMargin: 0.25 });
    expect(result.maxError).toBeCloseTo(0.0002, 9);
  });

  test('shrinks what is wrong to the smallest input, and shows it', async () => {
    // It cannot count a third time, whatever the token and wherever it stands.
    const result = await verify(
      subject((logits) => {
        for (let row = 0; row < logits.length; row += OUTPUTS) if (logits[row + 2] === 1) logits.set([0, 1, 0], row);
      }),
    );
    expect(result.failed).toBeGreaterThan(3);
    expect(result.worstMargin).toBe(-1);
    expect(result.counterexample).toEqual({
      input: ['a', 'a', 'a'],
      output: 'hist',
      position: 2,
      expected: [1n, 2n, 3n],
      actual: [1n, 2n, 2n],
    });
  });

  test.each([
    [
      'a number that is off by more than a thousandth',
      (logits: Float64Array) => (logits[OUTPUTS + 6] = (logits[OUTPUTS + 6] as number) + 0.001),
    ],
    ['a logit that is not a number', (logits: Float64Array) => logits.fill(Number.NaN, OUTPUTS)],
    ['a tie', (logits: Float64Array) => logits.fill(1, OUTPUTS, OUTPUTS + 2)],
  ])('%s is wrong', async (_, spoil) => {
    expect(await verify(subject(spoil))).toMatchObject({ checked: 363, failed: 363 });
  });

  test('holds a number to a tighter bound where one is claimed', async () => {
    const spoiled = subject((logits) => {
      logits[OUTPUTS + 6] = (logits[OUTPUTS + 6] as number) + 0.0002;
    });
    expect((await verify(spoiled)).failed).toBe(0);
    expect((await verify({ ...spoiled, tolerance: 0.0001 })).failed).toBe(363);
  });

  test('a value that the output cannot say is wrong', async () => {
    const short = subject();
    const result = await verifyCheckpoint(
      { ...short, outputs: [{ ...COUNTS, logits: COUNTS.logits.slice(0, 4) }] },
      allInputs(3, 5),
      () => {},
    );
    expect(result.failed).toBe(3);
    expect(result.counterexample?.input).toEqual(['a', 'a', 'a', 'a', 'a']);
  });

  test('says how far it is', async () => {
    const seen: number[] = [];
    await verifyCheckpoint(subject(), randomInputs(3, 6, 5000, 1), (done) => seen.push(done));
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(5000);
  });

  test('stops when it is told to, and says so', async () => {
    let tried = 0;
    const result = await verifyCheckpoint(
      subject(),
      randomInputs(3, 6, 5000, 1),
      (done) => {
        tried = done;
      },
      () => tried >= 2000,
    );
    expect(result.complete).toBe(false);
    expect(result.checked).toBeGreaterThanOrEqual(2000);
    expect(result.checked).toBeLessThan(5000);
  });
});

describe('decodeOutput', () => {
  const logits: Logits = { data: Float64Array.of(9, 9, 9, 0.9, 0.2, 0.75, 0, 1, 0.5), outputs: 3 };
  const output: MapOutput = { ...COUNTS, logits: COUNTS.logits.slice(0, 2) };

  test('takes the largest of the listed logits after BOS, and the smallest distance to the second', () => {
    expect(decodeOutput(output, logits)).toEqual({ values: [1n, 2n], margin: 0.9 - 0.2 });
  });

  test('scales numbers', () => {
    expect(decodeOutput({ ...SHARE, logit: 2 }, logits)).toEqual({ values: [0.5, 0], margin: null });
  });

  test('an output of one value is sure of it', () => {
    expect(decodeOutput({ ...output, logits: output.logits.slice(0, 1) }, logits)).toEqual({ values: [1n, 1n], margin: 1 });
  });

  test('values are compared as RASP compares them', () => {
    expect(compareOutput(output, logits, 0, 1, 0)).toMatchObject({ right: true });
    expect(compareOutput(output, logits, 0, true, 0)).toMatchObject({ right: true });
    expect(compareOutput(output, logits, 0, '1', 0)).toMatchObject({ right: false });
  });
});

describe('shrink', () => {
  test('keeps only what matters', async () => {
    const failing = Uint32Array.from({ length: 100 }, (_, i) => (i * 7) % 26);
    const shrunk = await shrink(failing, async (input) => input.length >= 3 && input.indexOf(21) >= 0);
    expect([...shrunk].sort((a, b) => a - b)).toEqual([0, 0, 21]);
  });

  test('never gives an empty input', async () => {
    expect([...(await shrink(Uint32Array.of(3, 2, 1), async () => true))]).toEqual([0]);
  });
});

test('NaN is never right, wherever it stands among the logits', () => {
  const output = {
    name: 'x',
    type: 'int',
    kind: 'categorical',
    logits: [0, 1, 2].map((id) => ({ id, value: BigInt(id) })),
  } as const;
  for (const at of [0, 1, 2]) {
    for (const others of [
      [5, 0],
      [0, 5],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ]) {
      const row = [...others];
      row.splice(at, 0, Number.NaN);
      const logits: Logits = { data: Float32Array.from([0, 0, 0, ...row]), outputs: 3 };
      for (const value of [0n, 1n, 2n, 7n]) {
        const compared = compareOutput(output, logits, 0, value, 1);
        expect([at, others, value, compared.right, compared.margin]).toEqual([at, others, value, false, Number.NaN]);
      }
      expect(decodeOutput(output, logits).margin).toBe(Number.NaN);
    }
  }
  const sole = { ...output, logits: output.logits.slice(0, 1) };
  const broken: Logits = { data: Float32Array.from([0, Number.NaN]), outputs: 1 };
  expect(compareOutput(sole, broken, 0, 0n, 1)).toMatchObject({ right: false, margin: Number.NaN });
  expect(decodeOutput(sole, broken).margin).toBe(Number.NaN);
  const number = { name: 'y', type: 'float', kind: 'numeric', logit: 0, scale: 1, offset: 0 } as const;
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(compareOutput(number, { data: Float32Array.from([0, value]), outputs: 1 }, 0, 1, Number.POSITIVE_INFINITY).right).toBe(false);
  }
});
