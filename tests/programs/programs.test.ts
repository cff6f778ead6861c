/** Every example program: its examples hold, and what a causal target can take is compiled and verified from the bytes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from '../cli/run-cli.ts';

const files = readdirSync('programs')
  .filter((name) => name.endsWith('.rasp'))
  .sort();
const texts = new Map(files.map((file) => [file, readFileSync(`programs/${file}`, 'utf8')]));
const causal = files.filter((file) => texts.get(file)?.includes('@causal;'));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('there are enough of them', () => {
  expect(files.length).toBeGreaterThanOrEqual(20);
  expect(causal.length).toBeGreaterThanOrEqual(15);
});

describe.each(files)('programs/%s', (file) => {
  const text = texts.get(file) ?? '';

  test('says what it is, where it comes from and what it costs', () => {
    const header = text.slice(0, text.search(/^(?!#)/m));
    expect(header).toMatch(/^# [A-Z][^:]*: ./);
    expect(header).toMatch(/^# Source: ./m);
    expect(header).toMatch(/^# Cost: ./m);
    for (const directive of ['@vocab', '@context', '@export', '@example']) expect(text).toContain(`\n${directive} `);
    expect(text).toMatch(/^@(causal|bidirectional);$/m);
  });

  test('is right on its examples', async () => {
    const { code, stderr } = await cli(['check', `programs/${file}`]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe.each(causal)('programs/%s on gpt2', (file) => {
  test('is compiled, and right on every kind of input', async () => {
    const out = join(folder, file);
    const compiled = await cli(['compile', `programs/${file}`, '--target', 'gpt2', '-o', out, '--format', 'json']);
    expect(compiled.stderr).toBe('');
    expect(JSON.parse(compiled.stdout)).toMatchObject({ target: 'gpt2', certificate: { holds: true } });
    const verified = await cli(['verify', out, '--samples', '400', '--format', 'json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ failed: 0, counterexample: null });
    expect(verified.code).toBe(0);
  });

  test('has the same bytes every time', async () => {
    const again = join(folder, `${file}-again`);
    await cli(['compile', `programs/${file}`, '--target', 'gpt2', '-o', again]);
    const names = readdirSync(again);
    expect(names).toEqual(readdirSync(join(folder, file)));
    for (const name of names) expect(readFileSync(join(again, name)).equals(readFileSync(join(folder, file, name)))).toBe(true);
  });
});

describe.each(files.filter((file) => !causal.includes(file)))('programs/%s, which looks both ways', (file) => {
  test('is refused by a target that does not', async () => {
    const { code, stderr } = await cli(['compile', `programs/${file}`, '--target', 'gpt2', '-o', join(folder, file)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[R4008\]: .*`gpt2`/m);
  });

  test('is compiled for bert, and right on every kind of input', async () => {
    const out = join(folder, `${file}-bert`);
    const compiled = await cli(['compile', `programs/${file}`, '--target', 'bert', '--context', '7', '-o', out, '--quiet']);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    const verified = await cli(['verify', out, '--samples', '300', '--format', 'json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ failed: 0, counterexample: null });
  });
});

/** Programs that between them use every kind of component. `npm run test:long` tries all of them on all targets. */
const VARIED = ['hist.rasp', 'induction.rasp', 'running_maximum.rasp', 'mostly.rasp', 'addition.rasp'];
const OTHERS = TARGETS.map(({ name }) => name).filter((name) => name !== 'gpt2');

describe.each(OTHERS)('on %s', (target) => {
  test.each(VARIED)('programs/%s is compiled, and right on every kind of input', async (file) => {
    const out = join(folder, `${file}-${target}`);
    const compiled = await cli(['compile', `programs/${file}`, '--target', target, '--context', '10', '-o', out, '--quiet']);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    const verified = await cli(['verify', out, '--samples', '100', '--format', 'json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ failed: 0, counterexample: null });
  });
});
