/** The manifest of the circuits benchmark: two hundred programs, each what its hash says, each for all of the families. */
import { expect, test } from 'vitest';
import { buildCircuit, CIRCUIT_COUNT, CIRCUIT_FAMILIES, readManifest } from '../../scripts/circuit-programs.ts';
import { sha256HexOfText } from '../../src/source/sha256.ts';

const programs = readManifest();

test('has as many programs as it should, no two of one name or text', () => {
  expect(programs).toHaveLength(CIRCUIT_COUNT);
  expect(new Set(programs.map(({ name }) => name)).size).toBe(CIRCUIT_COUNT);
  expect(new Set(programs.map(({ sha256 }) => sha256)).size).toBe(CIRCUIT_COUNT);
  expect(programs.filter(({ source, sha256 }) => sha256HexOfText(source) !== sha256)).toEqual([]);
  expect(new Set(programs.map(({ kind }) => kind))).toEqual(new Set(['example', 'library', 'random']));
});

test.each(CIRCUIT_FAMILIES)('compiles one of each kind for %s', (family) => {
  for (const kind of ['example', 'library', 'random']) {
    const program = programs.filter((each) => each.kind === kind)[5] as (typeof programs)[number];
    expect([...buildCircuit(program, family).keys()]).toContain('model.safetensors');
  }
});
