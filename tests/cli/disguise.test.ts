/** `raspc disguise`: the same outputs from other weights, proven through the key; and what is no key, or no longer what the key says. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TensorInfo } from '../../src/checkpoint/safetensors/safetensors-header.ts';
import { openTensors } from '../../src/checkpoint/safetensors/tensor-store.ts';
import { openCheckpoint, unpackWeights } from '../../src/checkpoint/unpack-checkpoint.ts';
import { dot } from '../../src/disguise/turn/draw-numbers.ts';
import { openModel } from '../../src/runtime/model.ts';
import { memoryFolder } from '../../src/source/byte-source.ts';
import { writeRandomHost } from '../support/random-host.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { cli } from './run-cli.ts';

const PROGRAM = '@vocab "abc"; @context 4; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-disguise-'));
  writeFileSync(at('hist.rasp'), PROGRAM);
  expect((await cli(['compile', at('hist.rasp'), '-o', at('gpt2')])).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hide = (from: string, to: string, ...more: string[]) =>
  cli(['disguise', at(from), '--seed', 'a secret', '-o', at(to), '--key', at(`${to}.key`), ...more]);
const verify = (name: string, ...more: string[]) => cli(['verify', at(name), '--key', at(`${name}.key`), '--samples', '50', ...more]);

/** The stream after each sublayer, of one input that every vocabulary of the test has. */
function largestOverMedian(name: string): number {
  const model = openModel(diskFolder(at(name)));
  const { width } = model.config.sizes;
  let most = 0;
  model.logits([Int32Array.of(0, 1, 2, 3)], ({ residual }) => {
    const sizes = Array.from({ length: width }, (_, dim) => {
      let sum = 0;
      for (let i = dim; i < residual.length; i += width) sum += (residual[i] as number) ** 2;
      return Math.sqrt(sum);
    }).sort((a, b) => a - b);
    most = Math.max(most, (sizes.at(-1) as number) / (sizes[width >> 1] as number));
  });
  return most;
}

