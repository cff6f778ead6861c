/** `verify --map`: a checkpoint whose weights moved, circuit by circuit. */
import type { Buffer } from 'node:buffer';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-map-'));
  cpSync('programs/double_hist.rasp', join(folder, 'double_hist.rasp'));
  expect((await at('compile', 'double_hist.rasp', '--context', '8', '--vocab', '"abcd"', '-o', 'model')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The model as training might leave it: every weight that is not zero moved by up to this part of itself. */
function trained(name: string, part: number): void {
  cpSync(join(folder, 'model'), join(folder, name), { recursive: true });
  rmSync(join(folder, name, 'raspc.json'));
  const file = join(folder, name, 'model.safetensors');
  const bytes = readFileSync(file);
  let state = 1;
  for (let offset = 8 + Number(bytes.readBigUInt64LE(0)); offset < bytes.length; offset += 4) {
    state = (Math.imul(state, 48271) >>> 0) % 2147483647;
    bytes.writeFloatLE(bytes.readFloatLE(offset) * (1 + part * ((2 * state) / 2147483647 - 1)), offset);
  }
  writeFileSync(file, bytes);
}

interface Variable {
  readonly name: string;
  readonly dims: number[];
  readonly written: { readonly layer: number; readonly sublayer: string };
  readonly lastRead: { readonly layer: number; readonly sublayer: string };
}
const variables = (name: string) =>
  (JSON.parse(readFileSync(join(folder, name, 'raspc.json'), 'utf8')) as { variables: Variable[] }).variables;

interface Circuit {
  readonly name: string;
  readonly layer: number;
  readonly sublayer: string;
  readonly margin: number;
  readonly provenMargin: number | null;
  readonly inputs: number;
  readonly refutedBy: { readonly input: readonly string[]; readonly position: number } | null;
}
const report = async (name: string) => {
  const { code, stdout } = await at('verify', name, '--map', 'model/raspc.json', '--samples', '100', '--format', 'json');
  return { code, ...(JSON.parse(stdout) as { failed: number; changed: string[]; circuits?: Circuit[] }) };
};

describe('a checkpoint with the map of another', () => {
  test('that has the same weights has nothing to tell', async () => {
    const { code, failed, changed, circuits } = await report('model');
    expect([code, failed, changed, circuits]).toEqual([0, 0, [], undefined]);
  });

  test('that hardly moved holds every circuit, and the certificate is not claimed', async () => {
    trained('near', 1e-6);
    const { code, failed, changed, circuits = [] } = await report('near');
    expect([code, failed, changed]).toEqual([0, 0, ['model.safetensors']]);
    const listed = variables('model').filter(({ name }) => name !== 'bos');
    expect(listed.length).toBeGreaterThan(3);
    expect(circuits.map(({ name, layer, sublayer }) => ({ name, written: { layer, sublayer } }))).toEqual(
      listed.map(({ name, written }) => ({ name, written })),
    );
    for (const { margin, provenMargin, inputs, refutedBy } of circuits) {
      // what is sure of every input is no more than what was found
      if (provenMargin !== null) expect(provenMargin).toBeLessThanOrEqual(margin);
      expect(margin).toBeGreaterThan(0.9);
      expect(inputs).toBeGreaterThan(100);
      expect(refutedBy).toBeNull();
    }
    const text = await at('verify', 'near', '--map', 'model/raspc.json', '--samples', '100');
    expect(text.stdout).toContain('`model.safetensors` is not as its map says, so what that claims is of another model');
    expect(text.stdout).toMatch(/hist#2 +layer 0 mlp +proven +margin at least 0\.\d+ on every input\n/);
    expect(text.stdout).toMatch(/double_hist +layer 1 attention +tried +right on [\d,]+ inputs, as compiled\n/);
  });

  test('that moved further has smaller margins first, then circuits that an input refutes', async () => {
    trained('further', 5e-4);
    const further = (await report('further')).circuits ?? [];
    trained('far', 3e-2);
    const { code, circuits: far = [] } = await report('far');
    expect(code).toBe(1);
    const near = (await report('near')).circuits ?? [];
    for (const [i, circuit] of near.entries()) {
      expect(further[i]?.margin).toBeLessThanOrEqual(circuit.margin);
      expect(far[i]?.margin).toBeLessThan(further[i]?.margin as number);
    }
    const refuted = far.filter(({ refutedBy }) => refutedBy !== null);
    expect(refuted.length).toBeGreaterThan(1);
    expect(refuted.length).toBeLessThan(far.length);
    expect(refuted[0]?.refutedBy?.input.length).toBeLessThan(4);
  });

  test('whose outputs are right, but not what is in between: that is a failure too, and points at the source', async () => {
    expect((await at('compile', 'double_hist.rasp', '--target', 'llama', '--context', '8', '--vocab', '"abcd"', '-o', 'own')).code).toBe(0);
    // what the unembedding alone reads is written the other way round, and read so: RMSNorm does not mind
    cpSync(join(folder, 'own'), join(folder, 'unread'), { recursive: true });
    const { dims, written } = variables('own').find(({ lastRead }) => lastRead.sublayer === 'output') as Variable;
    for (const part of ['self_attn.o_proj', 'mlp.down_proj']) {
      for (let layer = written.layer; hasTensor('unread', `model.layers.${layer}.${part}.weight`); layer++) {
        scale('unread', `model.layers.${layer}.${part}.weight`, (row) => dims.includes(row), -1);
      }
    }
    scale('unread', 'lm_head.weight', (_, column) => dims.includes(column), -1);
    const { stdout, stderr, code } = await at('verify', 'unread', '--map', 'own/raspc.json', '--samples', '100');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/not verified unread for less .*: .*no mismatch; proven for every input/)]);
    expect(stderr).toMatch(/^error\[R7606\]: `unread` no longer holds 1 of \d circuits of its map\n +--> double_hist\.rasp:/);
  });

  test('a map that is missing, or of another model', async () => {
    expect((await at('verify', 'near', '--map', 'nowhere/raspc.json')).code).toBe(3);
    expect((await at('compile', 'double_hist.rasp', '--target', 'llama', '-o', 'llama')).code).toBe(0);
    expect((await at('verify', 'near', '--map', 'llama/raspc.json')).stderr).toContain('error[R7403]');
  });
});

interface Header {
  readonly [tensor: string]: { readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] };
}

function readHeader(bytes: Buffer): { header: Header; data: number } {
  const length = Number(bytes.readBigUInt64LE(0));
  return { header: JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Header, data: 8 + length };
}

const hasTensor = (name: string, tensor: string) =>
  readHeader(readFileSync(join(folder, name, 'model.safetensors'))).header[tensor] !== undefined;

/** Multiplies the weights of a matrix that are chosen. */
function scale(name: string, tensor: string, chosen: (row: number, column: number) => boolean, by: number): void {
  const file = join(folder, name, 'model.safetensors');
  const bytes = readFileSync(file);
  const { header, data } = readHeader(bytes);
  const { shape, data_offsets: offsets } = header[tensor] as Header[string];
  const columns = shape.at(-1) as number;
  for (let flat = 0; flat < (offsets[1] - offsets[0]) / 4; flat++) {
    if (!chosen(Math.floor(flat / columns), flat % columns)) continue;
    const offset = data + offsets[0] + 4 * flat;
    bytes.writeFloatLE(bytes.readFloatLE(offset) * by, offset);
  }
  writeFileSync(file, bytes);
}
