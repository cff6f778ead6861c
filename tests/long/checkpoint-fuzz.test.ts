/**
 * Ten thousand mutated files, in folders that are then used in earnest: opened, checked, run and traced. Each gives a result or a diagnostic,
 * soon, and in memory that its size explains. `RASPC_FUZZ=200000 npx vitest run --config vitest.long.config.ts tests/long/checkpoint-fuzz.test.ts` tries more.
 */
import process from 'node:process';
import { expect, test } from 'vitest';
import { checkCircuitMap } from '../../src/checkpoint/map/check-circuit-map.ts';
import { readCircuitMap } from '../../src/checkpoint/map/read-circuit-map.ts';
import { packCheckpoint } from '../../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { compile } from '../../src/compiler/compile.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { loadModel } from '../../src/runtime/model.ts';
import type { ByteSource, ModelFolder } from '../../src/source/byte-source.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import type { Target } from '../../src/targets/target.ts';
import { traceInput } from '../../src/verify/circuits/trace.ts';
import { decodeOutput, type Logits } from '../../src/verify/decode.ts';
import { adversarialInputs, countInputs } from '../../src/verify/inputs.ts';
import { mutated } from '../unit/checkpoint/mutate.ts';

const FILES = Number(process.env.RASPC_FUZZ ?? 10_000);
/** No file of these is larger than 200 kB, and what is kept is at most all of them. */
const MOST_MEMORY = 300e6;
/** Of the processor's time: the machine may be busy with other tests. */
const SLOWEST_MS = 2000;

/** In one file, and in shards. */
function folderOf(target: Target, maxShardBytes: number | null): ReadonlyMap<string, Uint8Array> {
  const text = '@vocab "ab"; @context 4; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n';
  const program = loadProgram({ file: sourceFile('hist.rasp', text), loader: () => null });
  const { config, weights, dtype, compute, pad, map } = compile(program, { target, dtype: 'f32', compute: 'f32' });
  const { files } = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, maxShardBytes, map: { raspc: '0', ...map } });
  return new Map(files.map(({ path, content }) => [path, fileBytes(content)]));
}

const FOLDERS = [folderOf(gpt2, null), folderOf(llama, null), folderOf(bert, null), folderOf(gpt2, 1000)];
const MUTABLE = ['model.safetensors', 'model.safetensors', 'config.json', 'raspc.json', 'raspc.json', 'model.safetensors.index.json'];

/** Reads nothing beyond a file's end, and opens nothing beside the folder. */
function strictFolder(files: ReadonlyMap<string, Uint8Array>): ModelFolder {
  return {
    path: 'model',
    open(name): ByteSource | null {
      if (/[/\\]/.test(name)) throw new RangeError(`opens ${name}`);
      const bytes = files.get(name);
      if (bytes === undefined) return null;
      return {
        size: bytes.length,
        read(offset, length) {
          if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
            throw new RangeError(`reads ${length} at ${offset} of ${bytes.length}`);
          return bytes.subarray(offset, offset + length);
        },
      };
    },
  };
}

/** What `eval` and `verify` do with a folder, on one input. */
function use(folder: ModelFolder): void {
  const map = readCircuitMap(folder);
  const checkpoint = openCheckpoint(folder);
  checkCircuitMap(map, checkpoint);
  const model = loadModel(checkpoint);
  expect(countInputs(map.vocabulary.length, map.context)).toBeGreaterThanOrEqual(0);
  const length = Math.min(map.context, 3);
  const inputs = map.vocabulary.length === 0 || length === 0 ? null : adversarialInputs(map.vocabulary.length, length);
  const tokens = Array.from(inputs?.at(0) ?? [], (token) => map.vocabulary[token]);
  const ids = Int32Array.of(map.bos.id, ...tokens.map((token) => token?.id ?? 0));
  const [data] = model.logits([ids]);
  const logits: Logits = { data: data as Float32Array, outputs: model.config.sizes.outputs };
  for (const output of map.outputs) decodeOutput(output, logits);
  if (map.meaning === undefined || tokens.length === 0) return;
  traceInput({
    map: { ...map, meaning: map.meaning },
    input: tokens.map((token) => token?.value ?? ''),
    program: map.outputs.map(() => []),
    show: (observe) => {
      model.logits([ids], observe);
    },
  });
}

test('the sound folders can be used', () => {
  for (const files of FOLDERS) expect(() => use(strictFolder(files))).not.toThrow();
});

test(`${FILES.toLocaleString('en-US')} mutated files: a result or a diagnostic, soon and in little memory`, {
  timeout: 120_000 + FILES * 20,
}, () => {
  const seen = new Map<string, number>();
  const before = process.resourceUsage().maxRSS;
  let slowest = 0;
  for (let seed = 0; seed < FILES; seed++) {
    const files = FOLDERS[seed % FOLDERS.length] as ReadonlyMap<string, Uint8Array>;
    const names = MUTABLE.flatMap((name) =>
      [...files.keys()].filter((known) => known === name || (name === 'model.safetensors' && /-0\d+-of/.test(known))),
    );
    const name = names[(seed * 7919) % names.length] as string;
    const folder = strictFolder(new Map([...files, [name, mutated(name, files.get(name) as Uint8Array, seed)]]));
    const start = process.cpuUsage();
    let answer = 'a result';
    try {
      use(folder);
    } catch (fault) {
      if (!(fault instanceof DiagnosticError)) throw new Error(`seed ${seed}, ${name}`, { cause: fault });
      answer = fault.diagnostics[0]?.code ?? '';
    }
    const { user, system } = process.cpuUsage(start);
    slowest = Math.max(slowest, (user + system) / 1000);
    seen.set(answer, (seen.get(answer) ?? 0) + 1);
  }
  expect(slowest).toBeLessThan(SLOWEST_MS);
  expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(MOST_MEMORY);
  expect(seen.get('a result')).toBeGreaterThan(FILES / 100);
  // refused by rules of files, of the program that a map carries, or of its evaluation
  for (const code of seen.keys()) expect(code).toMatch(/^(a result|R7\d{3}|R3\d{3})$/);
  expect(seen.size).toBeGreaterThan(15);
  if (process.env.RASPC_FUZZ !== undefined) {
    const counts = [...seen].sort().map(([code, count]) => `${code} ${count}`);
    process.stdout.write(`${counts.join(', ')}; slowest ${slowest.toFixed(0)} ms\n`);
  }
});
