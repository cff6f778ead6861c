/** Compiles a graph to a checkpoint's bytes, and runs it from them. */
import { packCheckpoint } from '../../src/checkpoint/pack-checkpoint.ts';
import { type CompiledModel, compile } from '../../src/compiler/compile.ts';
import { Graph, type SOp } from '../../src/graph/graph.ts';
import type { Program } from '../../src/graph/program.ts';
import type { Value } from '../../src/graph/value.ts';
import { openModel } from '../../src/runtime/model.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import type { Target } from '../../src/targets/target.ts';
import type { Dtype } from '../../src/tensor/dtype.ts';
import { decodeOutput } from '../../src/verify/decode.ts';
import { memoryFolder } from './memory-folder.ts';

export interface GraphRequest {
  readonly build: (graph: Graph) => SOp | SOp[];
  readonly vocabulary: readonly Value[];
  readonly context: number;
  readonly causal?: boolean;
}

export function graphProgram({ build, vocabulary, context, causal = true }: GraphRequest): Program {
  const graph = new Graph();
  return {
    source: sourceFile('graph.rasp', ''),
    graph,
    exports: [build(graph)].flat().map((node, i) => ({ name: `out${i}`, node, span: null })),
    vocabulary: { kind: 'tokens', values: vocabulary, span: null },
    context: { length: context, span: null },
    causal: { value: causal, span: null },
    examples: [],
    assumes: [],
    generation: null,
  };
}

export interface RunningModel {
  readonly compiled: CompiledModel;
  /** For each export, the values and the smallest margin. */
  run(input: readonly Value[]): { readonly values: readonly Value[]; readonly margin: number | null }[];
}

export function compileAndLoad(program: Program, target: Target = gpt2, stored: Dtype = 'f32', computed: Dtype = 'f32'): RunningModel {
  const compiled = compile(program, { target, dtype: stored, compute: computed });
  const { config, weights, dtype, compute, pad, map } = compiled;
  const packed = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...map } });
  const model = openModel(memoryFolder(packed));
  const idOf = new Map(map.vocabulary.map(({ id, value }) => [value, id]));
  return {
    compiled,
    run(input) {
      const ids = Int32Array.of(map.bos.id, ...input.map((v) => idOf.get(v) as number));
      const [data] = model.logits([ids]);
      return map.outputs.map((output) => decodeOutput(output, { data: data as Float32Array, outputs: config.sizes.outputs }));
    },
  };
}
