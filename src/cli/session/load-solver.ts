/** Loads HiGHS, a solver of integer programs in WebAssembly, when it is asked for. */
import type { IntegerSolver } from '../../passes/schedule/integer-program.ts';

/** Limits that a clock has no part in, so that every machine finds the same. Objectives are whole numbers: a gap below 1 is none. */
const OPTIONS = { output_flag: false, mip_rel_gap: 0, mip_abs_gap: 0.999, mip_max_nodes: 2000 };

export async function loadSolver(): Promise<IntegerSolver> {
  const { default: loaded } = await import('highs');
  // The types are those of the CommonJS build, whose loader is one member deeper.
  const load = loaded as unknown as typeof loaded.default;
  const highs = await load();
  return (program) =>
    highs.withModel({ format: 'lp', data: program }, (model) => {
      model.options.set(OPTIONS);
      model.run();
      const { colValue } = model.getSolution();
      const values = new Map(Array.from(colValue, (value, i) => [model.getColName(i), value] as const).filter(([, value]) => value !== 0));
      const bound = Number(model.info.get('mip_dual_bound'));
      return values.size === 0 ? null : { values, bound };
    });
}
