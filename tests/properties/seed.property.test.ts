/**
 * Random programs as circuits of a seed: what is accepted means what its graph means, and in a small random host it is as right as is promised. More of
 * both: `SEEDED=300 SEEDED_IN_HOSTS=300 npx vitest run tests/properties/seed --testTimeout 0`.
 */
import { expect, it } from 'vitest';
import { evaluateCircuit, evaluateForm } from '../../src/circuit/evaluate.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { evaluator } from '../../src/graph/evaluate/evaluate.ts';
import type { Graph, SOp } from '../../src/graph/graph.ts';
import type { Program } from '../../src/graph/program.ts';
import type { Value } from '../../src/graph/value.ts';
import { isRight, readFeature } from '../../src/seed/discipline/read-features.ts';
import { drawnHost, type Host } from '../../src/seed/draw/seed-tensors.ts';
import { checkSeed, scoreInHost } from '../../src/seed/host/check-seed.ts';
import { type CompiledSeed, compileSeed, type LoweredSources, lowerSources } from '../../src/seed/host/compile-seed.ts';
import { newModelConfig } from '../../src/targets/model-config.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { randomInputs } from '../../src/verify/inputs.ts';
import { graphProgram } from '../support/compiled-model.ts';
import { seededRandom } from '../support/random.ts';
import { randomGraph } from '../support/random-graph.ts';

const PROGRAMS = Number(process.env.SEEDED ?? 60);
const IN_HOSTS = Number(process.env.SEEDED_IN_HOSTS ?? 3);
const VOCABULARY: readonly Value[] = ['a', 'b', 'c'];
const CONTEXT = 6;
const FAMILIES = ['gpt2', 'llama', 'gpt-neox'];
const SIZES = { vocab: 40, positions: 16, width: 256, layers: 8, heads: 8, kvHeads: 8, dim: 32, hidden: 512, types: 0, outputs: 40 };

function hostOf(family: string): Host {
  const target = TARGETS.find(({ name }) => name === family);
  if (target === undefined || target.init === null) throw new Error(`no family ${family}`);
  return drawnHost({ config: newModelConfig(target, SIZES), rules: target.init, range: target.init.range, seed: 1 });
}

function randomProgram(number: number): Program {
  const random = seededRandom(number);
  const build = (graph: Graph) => randomGraph(graph, random, 2 + Math.floor(random() * 8), VOCABULARY);
  return graphProgram({ build, vocabulary: VOCABULARY, context: CONTEXT });
}

/** Null where it is refused. */
function orRefused<Result>(make: () => Result): Result | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}

function seeded(number: number, host: Host): CompiledSeed | null {
  const program = randomProgram(number);
  const probes = Array.from({ length: 3 }, (_, i) => randomInputs(3, CONTEXT, 100, 1).at(i * CONTEXT));
  const bos = host.config.traits.positions.kind === 'rotary' ? 0 : null;
  const options = { context: CONTEXT, range: 0.02, bos, probes: [probes] };
  return orRefused(() => compileSeed([{ program, ids: [7, 9, 11] }], host, options));
}

function inputsOf(count: number): Uint32Array[] {
  const source = randomInputs(3, CONTEXT, count, 3);
  return Array.from({ length: count }, (_, i) => source.at(i));
}

function meansTheSame({ circuit, parts }: LoweredSources, about: string): void {
  const [part] = parts;
  const [feature] = part?.features ?? [];
  const node = part?.source.program.exports[0]?.node as SOp;
  if (feature === undefined) throw new Error('no feature');
  const run = evaluator([node], { causal: true });
  for (const tokens of inputsOf(20)) {
    let expected: readonly Value[];
    try {
      const values = Array.from(tokens, (token) => VOCABULARY[token] as Value);
      expected = (run(values).get(node) as unknown as { values: readonly Value[] }).values;
    } catch (error) {
      // the program itself fails there
      if (error instanceof DiagnosticError) continue;
      throw error;
    }
    const contents = evaluateCircuit(circuit, { tokens: [...tokens], causal: true });
    for (const [position, value] of expected.entries()) {
      const found = readFeature(feature, (form) => evaluateForm(form, contents, position + 1));
      expect(isRight(found, value, feature.code.kind), `${about}, ${tokens} at ${position}: ${found} for ${value}`).toBe(true);
    }
  }
}

it('a random program is refused, or its circuit means the same', () => {
  const hosts = FAMILIES.map(hostOf);
  let accepted = 0;
  for (let number = 0; number < PROGRAMS; number++) {
    const { config } = hosts[number % hosts.length] as Host;
    const lowered = orRefused(() => lowerSources([{ program: randomProgram(number), ids: [7, 9, 11] }], config, CONTEXT));
    if (lowered === null) continue;
    accepted++;
    meansTheSame(lowered, `program ${number}`);
  }
  expect(accepted).toBeGreaterThan(PROGRAMS / 2);
});

it('what is accepted is right in a random host', () => {
  for (let number = 0; number < IN_HOSTS; number++) {
    const seed = seeded(1000 + number, hostOf(FAMILIES[number % FAMILIES.length] as string));
    if (seed === null) continue;
    const [part] = seed.parts;
    if (part === undefined) throw new Error('no part');
    try {
      for (const { right, positions } of checkSeed(seed, [{ circuit: inputsOf(10), host: inputsOf(12) }]))
        expect(right).toBeGreaterThanOrEqual(0.99 * positions);
    } catch (error) {
      // refused for being too often wrong here, which is a promise kept as well; a circuit that contradicts its program is not
      if (!(error instanceof DiagnosticError) || error.diagnostics[0]?.code === 'R7714') throw error;
      continue;
    }
    // other inputs than those that it was tried on
    const other = Array.from({ length: 20 }, (_, i) => randomInputs(3, CONTEXT, 400, 9).at(i * 7));
    for (const { right, positions } of scoreInHost(seed, part, other)) expect(right).toBeGreaterThanOrEqual(0.97 * positions);
  }
});
