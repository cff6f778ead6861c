/**
 * `npm run docs`: runs the commands that the pages show and puts in what they print now, and writes the generated pages. `-- docs/seeding.md`
 * does that page alone.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { packagePath } from '../src/cli/files/package-path.ts';
import { folderOfPage, mapSteps, mapTranscript, runStep, shortened } from './documents/console-steps.ts';
import { DIAGNOSTICS, generatedPages } from './documents/generated-pages.ts';
import { allPages } from './documents/pages.ts';

const asked = process.argv.slice(2);
const generated = asked.length === 0 ? await generatedPages() : new Map<string, string>();
if (asked.length === 0) {
  mkdirSync(packagePath(DIAGNOSTICS), { recursive: true });
  for (const name of readdirSync(packagePath(DIAGNOSTICS))) {
    if (!generated.has(`${DIAGNOSTICS}/${name}`)) rmSync(packagePath(DIAGNOSTICS, name));
  }
}
for (const [path, text] of generated) {
  mkdirSync(dirname(packagePath(path)), { recursive: true });
  writeFileSync(packagePath(path), text);
}
for (const { path, text } of allPages()) {
  if (generated.has(path) || (asked.length > 0 && !asked.includes(path))) continue;
  const folder = folderOfPage(text);
  const updated = await mapSteps(mapTranscript(text), async (step) => shortened(await runStep(step, folder), step.output));
  rmSync(folder, { recursive: true, force: true });
  if (updated !== text) writeFileSync(packagePath(path), updated);
}
