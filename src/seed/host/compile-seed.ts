/** From a program over a small alphabet to the slices of a host: the whole way on one screen. */
import { fail } from '../../diagnostics/catalog.ts';
import type { Circuit } from '../../circuit/circuit.ts';
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import { checkCompilable } from '../../passes/check/check-compilable.ts';
import { INLINE_LIMIT, inferFacts } from '../../passes/facts/infer-facts.ts';
import { ALL_OPTIMIZATIONS } from '../../passes/optimizations.ts';
import { simplify } from '../../passes/simplify/simplify.ts';
import { lowerSeed, type SeedFeature } from '../discipline/seed-lowering.ts';
import { drawOf, INIT_RULES } from '../init-rules.ts';
import type { Host } from '../seed-tensors.ts';
import type { RoleSlice } from '../slices.ts';
import { placeCircuit } from './place-circuit.ts';
import { runHost } from './run-host.ts';
import { dimOf, type Scale, type SeedFrame, type StreamScales, seedFrame } from './seed-frame.ts';
import { type HostCircuit, writeCircuit } from './write-circuit.ts';
import { contentSlots } from './write-heads.ts';

export interface SeedCompileOptions {
  /** Tokens over which the circuits have to hold, BOS not counted. */
  readonly context: number;
  readonly bos: number | null;
  /** The id of each value of the vocabulary; null for the value that stands for all other tokens. */
  readonly ids: readonly (number | null)[];
  /** Sequences of indices into the vocabulary on which the stream's scale is measured. */
  readonly probes: readonly Uint32Array[];
}

export interface CompiledSeed {
  readonly program: Program;
  readonly circuit: Circuit;
  readonly features: readonly SeedFeature[];
  readonly placed: HostCircuit;
  readonly frame: SeedFrame;
  readonly scales: StreamScales;
  readonly slices: readonly RoleSlice[];
}

/** Weights depend on the scale of the stream, and that a little on them. */
const ROUNDS = 2;

export function compileSeed(program: Program, host: Host, options: SeedCompileOptions): CompiledSeed {
  const { config } = host;
  const { context } = options;
  if (program.vocabulary?.kind !== 'tokens') throw new Error('a program over an open vocabulary');
  const assumptions = { vocabulary: program.vocabulary.values, context, causal: true };
  const { exports, splits } = simplify(program.graph, program.exports, assumptions, 'causal', ALL_OPTIMIZATIONS);
  const facts = inferFacts(program.graph, assumptions, { splits, inlineLimit: INLINE_LIMIT });
  checkCompilable({ graph: program.graph, exports, facts, target: config.target });
  const { circuit, features } = lowerSeed(program.graph, facts, exports, {
    positions: config.traits.positions.kind,
    contentDims: contentSlots(config, context).length,
    headDims: config.sizes.dim,
    neurons: config.sizes.hidden,
  });
  const layers = placeCircuit(circuit, config);
  const exported = features.flatMap(({ code }) => (code.kind === 'numeric' ? [code.numerator, code.denominator] : code.forms));
  const frame = seedFrame(circuit, exported, config, embeddingEnergy(host));
  const kept = new Set(exported.flatMap(({ terms }) => terms.map((term) => dimOf(frame, term))));
  const lastRead = new Map(frame.reserved.map((d) => [d, kept.has(d) ? config.sizes.layers : layers.length]));
  const names = features.map(({ name }) => name);
  const placed: HostCircuit = { host, circuit, layers, frame, context, bos: options.bos, ids: options.ids, names, lastRead };
  const batch = options.probes.map((probe) => idsOf(probe, options));
  let scales = guessed(frame, config.sizes.width, layers.length);
  let slices = writeCircuit(placed, scales);
  for (let round = 0; round < ROUNDS; round++) {
    scales = runHost(host, slices, layers.length, batch).scales;
    slices = writeCircuit(placed, scales);
  }
  return { program, circuit, features, placed, frame, scales, slices };
}

/** Ids of a model's input: what stands first, and the tokens. */
export function idsOf(tokens: ArrayLike<number>, { bos, ids }: Pick<SeedCompileOptions, 'bos' | 'ids'>): Int32Array {
  const other = bos ?? 0;
  return Int32Array.from([other, ...Array.from(tokens, (token) => ids[token] ?? other)]);
}

/** The expected square of the length of a drawn embedding. */
function embeddingEnergy({ config }: Host): number {
  const rules = INIT_RULES[config.target.name];
  if (rules === undefined) return fail('R7707', { architecture: config.target.architecture, known: Object.keys(INIT_RULES) });
  const draw = drawOf('tokenEmbedding', rules, rules.range, config.sizes);
  const deviation = draw.kind === 'normal' ? draw.deviation : rules.range;
  return config.sizes.width * deviation ** 2 * (config.traits.positions.kind === 'learned' ? 2 : 1);
}

function guessed({ constant, flag }: SeedFrame, width: number, layers: number): StreamScales {
  const scale: Scale = { first: flag.amplitude / Math.sqrt(width), typical: (1.15 * constant.amplitude) / Math.sqrt(width) };
  const all = Array.from({ length: layers + 1 }, () => scale);
  return { attention: all, mlp: all };
}

/** The vocabulary of a program. */
export function vocabularyOf({ vocabulary }: Program): readonly Value[] {
  return vocabulary?.kind === 'tokens' ? vocabulary.values : [];
}
