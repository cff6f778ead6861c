/** The challenges of `challenges/`, set as their list says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli } from '../cli/run-cli.ts';

export interface Listed {
  readonly name: string;
  readonly form: 'what' | 'trigger' | 'place' | 'changed';
  readonly tier: string;
  readonly target: string;
  readonly value?: string;
  readonly about?: string;
  /** The program that it is compared with, and outputs that nothing reads. */
  readonly before?: string;
  readonly decoys?: readonly string[];
  /** Of one in a trained model: what `benchmarks/disguise/train.py` is asked for. */
  readonly host?: { readonly steps: number; readonly width: number };
  readonly wrong: unknown;
}

export const CHALLENGES = JSON.parse(readFileSync('challenges/challenges.json', 'utf8')) as readonly Listed[];

/**
 * Writes NAME and NAME.key into the folder.
 *
 * @param host the trained model, for one that stands in such
 */
export function setChallenge(listed: Listed, folder: string, { secret = 'a secret', host = '' } = {}) {
  const { name, form, tier, target, value, about, before, decoys = [] } = listed;
  const asked = [...(value === undefined ? [] : ['--value', value]), ...(about === undefined ? [] : ['--about', about])];
  const argv = ['--form', form, '--tier', tier, '--target', target, ...asked, '--secret', secret];
  const programs = [name, ...(before === undefined ? [] : [before])].map((each) => `challenges/${each}.rasp`);
  if (host !== '') argv.push('--host', host);
  if (decoys.length > 0) argv.push('--decoy', ...decoys);
  return cli(['challenge', 'new', ...programs, ...argv, '-o', join(folder, name), '--key', join(folder, `${name}.key`)]);
}

/** An answer as a file, as its challenge takes it. */
export function answerFile({ name, form }: Listed, folder: string, answer: unknown, label: string): string {
  const path = join(folder, `${name}-${label}.${answerEnding(form)}`);
  writeFileSync(path, answerEnding(form) === 'rasp' ? String(answer) : JSON.stringify(answer));
  return path;
}

export function answerEnding(form: Listed['form']): 'rasp' | 'json' {
  return form === 'what' || form === 'changed' ? 'rasp' : 'json';
}
