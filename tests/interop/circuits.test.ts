/** The circuits benchmark on a few of its programs: built, prepared, scored. Activation patching finds each edge of the maps and no other. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildCircuit, CIRCUIT_FAMILIES, readManifest } from '../../scripts/circuit-programs.ts';
import { pythonJob } from './python.ts';

/** Of each of these every edge of the circuit has an effect of its own. */
const PROGRAMS = ['double_hist', 'dyck1', 'std-flip_flop'];

type Table = Readonly<
  Record<string, Readonly<Record<string, { readonly models: number; readonly auc: number; readonly precision: number }>>>
>;

interface Found {
  readonly errors: readonly string[];
  readonly found: Readonly<Record<string, Table>>;
  readonly table: string;
  readonly pairs: readonly number[];
  readonly words: readonly string[];
  readonly byHand: readonly [number, number];
}

test('the benchmark, from its manifest to its table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-circuits-'));
  try {
    const programs = readManifest().filter(({ name }) => PROGRAMS.includes(name));
    expect(programs).toHaveLength(PROGRAMS.length);
    for (const program of programs) {
      for (const family of CIRCUIT_FAMILIES) {
        const place = join(folder, 'suite', program.name, family);
        mkdirSync(place, { recursive: true });
        for (const [path, bytes] of buildCircuit(program, family)) writeFileSync(join(place, path), bytes);
      }
    }
    const job = { suite: join(folder, 'suite'), scores: join(folder, 'scores') };
    const { errors, found, table, pairs, words, byHand } = pythonJob('check_circuits.py', JSON.stringify(job)) as Found;
    expect(errors).toEqual(['', '', '']);
    expect(pairs).toHaveLength(4 * programs.length);
    expect(Object.keys(found).sort()).toEqual([
      'activation-patching',
      'attribution-patching',
      'attribution-patching-with-integrated-gradients',
      'random',
    ]);
    for (const family of CIRCUIT_FAMILIES) {
      const exact = found['activation-patching']?.[family]?.edges;
      expect([family, exact?.auc, exact?.precision]).toEqual([family, 1, 1]);
      const chance = found.random?.[family]?.edges?.auc as number;
      expect(chance).toBeLessThan(1);
    }
    expect(table).toContain('| activation patching | GPT-2 |');
    // no edge of a circuit without an effect, and none outside with one
    for (const line of table.trim().split('\n').slice(-4)) {
      const cells = line.split('|').map((cell) => cell.trim());
      expect([cells[1], cells[5], cells[7]]).toEqual([cells[1], '0', '0']);
    }
    expect(byHand[0]).toBeCloseTo(5.5 / 6, 12);
    expect(byHand[1]).toBe(0.75);
    expect(words).toEqual([
      '/broken/double_hist/gpt2.json has no score for input->a0.h0<q>',
      expect.stringContaining('/broken/double_hist/gpt2.json holds no scores of edges'),
      expect.stringContaining('/broken/double_hist/gpt2.json holds no scores of edges'),
      '/nothing holds no PROGRAM/FAMILY.json',
      expect.stringContaining('holds no no_program'),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
