/**
 * Compiled folders that are made to lie, `verify` on each of them, and transformers on the same: none is called verified that is wrong there on
 * an input that was tried, none proven that is wrong on any. `RASPC_REDTEAM=500` tries 500 folders, `RASPC_SAMPLE=NUMBER` others.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CategoricalOutput, CircuitMap } from '../../src/checkpoint/map/circuit-map.ts';
import { type Value, valuesEqual } from '../../src/graph/value.ts';
import { Random } from '../../src/verify/random.ts';
import { cli } from '../cli/run-cli.ts';
import { type PythonServer, startPython } from '../interop/python-server.ts';
import { type FolderCase, folderCases } from '../support/folder-cases.ts';
import { SAMPLE, TAKES_ALL } from '../support/sampling.ts';
import { ATTACKS } from './attacks.ts';

/** Folders in all; at least three of each kind. */
const FOLDERS = Number(process.env.RASPC_REDTEAM ?? (TAKES_ALL ? 500 : 120));

const PROGRAMS: Readonly<Record<string, string>> = {
  hist: '@vocab "abc"; @context 4; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n',
  last: '@vocab "abc"; @context 4; @causal;\nlast = aggregate(select(indices, indices - 1, ==), tokens, "a");\n@export last;\n',
  twice:
    '@vocab "ab"; @context 5; @causal;\nn = selector_width(select(tokens, tokens, ==));\ntwice = selector_width(select(n, n, ==));\n@export twice;\n',
};
const TARGETS = ['gpt2', 'llama', 'gpt-neox', 'bert', 'qwen2', 'mistral', 'phi3', 'gemma'];

interface Judgement {
  readonly loads: string | null;
  readonly wrong: readonly number[];
}

let root: string;
let python: PythonServer;
const bases: string[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'raspc-redteam-'));
  python = startPython('../redteam/judge_models.py');
  for (const [name, source] of Object.entries(PROGRAMS)) {
    writeFileSync(join(root, `${name}.rasp`), source);
    for (const target of TARGETS) {
      const { code, stderr } = await cli(['compile', `${name}.rasp`, '--target', target, '-o', `${name}-${target}`], { directory: root });
      expect([name, target, code, code === 0 ? '' : stderr]).toEqual([name, target, 0, '']);
      bases.push(`${name}-${target}`);
    }
  }
});
afterAll(() => {
  python.close();
  rmSync(root, { recursive: true, force: true });
});

/** What transformers does on every input of the map's own scope, held against the map's own source. */
async function judged(dir: string): Promise<{ cases: readonly FolderCase[]; judgement: Judgement }> {
  const { map, cases } = folderCases(dir, 400);
  const job = {
    dir,
    outputs: map.outputs.map(outputData),
    cases: cases.map(({ ids, expected }) => ({ ids, expected: places(map, expected) })),
  };
  return { cases, judgement: (await python.run(JSON.stringify(job))) as Judgement };
}

function outputData(output: CircuitMap['outputs'][number]) {
  return output.kind === 'numeric' ? { ...output } : { ...output, logits: output.logits.map(({ id }) => ({ id })) };
}

function places(map: CircuitMap, expected: readonly (readonly Value[])[]): number[][] {
  return map.outputs.map((output, i) =>
    (expected[i] ?? []).map((value) =>
      output.kind === 'numeric'
        ? Number(value)
        : (output as CategoricalOutput).logits.findIndex((logit) => valuesEqual(logit.value, value)),
    ),
  );
}

interface Said {
  readonly code: number;
  /** Whether every input of the map's scope is said to be right. */
  readonly isProven: boolean;
  readonly stderr: string;
}

async function verified(name: string): Promise<Said> {
  const { code, stdout, stderr } = await cli(['verify', name, '--format', 'json'], { directory: root });
  const claims =
    code === 0 || code === 1 || code === 70 ? (JSON.parse(stdout) as { claims?: { standing: string; about: unknown }[] }).claims : [];
  return { code, stderr, isProven: (claims ?? []).some(({ standing, about }) => standing === 'proven' && about === 'all inputs') };
}

test('as they were compiled, all are proven and right', async () => {
  for (const name of bases) {
    const { code, isProven } = await verified(name);
    const { judgement } = await judged(join(root, name));
    expect([name, code, isProven, judgement]).toEqual([name, 0, true, { loads: null, wrong: [] }]);
  }
});

test(`${FOLDERS} folders that lie`, async () => {
  const counts = new Map<string, { folders: number; refused: number; proven: number; tried: number; wrong: number; unloadable: number }>();
  const faults: string[] = [];
  const start = performance.now();
  for (let number = 0; number < Math.max(FOLDERS, 3 * ATTACKS.length); number++) {
    const random = new Random(SAMPLE, number);
    const draw = (count: number) => random.below(count);
    const attack = ATTACKS[number % ATTACKS.length] as (typeof ATTACKS)[number];
    const base = bases[draw(bases.length)] as string;
    const dir = join(root, 'mutated');
    rmSync(dir, { recursive: true, force: true });
    cpSync(join(root, base), dir, { recursive: true });
    // one in five is attacked twice
    const others = draw(5) === 0 ? [ATTACKS[draw(ATTACKS.length)] as (typeof ATTACKS)[number]] : [];
    const what = [attack, ...others].map((each) => each.apply(dir, draw)).join('; ');
    const said = await verified('mutated');
    // a map that cannot be read says nothing that could be wrong, so its model is held to what was compiled
    const own = await judged(dir).catch(() => null);
    const judgement = own?.judgement ?? ((await python.run(JSON.stringify(await jobOfBase(base, dir)))) as Judgement);
    const count = counts.get(attack.kind) ?? { folders: 0, refused: 0, proven: 0, tried: 0, wrong: 0, unloadable: 0 };
    counts.set(attack.kind, count);
    count.folders++;
    count[said.code !== 0 ? 'refused' : said.isProven ? 'proven' : 'tried']++;
    if (judgement.loads !== null) count.unloadable++;
    else if (judgement.wrong.length > 0) count.wrong++;
    const isWrong = judgement.loads !== null || judgement.wrong.length > 0;
    // every input of these scopes is tried, so that whatever is called verified has to be right
    if (said.code === 70 || ((said.code === 0 || said.isProven) && isWrong)) {
      const { loads, wrong } = judgement;
      const there = loads ?? `${wrong.length} of ${own?.cases.length ?? 'its'} inputs wrong`;
      faults.push(
        `${number}, ${base}: ${what}: exit ${said.code}${said.isProven ? ', proven' : ''}, and in transformers ${there} ${said.code === 70 ? said.stderr.slice(0, 300) : ''}`,
      );
    }
  }
  const rows = [...counts].map(
    ([kind, { folders, refused, proven, tried, wrong, unloadable }]) =>
      `| ${kind} | ${folders} | ${wrong} | ${unloadable} | ${refused} | ${proven} | ${tried} |`,
  );
  // biome-ignore lint/suspicious/noConsole: the counts are what the suite tells
  console.log(
    [
      `Red team, sample ${SAMPLE}, ${((performance.now() - start) / 1000).toFixed(0)} s:`,
      '| what | folders | wrong in transformers | do not load | refused | proven | tried alone |',
      '|---|---|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  );
  expect(faults.join('\n')).toBe('');
});

async function jobOfBase(base: string, dir: string) {
  const { map, cases } = folderCases(join(root, base), 400);
  return { dir, outputs: map.outputs.map(outputData), cases: cases.map(({ ids, expected }) => ({ ids, expected: places(map, expected) })) };
}
