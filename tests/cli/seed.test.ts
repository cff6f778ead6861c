/** `raspc seed` on small models: what is written, where, and what is refused. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INDUCTION, like, placesOf, SeededModels } from '../support/seeded-models.ts';
import { cli } from './run-cli.ts';

const models = new SeededModels();
const { at, weights, seed, refused, measured, features } = models;
afterAll(() => models.remove());

/** Each tensor as float32. */
function tensorsOf(bytes: Buffer): Map<string, Float32Array> {
  const floats = ([from, to]: readonly [number, number]) =>
    new Float32Array(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + to));
  return new Map([...placesOf(bytes)].map(([name, place]) => [name, floats(place)]));
}

/** Multiplies the numbers of some tensors of a file. */
function multiply(path: string, names: RegExp, factor: number): void {
  const bytes = readFileSync(path);
  for (const [name, [from, to]] of placesOf(bytes)) {
    for (let at = from; names.test(name) && at < to; at += 4) bytes.writeFloatLE(factor * bytes.readFloatLE(at), at);
  }
  writeFileSync(path, bytes);
}

describe('a new model', () => {
  beforeAll(async () => {
    await seed(INDUCTION, ...like('gpt2'), '-o', at('seeded'), '--block', at('block.safetensors'));
    await seed(INDUCTION, ...like('gpt2'), '-o', at('twin'), '--unseeded');
  });

  test('has the files of a model, the mask and the map', () => {
    expect(readdirSync(at('seeded')).sort()).toEqual(['README.md', 'config.json', 'freeze.safetensors', 'model.safetensors', 'raspc.json']);
    expect(readFileSync(join(at('seeded'), 'config.json'))).toEqual(readFileSync('tests/fixtures/seeds/gpt2/config.json'));
  });

  test('is the same for the same seed, and another for another', async () => {
    await seed(INDUCTION, ...like('gpt2'), '-o', at('again'));
    expect(weights('again').equals(weights('seeded'))).toBe(true);
    await seed(INDUCTION, ...like('gpt2'), '-o', at('other'), '--seed', '2');
    expect(weights('other').equals(weights('seeded'))).toBe(false);
  });

  test('differs from its twin in what the map lists alone', () => {
    const [seeded, twin] = [tensorsOf(weights('seeded')), tensorsOf(weights('twin'))];
    const map = JSON.parse(readFileSync(join(at('seeded'), 'raspc.json'), 'utf8')) as {
      circuits: { slices: Slice[] }[];
      cleared: Slice[];
    };
    type Slice = { tensor: string; rows: [number, number][]; cols: [number, number][] };
    const inside = (ranges: readonly [number, number][], i: number) => ranges.some(([from, to]) => i >= from && i < to);
    const slices = [...map.circuits.flatMap((circuit) => circuit.slices), ...map.cleared];
    const shapes = new Map(
      Object.entries(
        JSON.parse(
          weights('seeded')
            .subarray(8, 8 + Number(weights('seeded').readBigUInt64LE(0)))
            .toString(),
        ) as Record<string, { shape?: number[] }>,
      ),
    );
    let changed = 0;
    for (const [name, values] of seeded) {
      const width = shapes.get(name)?.shape?.[1] ?? 1;
      const own = slices.filter(({ tensor }) => tensor === name);
      for (let i = 0; i < values.length; i++) {
        if (values[i] === (twin.get(name) as Float32Array)[i]) continue;
        changed++;
        const [row, column] = [Math.floor(i / width), i % width];
        if (!own.some(({ rows, cols }) => inside(rows, row) && (cols.length === 0 || inside(cols, column))))
          throw new Error(`${name} ${row} ${column}`);
      }
    }
    expect(changed).toBeGreaterThan(10_000);
  });

  test('the twin is drawn as the class draws it', () => {
    const twin = tensorsOf(weights('twin'));
    const deviation = (name: string) => {
      const values = twin.get(name) as Float32Array;
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    expect(deviation('transformer.wte.weight')).toBeCloseTo(0.02, 3);
    expect(deviation('transformer.h.1.attn.c_attn.weight')).toBeCloseTo(0.02, 3);
    expect(deviation('transformer.h.1.mlp.c_proj.weight')).toBeCloseTo(0.02 / Math.sqrt(6), 4);
    expect(deviation('transformer.h.2.attn.c_proj.bias')).toBe(0);
    expect(deviation('transformer.ln_f.weight')).toBe(1);
  });

  test('a block, placed into the twin, gives the seeded model and its mask', async () => {
    await seed('--apply', at('block.safetensors'), '--into', at('twin'), '-o', at('placed'));
    expect(weights('placed').equals(weights('seeded'))).toBe(true);
    const mask = (name: string) => readFileSync(join(at(name), 'freeze.safetensors'));
    expect(mask('placed').equals(mask('seeded'))).toBe(true);
    expect(await refused('--apply', at('block.safetensors'), '--into', 'tests/fixtures/models/gpt2', '-o', at('no'))).toContain(
      'error[R7712]',
    );
    expect(existsSync(at('no'))).toBe(false);
  });

  test('a block is refused where the stream is louder than its heads bear', async () => {
    cpSync(at('twin'), at('loud'), { recursive: true });
    multiply(join(at('loud'), 'model.safetensors'), /c_proj\.weight$/, 50);
    const message = await refused('--apply', at('block.safetensors'), '--into', at('loud'), '-o', at('no'));
    expect(message).toMatch(/error\[R7713\]: `\w+` of `block\.safetensors` would not work there: the stream before layer \d/);
    expect(existsSync(at('no'))).toBe(false);
  });

  test('into a model that is there: what needs no change keeps its bytes', async () => {
    await seed(INDUCTION, '--into', at('twin'), '-o', at('into'));
    const [before, after] = [tensorsOf(weights('twin')), tensorsOf(weights('into'))];
    const same = [...before].filter(([name, values]) =>
      Buffer.from(values.buffer).equals(Buffer.from((after.get(name) as Float32Array).buffer)),
    );
    expect(same.map(([name]) => name)).toContain('transformer.h.2.mlp.c_fc.weight');
    expect(same.map(([name]) => name)).not.toContain('transformer.h.0.attn.c_attn.weight');
    const { circuits } = await measured('into');
    expect(circuits[0]?.accuracy).toBeGreaterThan(0.93);
  });

  test('into tied weights that the file holds twice: they stay equal', async () => {
    storeTwice('twin', 'twice', 1);
    await seed(INDUCTION, '--into', at('twice'), '-o', at('twice-seeded'));
    const [once, twice] = [tensorsOf(weights('into')), tensorsOf(weights('twice-seeded'))];
    const embedding = Buffer.from((once.get('transformer.wte.weight') as Float32Array).buffer);
    expect(Buffer.from((twice.get('transformer.wte.weight') as Float32Array).buffer).equals(embedding)).toBe(true);
    expect(Buffer.from((twice.get('lm_head.weight') as Float32Array).buffer).equals(embedding)).toBe(true);
    const { circuits } = await measured('twice-seeded');
    expect(circuits[0]?.accuracy).toBeGreaterThan(0.93);
    await seed('--apply', at('block.safetensors'), '--into', at('twice'), '-o', at('twice-placed'));
    const placed = tensorsOf(weights('twice-placed'));
    expect(placed.get('lm_head.weight')).toEqual(placed.get('transformer.wte.weight'));
  });

  test('into weights that config.json ties, and of which the file holds two that differ: it is said', async () => {
    storeTwice('twin', 'torn', 2);
    const { code, stderr } = await cli(['seed', INDUCTION, '--into', at('torn'), '-o', at('torn-seeded')]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^note: config\.json ties the unembedding to the embedding, but /)]);
  });
});

