/** `verify --engine`: where onnxruntime-node is not there, and where what is there is not to be trusted. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-engine-'));
  await cli(['compile', 'programs/hist.rasp', '--target', 'gpt2', '--context', '4', '-o', join(folder, 'hist')]);
});

const verify = (...more: string[]) => cli(['verify', 'hist', '--samples', '20', '--engine', 'onnxruntime', ...more], { directory: folder });

test('an engine that is asked for and not installed is a fault, with the command that installs it', async () => {
  const { code, stderr } = await verify();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error\[R7609\]: `onnxruntime-node` cannot run this model: it is not installed\n/);
  expect(stderr).toContain('npm install --ignore-scripts onnxruntime-node');
});

test('an engine whose logits are not those of the own runtime is a fault', async () => {
  const installed = join(folder, 'node_modules', 'onnxruntime-node');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{ "name": "onnxruntime-node", "main": "index.cjs" }');
  writeFileSync(
    join(installed, 'index.cjs'),
    `exports.Tensor = class { constructor(type, data, dims) { Object.assign(this, { data, dims }); } };
     const everyLogit = { get: (_, name) => (name === 'then' ? undefined : { data: new Float32Array(1e6) }) };
     exports.InferenceSession = { create: async () => ({ run: async () => new Proxy({}, everyLogit) }) };`,
  );
  const { code, stderr } = await verify();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error\[R7608\]: `onnxruntime-node` gives other logits than raspc's runtime: they differ by /);
});
