/**
 * Seeded folders that break their word, `verify` on each, and transformers on the same windows: what `verify` counts is what transformers does, and
 * no folder passes that falls short of its promise there. `RASPC_REDTEAM=500` tries more, `RASPC_SAMPLE=NUMBER` others.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SeedMap, SeedWindows } from '../../src/checkpoint/map/seed/seed-map.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { Evaluation } from '../../src/graph/evaluate/evaluate.ts';
import type { Aggregate, SOp } from '../../src/graph/graph.ts';
import { type Value, valuesEqual } from '../../src/graph/value.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { Random } from '../../src/verify/random.ts';
import { OPEN_TOKENS, rightTokens, tokenValues } from '../../src/verify/seeded/right-tokens.ts';
import { windowsOf, windowTokens } from '../../src/verify/seeded/windows.ts';
import { cli } from '../cli/run-cli.ts';
import { type PythonServer, startPython } from '../interop/python-server.ts';
import { SAMPLE, TAKES_ALL } from '../support/sampling.ts';
import { SEEDED_CONFIG } from '../support/seeded-folder.ts';
import { randomSeedProgram, SEEDED_ATTACKS, seedMapOf } from './seeded-attacks.ts';

/** Folders of each kind. */
const EACH = Math.max(3, Math.floor(Number(process.env.RASPC_REDTEAM ?? (TAKES_ALL ? 500 : 0)) / 25));
const SMALL_LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  ...{ vocab_size: 64, max_position_embeddings: 32, hidden_size: 128, intermediate_size: 256 },
  ...{ num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 4, bos_token_id: 63, eos_token_id: 62 },
  ...{ initializer_range: 0.02, tie_word_embeddings: false, rms_norm_eps: 1e-5, rope_theta: 10000, hidden_act: 'silu' },
};
const BRACKETS = ['--token', '(=7', '--token', ')=8'];
const BASES = [
  { name: 'induction-gpt2', config: 'gpt2', argv: ['programs/seeds/induction.rasp', '--bos', '63'] },
  { name: 'induction-llama', config: 'llama', argv: ['programs/seeds/induction.rasp'] },
  { name: 'previous-gpt2', config: 'gpt2', argv: ['programs/seeds/previous_token.rasp'] },
  { name: 'brackets-gpt2', config: 'gpt2', argv: ['programs/seeds/bracket_depth.rasp', ...BRACKETS] },
];
/** Arithmetic in another order may tip so many positions of a kind of window. */
const TIPPED = 1.5;

interface Answers {
  readonly loads: string | null;
  readonly tokens: readonly (readonly number[])[];
  readonly features: readonly (readonly (readonly (Value | null)[])[])[];
}

let root: string;
let python: PythonServer;
const at = (name: string) => join(root, name);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'raspc-redteam-seeds-'));
  python = startPython('../redteam/judge_seeds.py');
  writeFileSync(at('gpt2.json'), JSON.stringify(SEEDED_CONFIG));
  writeFileSync(at('llama.json'), JSON.stringify(SMALL_LLAMA));
  for (const { name, config, argv } of BASES) {
    const { code, stderr } = await cli(['seed', ...argv, '--like', at(`${config}.json`), '-o', at(name)]);
    expect([name, code, stderr]).toEqual([name, 0, '']);
  }
});
afterAll(() => {
  python.close();
  rmSync(root, { recursive: true, force: true });
});

interface Said {
  readonly code: number;
  readonly promises: readonly {
    readonly name: string;
    readonly kind: string;
    readonly accuracy: number | null;
    readonly positions: number;
  }[];
}

async function verified(name: string): Promise<Said> {
  const { code, stdout } = await cli(['verify', at(name), '--format', 'json']);
  return { code, promises: code === 0 || code === 1 ? (JSON.parse(stdout) as Said).promises : [] };
}

interface Judged {
  readonly kind: string;
  readonly right: number;
  readonly positions: number;
  readonly promised: number;
}

/** How often the first circuit is right in transformers, in the windows of its promise; null where the folder does not load. */
async function judged(map: SeedMap, dir: string): Promise<Judged[] | null> {
  const [{ source, file }] = map.programs as [SeedMap['programs'][number]];
  const [circuit] = map.circuits as [SeedMap['circuits'][number]];
  const { shares, ...setting } = (circuit.promise as { windows: SeedWindows }).windows;
  const load = (overrides: object) => loadProgram({ file: sourceFile(file, source), loader: () => null, ...overrides });
  const asWritten = load({});
  const program = asWritten.vocabulary?.kind === 'any' ? load({ vocabulary: OPEN_TOKENS }) : asWritten;
  const named = map.tokens.flatMap(({ id }) => (id === null ? [] : [id]));
  const windows = windowsOf(map, windowTokens(map, 64, setting), named, false, setting);
  const job = { dir, windows: windows.map(({ ids }) => [...ids]), features: map.features };
  const { loads, tokens, features } = (await python.run(JSON.stringify(job))) as Answers;
  if (loads !== null) return null;
  const counts = new Map(shares.map(({ kind, accuracy }) => [kind, { kind, right: 0, positions: 0, promised: accuracy }]));
  for (const [w, { kind, ids, offset }] of windows.entries()) {
    const count = counts.get(kind) as { right: number; positions: number };
    const evaluation = new Evaluation(tokenValues(map, program, ids.subarray(offset)), { causal: true });
    const node = program.exports[0]?.node as SOp;
    const values = circuit.kind === 'feature' ? evaluation.sequence(node).values : [];
    for (let position = offset; position < ids.length; position++) {
      if (circuit.kind === 'feature') {
        count.positions++;
        if (isNear(features[w]?.[0]?.[position] ?? null, values[position - offset] as Value)) count.right++;
        continue;
      }
      const right = rightTokens(evaluation, node as Aggregate, position - offset, new Int32Array(ids.length));
      if (right.length === 0) continue;
      count.positions++;
      if (right.includes(tokens[w]?.[position] as number)) count.right++;
    }
  }
  return [...counts.values()];
}

