/** What the table of contexts claims is planned, and holds, at the longest context that is claimed; a few of its cells with every commit. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadExample } from '../../bench/speed/load-example.ts';
import { PRECISIONS, type PrecisionCell, RESULTS_FILE } from '../../scripts/documents/precision-table.ts';
import { plan } from '../../src/compiler/plan.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import type { Target } from '../../src/targets/target.ts';
import { someOf } from '../support/sampling.ts';

const cells = (JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as PrecisionCell[]).filter(({ longest }) => (longest ?? 0) > 128);

test.each(someOf(cells, 8, 0).map((cell) => [cell.program, cell.target, cell.precision, cell.longest, cell] as const))(
  '%s on %s in %s at %i',
  (program, target, precision, longest) => {
    const { stored, computed } = PRECISIONS.find(({ name }) => name === precision) as (typeof PRECISIONS)[number];
    const family = TARGETS.find(({ name }) => name === target) as Target;
    const { certificate } = plan(loadExample(program, { context: longest ?? 1 }), { target: family, dtype: stored, compute: computed });
    expect(certificate.holds).toBe(true);
  },
  120_000,
);
