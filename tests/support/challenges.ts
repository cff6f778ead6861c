/** The challenges of `challenges/`, set as their list says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli } from '../cli/run-cli.ts';

export interface Listed {
  readonly name: string;
  readonly form: 'what' | 'trigger' | 'place';
  readonly tier: string;
  readonly target: string;
  readonly value?: string;
  readonly about?: string;
  readonly wrong: unknown;
}

export const CHALLENGES = JSON.parse(readFileSync('challenges/challenges.json', 'utf8')) as readonly Listed[];

/** Writes NAME and NAME.key into the folder. */
export function setChallenge({ name, form, tier, target, value, about }: Listed, folder: string, secret = 'a secret') {
  const asked = [...(value === undefined ? [] : ['--value', value]), ...(about === undefined ? [] : ['--about', about])];
  const argv = ['--form', form, '--tier', tier, '--target', target, ...asked, '--secret', secret];
  return cli(['challenge', 'new', `challenges/${name}.rasp`, ...argv, '-o', join(folder, name), '--key', join(folder, `${name}.key`)]);
}

/** An answer as a file, as its challenge takes it. */
export function answerFile({ name, form }: Listed, folder: string, answer: unknown, label: string): string {
  const path = join(folder, `${name}-${label}.${form === 'what' ? 'rasp' : 'json'}`);
  writeFileSync(path, form === 'what' ? String(answer) : JSON.stringify(answer));
  return path;
}