/** tests/long has every family. */
describe('on GPT-2', () => {
  const [target, name] = ['gpt2', 'hidden'];

  test('everything that a family allows is proven through the key', async () => {
    const made = await hide(target, name);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain('anchors, parts, layers, noise, heads, stream, order, tokens');
    const verified = await cli(['verify', at(name), '--key', at(`${name}.key`), '--exhaustive', '--require-proof']);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('proven for every input') });
  });

  test('neither the map nor the card is published, and no dimension stands out', () => {
    expect(readdirSync(at(name)).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(largestOverMedian(name)).toBeLessThan(10);
    expect(largestOverMedian(target)).toBeGreaterThan(1000);
  });

  test('the same seed gives the same bytes', async () => {
    expect((await hide(target, `${name}-again`)).code).toBe(0);
    const bytes = (own: string) => readFileSync(join(at(own), 'model.safetensors')).toString('base64');
    expect(bytes(`${name}-again`)).toBe(bytes(name));
    expect(readFileSync(at(`${name}-again.key`), 'utf8')).toBe(readFileSync(at(`${name}.key`), 'utf8'));
  });

  test('each step by itself leaves the function as it is', async () => {
    for (const steps of [['order'], ['anchors', 'tokens'], ['anchors', 'heads']]) {
      const own = `${target}-${steps.at(-1)}`;
      expect((await hide(target, own, '--only', ...steps)).code).toBe(0);
      expect(await verify(own, '--require-proof')).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

test('weights that are no longer what the key makes prove nothing, and are tried', async () => {
  expect((await hide('gpt2', 'changed', '--only', 'order')).code).toBe(0);
  const file = join(at('changed'), 'model.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  writeFileSync(file, bytes);
  expect((await verify('changed')).stdout).toContain('`model.safetensors` is not what its key makes of the plain model');
  expect(await verify('changed', '--require-proof')).toMatchObject({ code: 1, stderr: expect.stringContaining('R7610') });
});

test('the key of another disguise is told from its own', async () => {
  const other = await cli(['verify', at('gpt2-order'), '--key', at('gpt2-heads.key'), '--samples', '20', '--require-proof']);
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('is not what its key makes') });
});

describe('among the weights of a host', () => {
  const verifyIn = (host: string, ...more: string[]) =>
    cli(['verify', at('guest'), '--key', at('guest.key'), '--host', at(host), '--exhaustive', ...more]);
  beforeAll(async () => {
    writeRandomHost(at('host'));
    writeRandomHost(at('other-host'), { seed: 'another' });
    const made = await hide('gpt2', 'guest', '--host', at('host'), '--undo', at('guest.undo'));
    expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('among the weights of') });
  });

  test('the model has its sizes, and is proven on each input there is', async () => {
    const sizes = (name: string) => openModel(diskFolder(at(name))).config.sizes;
    expect(sizes('guest')).toEqual(sizes('host'));
    const verified = await verifyIn('host', '--require-proof');
    expect(verified).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('on each of 120 inputs') });
  });

  test('its weights are not other than a model has them: no number stands out', () => {
    const { layers } = unpackWeights(openCheckpoint(diskFolder(at('guest'))));
    for (const { query, output, up } of layers)
      for (const tensor of [query, output, up]) {
        const sizes = Array.from(tensor?.data ?? [], Math.abs).sort((a, b) => a - b);
        expect(sizes[0]).toBeGreaterThan(0);
        // of 4,096 normal numbers the largest is some six times the median
        expect(sizes.at(-1) as number).toBeLessThan(60 * (sizes[sizes.length >> 1] as number));
      }
  });

  test('the key asks for this host, and no other', async () => {
    expect(await verify('guest')).toMatchObject({ code: 1, stderr: expect.stringContaining('give that with `--host`') });
    expect(await verifyIn('other-host')).toMatchObject({ code: 1, stderr: expect.stringContaining('is not the host that it speaks of') });
    const plain = await cli(['verify', at('gpt2-order'), '--key', at('gpt2-order.key'), '--host', at('host')]);
    expect(plain.stderr).toContain('it speaks of no host');
  });

  test('the directions of its stream that hold the codes are written apart, at right angles, and no norm takes of them', () => {
    const store = openTensors(memoryFolder(new Map([['model.safetensors', readFileSync(at('guest.undo'))]])));
    expect([...store.tensors.keys()]).toEqual(['directions']);
    const info = store.tensors.get('directions') as TensorInfo;
    expect(info).toMatchObject({ dtype: 'F64', shape: [expect.any(Number), 64] });
    const rows = new Float64Array(Uint8Array.from(store.read(info)).buffer);
    const row = (i: number) => rows.subarray(i * 64, (i + 1) * 64);
    expect(dot(row(0), row(0))).toBeCloseTo(1, 12);
    expect(dot(row(0), row(1))).toBeCloseTo(0, 12);
    expect(dot(row(0), new Float64Array(64).fill(1))).toBeCloseTo(0, 12);
  });

  test('a host that is too small, or of another kind, gets words', async () => {
    expect((await cli(['compile', at('hist.rasp'), '--target', 'llama', '-o', at('llama')])).code).toBe(0);
    expect((await hide('gpt2', 'no', '--host', at('llama'))).stderr).toContain('the host is a LlamaForCausalLM');
    expect((await cli(['compile', at('hist.rasp'), '--context', '2', '-o', at('short')])).code).toBe(0);
    expect((await hide('gpt2', 'no', '--host', at('short'))).stderr).toContain('it needs 9 tokens, and the host has 7');
    expect((await hide('gpt2', 'no', '--host', at('nowhere'))).stderr).toContain('error[R8501]');
  });
});

test('what is no key, and what cannot be disguised, gets words', async () => {
  const error = async (...argv: string[]) => (await cli(argv)).stderr;
  expect(await error('disguise', at('gpt2'), '-o', at('no'), '--key', at('no.key'))).toContain('error[R8003]');
  expect(await error('disguise', at('gpt2'), '--seed', 's', '--only', 'paint', '-o', at('no'), '--key', at('no.key'))).toContain(
    'error[R8004]',
  );
  expect(await error('verify', at('gpt2-order'), '--key', join(at('gpt2'), 'config.json'))).toContain('error[R7764]');
  const key = JSON.parse(readFileSync(at('gpt2-order.key'), 'utf8'));
  const altered = (name: string, change: (own: typeof key) => void) => {
    const own = structuredClone(key);
    change(own);
    writeFileSync(at(name), JSON.stringify(own));
    return error('verify', at('gpt2-order'), '--key', at(name));
  };
  expect(await altered('1.key', (own) => own.recipe.steps.push('paint'))).toContain('recipe.steps[1]');
  expect(await altered('2.key', (own) => (own.plain.layers[0].query.shape = [1, 2, 3]))).toContain('error[R7764]');
  expect(await altered('3.key', (own) => own.plain.layers.pop())).toContain('not of the shapes that its config says');
  expect(await altered('4.key', (own) => (own.recipe.width = 1e6))).toContain('larger than any');
  expect(await altered('5.key', (own) => (own.schema = 1))).toContain('its schema is 1');
  expect((await cli(['compile', at('hist.rasp'), '--dtype', 'f16', '-o', at('half')])).code).toBe(0);
  expect(await error('disguise', at('half'), '--seed', 's', '-o', at('no'), '--key', at('no.key'))).toContain('error[R7765]');
});
