/** The README's commands do what it says: each `$ raspc …` of a console block is run, in order, and prints what stands below it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mapTranscript, readmeFolder, readmeSteps, runStep, shortened } from '../../scripts/readme-steps.ts';
import { COMMANDS } from '../../src/cli/command-table.ts';

const readme = readFileSync('README.md', 'utf8');

let folder: string;
beforeAll(() => {
  folder = readmeFolder(readme);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('README.md', () => {
  // One after the other: a later command uses what an earlier one wrote. `npm run readme` puts in what they print now.
  test.each(readmeSteps(readme))('$line', async (step) => {
    expect(shortened(await runStep(step, folder), step.output)).toBe(step.output);
  });

  test('shows every command at work', () => {
    const shown = readmeSteps(readme).map(({ line }) => line.split(' ')[1]);
    expect([...new Set([...shown, 'repl'])].sort()).toEqual(Object.keys(COMMANDS).sort());
    for (const name of Object.keys(COMMANDS)) expect(readme).toContain(`| \`${name} `);
  });

  test('talks with the REPL as it would go', () => {
    expect(readme).toContain('```text\nRASP 0.1\n');
    expect(mapTranscript(readme)).toBe(readme);
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?([a-z:-]+)/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(['ci', 'install', 'package', ...Object.keys(scripts)]).toContain(name);
  });

  test('links only to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link as string);
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });
});
