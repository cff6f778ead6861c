/** What other people's pipelines call: action.yml and the hooks of pre-commit are whole, and the documentation's examples fit them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(path, 'utf8');
const action = parse(read('action.yml'));
const hooks: readonly { readonly id: string; readonly entry: string; readonly files: string }[] = parse(read('.pre-commit-hooks.yaml'));
const chapter = read('docs/continuous-integration.md');
const examples: readonly unknown[] = [...chapter.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => parse(text));

test('each step of the action is one, and takes inputs through its environment only', () => {
  expect(action.runs.using).toBe('composite');
  const steps: readonly Step[] = action.runs.steps;
  for (const { uses, run, shell } of steps) {
    expect((uses === undefined) !== (run === undefined)).toBe(true);
    // text of an input in a script would be run
    if (run !== undefined) expect([shell, run.includes('${{')]).toEqual(['bash', false]);
  }
  const asked = new Set([...read('action.yml').matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));
  expect([...asked].sort()).toEqual(Object.keys(action.inputs).sort());
});

test('the documented workflow gives the action what it takes', () => {
  const used = examples.flatMap((example) => stepsOf(example)).filter(({ uses }) => uses?.includes('/raspc@'));
  expect(used.length).toBeGreaterThan(0);
  for (const step of used) {
    for (const name of Object.keys(step.with ?? {})) expect(Object.keys(action.inputs)).toContain(name);
    expect(Object.keys(step.with ?? {})).toContain('programs');
  }
});

test("this project's workflow uses it", () => {
  expect(stepsOf(parse(read('.github/workflows/ci.yml'))).some(({ uses }) => uses === './')).toBe(true);
});

test('the documented hooks are those that there are', () => {
  const named = examples.flatMap((example) => {
    const { repos } = example as { repos?: readonly { readonly hooks: readonly { readonly id: string }[] }[] };
    return (repos ?? []).flatMap((repo) => repo.hooks.map(({ id }) => id));
  });
  expect(named.sort()).toEqual(hooks.map(({ id }) => id).sort());
  for (const { entry, files } of hooks) {
    expect(entry).toMatch(/^raspc (fmt --check|check --deny-warnings)$/);
    expect([new RegExp(files).test('programs/hist.rasp'), new RegExp(files).test('README.md')]).toEqual([true, false]);
  }
});

function stepsOf(workflow: unknown): readonly Step[] {
  const { jobs } = workflow as { jobs?: Readonly<Record<string, { readonly steps: readonly Step[] }>> };
  return Object.values(jobs ?? {}).flatMap(({ steps }) => steps);
}
