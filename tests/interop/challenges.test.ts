/** Every challenge of `challenges/` is solved by the script that is kept there, from the published folder and transformers alone. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { answerEnding, answerFile, CHALLENGES, type Listed, setChallenge } from '../support/challenges.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-challenges-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A trained model, made in a few seconds. */
function trainedHost({ steps, width }: NonNullable<Listed['host']>): string {
  const hosts = join(folder, 'hosts');
  const argv = [resolve('benchmarks/disguise/train.py'), hosts, '--count', '1', '--steps', String(steps), '--width', String(width)];
  execFileSync(process.env.RASPC_PYTHON as string, argv, { stdio: 'pipe' });
  return join(hosts, '000');
}

test.each(CHALLENGES)(
  '$name, $form of tier $tier',
  async (listed) => {
    const host = listed.host === undefined ? '' : trainedHost(listed.host);
    expect(await setChallenge(listed, folder, { host })).toMatchObject({ code: 0, stderr: '' });
    const answer = join(folder, `${listed.name}-found`);
    execFileSync(process.env.RASPC_PYTHON as string, [resolve('challenges/solve.py'), join(folder, listed.name), answer], {
      stdio: 'pipe',
    });
    const found = await cli(['challenge', 'check', join(folder, listed.name), `${answer}.${answerEnding(listed.form)}`]);
    expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/^solved/) });
    const wrong = answerFile(listed, folder, listed.wrong, 'wrong');
    expect((await cli(['challenge', 'check', join(folder, listed.name), wrong])).code).toBe(1);
  },
  // one is put into a host, which takes a minute of processor
  900_000,
);
