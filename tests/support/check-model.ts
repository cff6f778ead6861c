/** Compiles a program, and checks the checkpoint from its bytes and its source, as `verify` does. */
import { type CheckResult, checkCheckpoint } from '../../src/checker/check-checkpoint.ts';
import type { CircuitMap } from '../../src/checkpoint/map/circuit-map.ts';
import { packCheckpoint } from '../../src/checkpoint/pack-checkpoint.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { type CompiledModel, compile } from '../../src/compiler/compile.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import type { Program } from '../../src/graph/program.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import type { Target } from '../../src/targets/target.ts';
import type { Dtype } from '../../src/tensor/dtype.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { memoryFolder } from './memory-folder.ts';

/** The programs of programs/generate whose proof takes seconds: the long tests prove them. */
export const LONG_PROOFS: readonly string[] = ['addition', 'multiplication', 'sort', 'sudoku'];

export interface ModelToCheck {
  readonly compiled: CompiledModel;
  /** Checks the model, or what it becomes when its weights are changed in place. */
  check(change?: (tensors: ReadonlyMap<string, Tensor>) => void): CheckResult;
  /** The folder of such a model, for those who run it. */
  changed(change?: (tensors: ReadonlyMap<string, Tensor>) => void): ReturnType<typeof memoryFolder>;
  /** What the folder holds. */
  readonly folder: ReturnType<typeof memoryFolder>;
  readonly map: CircuitMap;
  readonly program: Program;
}

export interface CheckOptions {
  readonly target?: Target;
  readonly context?: number;
  /** What the model is stored and computes in. */
  readonly compute?: Dtype;
}

export function modelToCheck(text: string, { target = gpt2, context, compute: computed = 'f32' }: CheckOptions = {}): ModelToCheck {
  const file = sourceFile('test.rasp', text);
  const overrides = context === undefined ? {} : { context };
  const compiled = compile(loadProgram({ file, loader: () => null, ...overrides }), {
    target,
    dtype: computed,
    compute: computed,
    ...overrides,
  });
  const { config, weights, dtype, compute, pad, map } = compiled;
  const pack = () => packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...map } });
  const packed = pack();
  const program = loadProgram({
    file,
    loader: () => null,
    exports: map.outputs.map(({ name }) => name),
    vocabulary: { kind: 'tokens', values: map.vocabulary.map(({ value }) => value), span: null },
    context: map.context,
    causal: map.causal,
  });
  const tensors = new Map(
    [weights.model, ...weights.layers].flatMap((part, index) =>
      Object.entries(part).map(([role, tensor]): [string, Tensor] => [index === 0 ? role : `${index - 1}.${role}`, tensor]),
    ),
  );
  const changed: ModelToCheck['changed'] = (change) => {
    const kept = [...tensors.values()].map((tensor) => ({ tensor, data: tensor.data.slice() }));
    change?.(tensors);
    // packed files are made when they are read
    const folder = memoryFolder(pack());
    for (const { tensor, data } of kept) tensor.data.set(data);
    return folder;
  };
  return {
    compiled,
    folder: memoryFolder(packed),
    map: packed.map,
    program,
    check: (change) => checkCheckpoint({ map: packed.map, checkpoint: openCheckpoint(changed(change)), program }),
    changed,
  };
}
