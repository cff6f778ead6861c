/** The native engine against the own runtime: random dense models of every architecture, and compiled ones through the command line. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { openFolder } from '../../src/cli/files/model-folder.ts';
import { chooseEngine, type NativeEngine, nativeEngine } from '../../src/cli/verify/native-engine.ts';
import { loadModel } from '../../src/runtime/model.ts';
import { cli } from '../cli/run-cli.ts';
import { FIXTURE_MODELS } from '../unit/runtime/disk-folder.ts';
import { onnxruntimeFolder } from './onnxruntime.ts';

let installed = '';

beforeAll(() => {
  installed = onnxruntimeFolder();
}, 600_000);

async function engineOf(path: string): Promise<NativeEngine> {
  const folder = openFolder(path, '/');
  const checkpoint = openCheckpoint(folder);
  const engine = await nativeEngine(checkpoint, loadModel(checkpoint), installed);
  folder.close();
  if (engine === null) throw new Error('onnxruntime-node does not load');
  return engine;
}

/** Models whose layers see by windows of their own, or turn in ways of their own: the native engine has one mask and one table of angles. */
function seesAlike(name: string): boolean {
  const folder = openFolder(join(FIXTURE_MODELS, name), '/');
  const { layerAttention } = openCheckpoint(folder).config;
  folder.close();
  return layerAttention.length === 1 && layerAttention.every(({ window }) => window === null);
}

const models = readdirSync(FIXTURE_MODELS);

test.each(models.filter((name) => !seesAlike(name)))('%s is left to the own runtime, and says why where it is asked for', async (name) => {
  const folder = openFolder(join(FIXTURE_MODELS, name), '/');
  const checkpoint = openCheckpoint(folder);
  const subject = { checkpoint, model: loadModel(checkpoint) };
  expect(await chooseEngine('auto', subject, installed)).toBeNull();
  await expect(chooseEngine('onnxruntime', subject, installed)).rejects.toThrow(/R7609/);
  folder.close();
});

describe.each(models.filter(seesAlike))('%s', (name) => {
  test('gives the logits of transformers, for sequences of several lengths at once', async () => {
    const path = join(FIXTURE_MODELS, name);
    const expected = JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8')) as { ids: number[]; f64: number[] }[];
    const logits = await (await engineOf(path)).logits(expected.map(({ ids }) => Int32Array.from(ids)));
    const largest = Math.max(...expected.flatMap(({ f64 }) => f64.map(Math.abs)));
    for (const [i, { f64 }] of expected.entries()) {
      expect(logits[i]?.length).toBe(f64.length);
      for (const [j, value] of f64.entries()) expect(Math.abs((logits[i]?.[j] as number) - value) / largest).toBeLessThan(1e-5);
    }
  });
});

describe('raspc verify --engine onnxruntime', () => {
  test.each([
    ['hist', 'gpt2'],
    ['sort', 'bert'],
    ['induction', 'llama'],
  ])('%s on %s', async (program, target) => {
    const dir = join(mkdtempSync(join(tmpdir(), 'raspc-onnx-')), program);
    await cli(['compile', join(process.cwd(), 'programs', `${program}.rasp`), '--target', target, '-o', dir]);
    const own = await cli(['verify', dir, '--samples', '300', '--format', 'json', '--engine', 'raspc'], { directory: installed });
    const native = await cli(['verify', dir, '--samples', '300', '--format', 'json', '--engine', 'onnxruntime'], { directory: installed });
    expect(native.code).toBe(0);
    const [a, b] = [own, native].map(({ stdout }) => JSON.parse(stdout) as { checked: number; failed: number; worstMargin: number });
    expect(b).toMatchObject({ checked: a?.checked, failed: 0 });
    expect(b?.worstMargin).toBeCloseTo(a?.worstMargin ?? Number.NaN, 2);
  });
});
