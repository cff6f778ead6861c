/** Compiled models with parts scaled, flooded or made denormal at random, dead parts and live ones: what float32 does at its ends. */
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Changes tensors in place; `role` is as `modelToCheck` names them. */
export interface FloatMutation {
  readonly name: string;
  apply(tensors: ReadonlyMap<string, Tensor>, random: () => number): void;
}

const below = (random: () => number, count: number): number => Math.floor(random() * count);

function pick<Item>(random: () => number, items: readonly Item[]): Item {
  return items[below(random, items.length)] as Item;
}

function matricesOf(tensors: ReadonlyMap<string, Tensor>): Tensor[] {
  return [...tensors].flatMap(([role, tensor]) => (/(query|key|value|output|up|gate|down)$/.test(role) ? [tensor] : []));
}

function rowsOf({ data, shape }: Tensor): Float64Array[] {
  const width = shape.at(-1) as number;
  return Array.from({ length: data.length / width }, (_, row) => data.subarray(row * width, (row + 1) * width) as Float64Array);
}

function scaleAll(tensor: Tensor | undefined, factor: number): void {
  if (tensor === undefined) return;
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.fround((tensor.data[i] as number) * factor);
}

export const FLOAT_MUTATIONS: readonly FloatMutation[] = [
  {
    name: 'a row of a matrix is flooded, mostly one that nothing comes of',
    apply(tensors, random) {
      const row = pick(random, rowsOf(pick(random, matricesOf(tensors))));
      const size = pick(random, [3e38, -3e38, 1e37, 1e25]);
      if (random() < 0.5) row.fill(size);
      else row[below(random, row.length)] = size;
    },
  },
  {
    name: 'the gain of one dimension of a norm is flooded',
    apply(tensors, random) {
      const gains = [...tensors].flatMap(([role, tensor]) => (/Gain$/.test(role) ? [tensor] : []));
      const { data } = pick(random, gains);
      data[below(random, data.length)] = pick(random, [3e38, -3e38, 1e38]);
    },
  },
  {
    name: 'neurons that write nothing read floods',
    apply(tensors, random) {
      const layer =
        /^\d+/.exec(
          pick(
            random,
            [...tensors.keys()].filter((role) => role.endsWith('down')),
          ),
        )?.[0] ?? '0';
      const down = rowsOf(tensors.get(`${layer}.down`) as Tensor);
      const dead = [...down.keys()].filter((n) => (down[n] as Float64Array).every((x) => x === 0));
      const n = pick(random, dead.length > 0 ? dead : [...down.keys()]);
      (down[n] as Float64Array).fill(0);
      for (const role of ['up', 'gate']) {
        const tensor = tensors.get(`${layer}.${role}`);
        if (tensor !== undefined) (rowsOf(tensor)[n] as Float64Array).fill(pick(random, [3e38, 1e19, 1e10]));
      }
    },
  },
  {
    name: 'queries and keys are scaled by powers of two',
    apply(tensors, random) {
      const layer =
        /^\d+/.exec(
          pick(
            random,
            [...tensors.keys()].filter((role) => role.endsWith('query')),
          ),
        )?.[0] ?? '0';
      const exponents = { query: below(random, 80), key: below(random, 80) };
      for (const [role, exponent] of Object.entries(exponents)) {
        for (const name of [role, `${role}Bias`]) scaleAll(tensors.get(`${layer}.${name}`), 2 ** exponent);
      }
    },
  },
  {
    name: 'the stream is scaled, and gains with it',
    apply(tensors, random) {
      const exponent = pick(random, [40, 55, 62, -30, -45, -60, -70]);
      for (const role of ['tokenEmbedding', 'positionEmbedding']) scaleAll(tensors.get(role), 2 ** exponent);
      for (const [role, tensor] of tensors) if (/(output|down|outputBias|downBias)$/.test(role)) scaleAll(tensor, 2 ** exponent);
    },
  },
  {
    name: 'a matrix becomes denormal',
    apply(tensors, random) {
      const tensor = pick(random, matricesOf(tensors));
      const factor = 2 ** -pick(random, [120, 135, 145]);
      if (random() < 0.5) scaleAll(tensor, factor);
      else {
        const row = pick(random, rowsOf(tensor));
        for (let i = 0; i < row.length; i++) row[i] = Math.fround((row[i] as number) * factor);
      }
    },
  },
  {
    name: 'values become denormal, and what is written from them large',
    apply(tensors, random) {
      const layer =
        /^\d+/.exec(
          pick(
            random,
            [...tensors.keys()].filter((role) => role.endsWith('value')),
          ),
        )?.[0] ?? '0';
      const exponent = pick(random, [100, 120]);
      for (const role of ['value', 'valueBias']) scaleAll(tensors.get(`${layer}.${role}`), 2 ** -exponent);
      scaleAll(tensors.get(`${layer}.output`), 2 ** exponent);
    },
  },
];
