/** `npm run readme`: runs the README's commands and puts in what they print now. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { packagePath } from '../src/cli/files/package-path.ts';
import { mapSteps, mapTranscript, readmeFolder, runStep, shortened } from './readme-steps.ts';

const path = packagePath('README.md');
const readme = readFileSync(path, 'utf8');
const folder = readmeFolder(readme);
const updated = await mapSteps(mapTranscript(readme), async (step) => shortened(await runStep(step, folder), step.output));
rmSync(folder, { recursive: true, force: true });
writeFileSync(path, updated);
