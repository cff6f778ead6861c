import { test } from 'vitest';
import { parametersOf } from '../../src/compiler/check-capacity.ts';
import { plan } from '../../src/compiler/plan.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { findTarget } from '../../src/targets/registry.ts';
import { CORPUS } from './corpus.ts';

test('x', () => {
  for (const p of CORPUS)
    for (const n of (process.env.N ?? '16').split(',').map(Number)) {
      const t = process.cpuUsage().user;
      try {
        const text = `@vocab ${JSON.stringify(p.vocabulary)}; @context ${n}; ${p.causal ? '@causal' : '@bidirectional'};\n${p.text}\n@export said;`;
        const program = loadProgram({ file: sourceFile(p.name, text), loader: () => null });
        const target = findTarget(p.causal ? 'gpt2' : 'bert') as never;
        const r = plan(program, { target, dtype: 'f32', compute: 'f32' });
        console.log(
          p.name,
          n,
          r.certificate.holds ? 'ok' : 'FAILS',
          r.certificate.worstMargin.toFixed(3),
          parametersOf(r.placement, r.assumptions, r.ids),
          'L' + r.placement.layers.length,
          ((process.cpuUsage().user - t) / 1e3).toFixed(0) + 'ms',
        );
      } catch (e: any) {
        console.log(
          p.name,
          n,
          'REFUSED',
          e.diagnostics?.[0]?.code,
          String(e.diagnostics?.[0]?.message ?? e.stack).slice(0, 150),
          ((process.cpuUsage().user - t) / 1e3).toFixed(0) + 'ms',
        );
      }
    }
}, 600000);