function isNear(found: Value | null, wanted: Value): boolean {
  if (found === null) return false;
  if (typeof found !== 'number' || typeof wanted === 'string') return valuesEqual(found, wanted);
  return Math.abs(found - Number(wanted)) <= 0.02 * Math.max(1, Math.abs(Number(wanted)));
}

/** Where `verify` and transformers differ, or a broken promise passes. */
function faultsOf({ code, promises }: Said, there: readonly Judged[] | null): string[] {
  if (code === 70) return ['raspc fell over'];
  if (there === null) return code === 0 ? ['passes, and does not load'] : [];
  return there.flatMap(({ kind, right, positions, promised }) => {
    const own = promises.find((each) => each.kind === kind);
    const isMissed = right + TIPPED < positions * (promised - 0.02);
    return [
      ...(code === 0 && isMissed ? [`passes, and is right ${right} of ${positions} on ${kind} where ${promised} is promised`] : []),
      ...(own !== undefined && Math.abs((own.accuracy ?? 0) * positions - right) > TIPPED
        ? [`${kind}: verify counts ${own.accuracy} of ${own.positions}, transformers ${right} of ${positions}`]
        : []),
    ];
  });
}

test('as they were written, they keep their word, and transformers counts the same', async () => {
  for (const { name } of BASES) {
    const said = await verified(name);
    expect([name, said.code, faultsOf(said, await judged(seedMapOf(at(name)), at(name)))]).toEqual([name, 0, []]);
  }
});

test(`${EACH} folders of each kind that break their word`, async () => {
  const faults: string[] = [];
  const rows: string[] = [];
  for (const [a, attack] of SEEDED_ATTACKS.entries()) {
    let [refused, missed] = [0, 0];
    for (let number = 0; number < EACH; number++) {
      const random = new Random(SAMPLE, 1000 * a + number);
      const draw = (count: number) => random.below(count);
      const base = BASES[draw(BASES.length)]?.name as string;
      rmSync(at('mutated'), { recursive: true, force: true });
      cpSync(at(base), at('mutated'), { recursive: true });
      const what = attack.apply(at('mutated'), draw);
      const said = await verified('mutated');
      // held to what was seeded, whatever the map says now
      const there = await judged(seedMapOf(at(base)), at('mutated'));
      const isOtherProgram = attack.kind.includes('program');
      const found = isOtherProgram ? (said.code === 70 ? ['raspc fell over'] : []) : faultsOf(said, there);
      if (said.code !== 0) refused++;
      if (there === null || there.some(({ right, positions, promised }) => right + TIPPED < positions * (promised - 0.02))) missed++;
      if (attack.isAlwaysWrong && said.code === 0) found.push('passes');
      faults.push(...found.map((fault) => `${attack.kind} ${number}, ${base}: ${what}: ${fault}`));
    }
    rows.push(`| ${attack.kind} | ${EACH} | ${missed} | ${refused} |`);
  }
  // biome-ignore lint/suspicious/noConsole: the counts are what the suite tells
  console.log(
    [
      `Seeded folders, sample ${SAMPLE}:`,
      '| what | folders | below their promise in transformers | refused |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n'),
  );
  expect(faults.join('\n')).toBe('');
});

test(`${4 * EACH} programs made at random are refused, or seeded as what they say`, async () => {
  const faults: string[] = [];
  let seeded = 0;
  for (let number = 0; number < 4 * EACH; number++) {
    const random = new Random(SAMPLE, 90_000 + number);
    const source = randomSeedProgram((count) => random.below(count));
    writeFileSync(at('random.rasp'), source);
    const { code, stderr } = await cli([
      'seed',
      at('random.rasp'),
      '--like',
      at('gpt2.json'),
      '--bos',
      '63',
      '-o',
      at('random'),
      '--force',
    ]);
    if (code === 70) faults.push(`${source}: ${stderr.slice(0, 300)}`);
    if (code !== 0) continue;
    seeded++;
    const said = await verified('random');
    const map = seedMapOf(at('random'));
    if (map.circuits[0]?.kind === 'tokens')
      faults.push(...faultsOf(said, await judged(map, at('random'))).map((fault) => `${source}: ${fault}`));
    else if (said.code === 70) faults.push(`${source}: verify fell over`);
  }
  // biome-ignore lint/suspicious/noConsole: the counts are what the suite tells
  console.log(`Programs made at random: ${seeded} of ${4 * EACH} seeded, the others refused`);
  expect(faults.join('\n')).toBe('');
});
