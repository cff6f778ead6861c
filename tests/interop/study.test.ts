/** studies: what is committed follows from the committed results, and the training still runs. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from './python.ts';

const STUDY = resolve(import.meta.dirname, '../../studies/induction');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-study-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(study: string): Record<string, string> {
  const figures = readdirSync(join(study, 'figures')).map((name) => join('figures', name));
  return Object.fromEntries(['README.md', ...figures].map((path) => [path, readFileSync(join(study, path), 'utf8')]));
}

test('the tables and figures are those that report.py makes of the results', () => {
  const copy = join(folder, 'induction');
  cpSync(STUDY, copy, { recursive: true });
  python(join(copy, 'report.py'));
  expect(written(copy)).toEqual(written(STUDY));
});

test('every arm starts: seeded by raspc, held and measured', () => {
  const results = readdirSync(join(STUDY, 'results', 'repeats'));
  python(join(STUDY, 'train.py'), 'repeats', '--seed', '1', '--steps', '2', '--work', folder);
  expect(readdirSync(join(STUDY, 'results', 'repeats'))).toEqual(results);
});

interface Watched {
  readonly monitor: readonly { readonly step: number; readonly attention: number }[];
  readonly warnings: readonly string[];
  readonly drift: {
    readonly points: readonly {
      readonly step: number;
      readonly circuits: readonly { readonly verdict: string; readonly causes: readonly { readonly part: string }[] }[];
    }[];
  };
}

describe('studies/held', () => {
  const HELD = resolve(import.meta.dirname, '../../studies/held');
  const results = readdirSync(join(HELD, 'results'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => ({
      path,
      result: JSON.parse(readFileSync(join(HELD, 'results', path), 'utf8')) as { mode: string; watched?: Watched },
    }));

  test('the tables are those that run.py makes of the results', () => {
    const root = join(folder, 'all');
    for (const part of ['studies', 'docs', 'python']) cpSync(resolve(HELD, '../..', part), join(root, part), { recursive: true });
    const pages = [join(root, 'studies/held/README.md'), join(root, 'docs/training.md')];
    const before = pages.map((page) => readFileSync(page, 'utf8'));
    for (const study of readdirSync(HELD).filter((name) => name.endsWith('.json'))) {
      python(join(root, 'studies/run.py'), join(root, 'studies/held', study), '--tables');
    }
    expect(pages.map((page) => readFileSync(page, 'utf8'))).toEqual(before);
  });

  const watched = results.flatMap(({ path, result }) => (result.watched === undefined ? [] : [{ path, ...result, ...result.watched }]));
  test.each(watched)(
    '$path: drift sees no circuit fail before the monitor warns, and by what it warned of',
    ({ path, mode, warnings, drift }) => {
      const warned = warnings.map((words) => ({
        step: Number(/at step (\d+)/.exec(words)?.[1]),
        isScale: words.includes('the stream is'),
      }));
      const [first] = warned;
      const verdicts = drift.points.map(({ step, circuits: [circuit] }) => ({ step, ...circuit }));
      expect(verdicts[0]?.verdict).toBe('works');
      if (mode === 'held') {
        expect(warnings).toEqual([]);
        expect(verdicts.map(({ verdict }) => verdict)).not.toContain('lost');
        return;
      }
      // at a low rate none leaves its range, and then none may fail
      expect(warned.length).toBeLessThanOrEqual(1);
      if (first === undefined) {
        expect(verdicts.map(({ verdict }) => verdict)).toEqual(verdicts.map(() => 'works'));
        return;
      }
      const seen = first;
      for (const { step, verdict } of verdicts) if (step < seen.step) expect(verdict).toBe('works');
      // it leaves its range before, or as, it fails; and the stream that was too loud is among the causes, alone or with what others write
      const failed = verdicts.filter(({ verdict }) => verdict !== 'works');
      expect(failed.length).toBeGreaterThan(0);
      const causes = failed.flatMap((each) => each.causes?.map(({ part }) => part) ?? []);
      // at the lowest rate the stream has just left the range while what others write into it weighs more
      if (seen.isScale && !path.includes('@0.001')) expect(causes).toContain('scale');
    },
  );
});