/** A copy of a model whose file holds the tied unembedding too, times a factor. */
function storeTwice(from: string, to: string, factor: number): void {
  cpSync(at(from), at(to), { recursive: true });
  const bytes = weights(from);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<string, { data_offsets: [number, number] }>;
  const embedding = header['transformer.wte.weight'] as { data_offsets: [number, number] };
  const [first, last] = embedding.data_offsets;
  const end = bytes.length - start;
  const added = { ...embedding, data_offsets: [end, end + last - first] };
  const text = Buffer.from(JSON.stringify({ ...header, 'lm_head.weight': added }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(
    join(at(to), 'model.safetensors'),
    Buffer.concat([length, text, bytes.subarray(start), bytes.subarray(start + first, start + last)]),
  );
  multiply(join(at(to), 'model.safetensors'), /^lm_head/, factor);
}

/** tests/long has the other families. */
test.each(['gpt2', 'llama'])('%s: verify measures the circuits where they are', async (name) => {
  await seed(INDUCTION, 'programs/seeds/duplicate_token.rasp', ...like(name), '-o', at(name));
  const { asWritten, circuits, heads, footprint } = await measured(name);
  expect(asWritten).toBe(true);
  expect(circuits.map((circuit) => circuit.name)).toEqual(['induction', 'duplicate_token']);
  for (const circuit of circuits) expect(circuit.accuracy, circuit.name).toBeGreaterThan(0.93);
  expect(circuits[0]?.probability).toBeGreaterThan(0.85);
  for (const { name: head, attention } of heads) expect(attention, head).toBeGreaterThan(0.95);
  expect(footprint?.entropies.largest).toBeLessThan(0.02);
});

test('a broken circuit is found', async () => {
  await seed(INDUCTION, ...like('gpt2'), '-o', at('weak'), '--margin', '2');
  const { code, stderr } = await cli(['verify', at('weak')]);
  expect(code).toBe(1);
  expect(stderr).toContain('error[R7719]');
});

test('means over a small alphabet follow the program', async () => {
  await seed('programs/seeds/bracket_depth.rasp', '--token', '(=7', '--token', ')=8', ...like('gpt2'), '-o', at('brackets'));
  expect(await features('brackets')).toEqual({ bracket_depth: true });
  const map = JSON.parse(readFileSync(join(at('brackets'), 'raspc.json'), 'utf8')) as { features: { kind: string; per: number[] }[] };
  expect(map.features[0]?.kind).toBe('numeric');
});

test('a second seed over the first is refused, and can be insisted on', async () => {
  const argv = [INDUCTION, '--into', at('brackets')];
  expect(await refused(...argv, '-o', at('over-brackets'))).toContain('has circuits already (bracket_depth)');
  expect(existsSync(at('over-brackets'))).toBe(false);
  await seed(...argv, '-o', at('over-brackets'), '--force');
  // what the first one promised is not kept any more, and `verify` says so
  const { code, stderr } = await cli(['verify', at('over-brackets'), '--map', join(at('brackets'), 'raspc.json')]);
  expect(code).toBe(1);
  expect(stderr).toContain('error[R7711]: `bracket_depth`');
});

test.each([
  ['a smaller promise', (circuit: { promise?: unknown }) => ({ ...circuit, promise: { accuracy: 0.1, positions: 8, context: 8 } })],
  ['no promise', ({ promise: _, ...circuit }: { promise?: unknown }) => circuit],
])('a map with %s makes nothing true of a feature that is wrong', async (_, edited) => {
  const name = 'promised';
  rmSync(at(name), { recursive: true, force: true });
  cpSync(at('brackets'), at(name), { recursive: true });
  const bytes = weights(name);
  const [from, to] = placesOf(bytes).get('transformer.wte.weight') as readonly [number, number];
  const width = (to - from) / JSON.parse(readFileSync(join(at(name), 'config.json'), 'utf8')).vocab_size;
  // an opening bracket that is read as nothing
  bytes.fill(0, from + 7 * width, from + 8 * width);
  writeFileSync(join(at(name), 'model.safetensors'), bytes);
  const file = join(at(name), 'raspc.json');
  const map = JSON.parse(readFileSync(file, 'utf8')) as { circuits: { promise?: unknown }[] };
  writeFileSync(file, JSON.stringify({ ...map, circuits: map.circuits.map(edited) }));
  const { code, stderr } = await cli(['verify', at(name)]);
  expect(code).toBe(1);
  expect(stderr).toContain('error[R7711]: `bracket_depth` is right at');
});

test('half precision is what is measured, written and verified', async () => {
  for (const dtype of ['bf16', 'f16']) {
    await seed(INDUCTION, ...like('gpt2'), '--dtype', dtype, '-o', at(dtype));
    const map = JSON.parse(readFileSync(join(at(dtype), 'raspc.json'), 'utf8')) as { dtype: string };
    expect(map.dtype).toBe(dtype);
    const [from, to] = placesOf(weights(dtype)).get('transformer.wte.weight') ?? [0, 0];
    expect(to - from).toBe(2 * 500 * 128);
  }
  expect((await measured('bf16')).circuits.map(({ accuracy }) => accuracy > 0.9)).toEqual([true]);
  expect(await refused(INDUCTION, '--into', at('bf16'), '--dtype', 'f16', '--plan')).toContain('error[R8005]');
});

test('equal tokens look alike everywhere in a model without a table of positions', async () => {
  const ids = ['--token', '(=7', '--token', ')=8'];
  expect(await refused('programs/seeds/bracket_depth.rasp', ...ids, ...like('llama'), '--no-bos', '--plan')).toContain('error[R7716]');
});

test('a plan writes nothing, and puts heads where they are asked for', async () => {
  const plan = JSON.parse(
    await seed(INDUCTION, ...like('gpt2'), '--plan', '-o', at('planned'), '--place', 'induction=2.3', '--format', 'json'),
  ) as {
    dir: null;
    heads: { name: string; layer: number; heads: number[] }[];
  };
  expect(existsSync(at('planned'))).toBe(false);
  expect(plan.dir).toBe(null);
  expect(plan.heads.map(({ name, layer, heads }) => [name, layer, heads])).toEqual([
    ['previous', 0, [0]],
    ['induction', 2, [3]],
  ]);
});

test('a tokenizer is copied', async () => {
  writeFileSync(at('mine.json'), '{}');
  await seed(INDUCTION, ...like('gpt2'), '-o', at('with-tokenizer'), '--tokenizer', at('mine.json'));
  expect(readFileSync(join(at('with-tokenizer'), 'tokenizer.json'), 'utf8')).toBe('{}');
});

describe('what is refused', () => {
  const program = (text: string) => {
    const file = at(`p${readdirSync(models.folder).length}.rasp`);
    writeFileSync(file, text);
    return file;
  };
  const PREVIOUS = 'p = aggregate(select(indices, indices - 1, ==), tokens);';

  test.each([
    ['R7701', () => [program('@vocab any; @causal; x = selector_width(select(tokens, tokens, ==)); @export x;'), ...like('gpt2')]],
    ['R7702', () => [program('@vocab any; @causal;'), ...like('gpt2')]],
    ['R7703', () => [INDUCTION, INDUCTION, ...like('gpt2')]],
    ['R7704', () => [INDUCTION, ...like('gpt2'), '--place', 'inductoin=1.0']],
    ['R7705', () => [INDUCTION, ...like('gpt2'), '--place', 'induction=0.1']],
    ['R7705', () => [INDUCTION, ...like('gpt2'), '--place', 'induction=7.1']],
    ['R7706', () => [INDUCTION, ...like('gpt2'), '--dims', '40']],
    ['R7707', () => [INDUCTION, '--like', 'tests/fixtures/models/bert']],
    ['R7707', () => ['programs/seeds/bracket_depth.rasp', '--token', '(=7', ')=8', ...like('qwen3')]],
    ['R7707', () => ['programs/seeds/bracket_depth.rasp', '--token', '(=7', ')=8', ...like('gemma2')]],
    ['R7707', () => [INDUCTION, '--into', 'tests/fixtures/models/olmo2']],
    ['R7708', () => ['programs/seeds/first_token.rasp', ...like('llama')]],
    ['R7708', () => ['programs/seeds/last_match.rasp', ...like('llama')]],
    ['R7709', () => [program(`@vocab any; ${PREVIOUS} @export p;`), ...like('gpt2')]],
    ['R7710', () => ['programs/seeds/bracket_depth.rasp', ...like('gpt2')]],
    ['R8003', () => [INDUCTION]],
    ['R8004', () => [INDUCTION, ...like('gpt2'), '--place', 'induction']],
    ['R8005', () => [INDUCTION, ...like('gpt2'), '--into', 'tests/fixtures/models/gpt2']],
  ])('%s', async (code, argv) => {
    expect(await refused(...argv(), '--plan')).toContain(`error[${code}]`);
  });
});
