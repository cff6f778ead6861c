/** The best layers are those that trying every schedule finds. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Circuit, Component, Form, Register } from '../../../src/circuit/circuit.ts';
import { loadSolver } from '../../../src/cli/session/load-solver.ts';
import { ALL_OPTIMIZATIONS } from '../../../src/passes/optimizations.ts';
import { balancedLayers } from '../../../src/passes/schedule/balanced-layers.ts';
import { exactLayers } from '../../../src/passes/schedule/exact-layers.ts';
import type { IntegerSolver } from '../../../src/passes/schedule/integer-program.ts';
import { type Block, blockOf, type Layers, layerWindows } from '../../../src/passes/schedule/layers.ts';
import { isBetter, measureLayers } from '../../../src/passes/schedule/measure-layers.ts';
import { GOALS } from '../../../src/placement/placement.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gptNeox } from '../../../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { seededRandom } from '../../support/random.ts';

let solve: IntegerSolver;
beforeAll(async () => {
  solve = await loadSolver();
});

/** A component for each row: whose registers it reads, and how many values or steps it has; heads of one `scores` attend alike. */
interface Row {
  readonly kind: Component['kind'];
  readonly reads: readonly number[];
  readonly size: number;
  readonly scores: number;
}

function circuitOf(rows: readonly Row[]): Circuit {
  const register = (id: number): Register => ({
    id,
    name: `r${id}`,
    spans: [],
    node: null,
    encoding: 'features',
    values: null,
    features: [],
  });
  const bos = register(0);
  const registers = rows.map((_, i) => register(i + 1));
  const form = (reads: readonly number[]): Form => ({
    constant: 0,
    terms: reads.map((i) => ({ register: registers[i] as Register, feature: 0, weight: 1 })),
  });
  const components = rows.map(({ kind, reads, size, scores }, i): Component => {
    const write = { register: registers[i] as Register, feature: 0, weight: 1 };
    const times = Array.from({ length: size }, () => write);
    if (kind === 'neurons') {
      const step = { input: form(reads), ceilings: new Float64Array(), intervals: [], low: 0, high: 1, writes: [write] };
      return { kind, name: `n${i}`, spans: [], steps: times.map(() => step), base: i % 2 === 0 ? [write] : [] };
    }
    const semantics = { kind: 'copy', selected: 1, highest: 1, gap: 1, bosWeight: 0, counts: null, ladder: null } as const;
    const values = times.map(() => ({ form: form(reads), write }));
    return { kind, name: `h${i}`, spans: [], scores: [], relative: null, bos: { score: scores, toItself: 0 }, values, semantics };
  });
  return { embeddings: [], components, readouts: [], bos };
}

function randomRows(random: () => number): Row[] {
  const below = (n: number) => Math.floor(random() * n);
  return Array.from({ length: 5 + below(3) }, (_, i) => ({
    kind: random() < 0.5 ? 'head' : 'neurons',
    reads: Array.from({ length: i === 0 ? 0 : below(2) + (random() < 0.5 ? 1 : 0) }, () => below(i)),
    size: 1 + below(6),
    scores: below(3),
  }));
}

/** Of every schedule with so few layers the measures, best first. */
function allMeasures(circuit: Circuit, block: Block): number[][] {
  const windows = layerWindows(circuit, block);
  const count = Math.max(...windows.earliest.values()) + 1;
  let layers: Layers[] = [new Map()];
  for (const component of circuit.components) {
    layers = layers.flatMap((known) => Array.from({ length: count }, (_, layer) => new Map([...known, [component, layer]])));
  }
  const allowed = layers.filter((layerOf) => isSchedule(circuit, block, layerOf));
  return allowed.map((layerOf) => GOALS.map((goal) => measureLayers(circuit, block, layerOf)[goal])).sort(compare);
}

function isSchedule(circuit: Circuit, { residual }: Block, layerOf: Layers): boolean {
  const at = (component: Component) => layerOf.get(component) as number;
  const writerOf = (register: Register) => circuit.components[register.id - 1] as Component;
  return circuit.components.every((reader) => {
    const forms = reader.kind === 'neurons' ? reader.steps.map((s) => s.input) : reader.values.map((v) => v.form);
    const read = forms.flatMap((f) => f.terms.map((t) => writerOf(t.register)));
    return read.every(
      (writer) => at(reader) - at(writer) >= (residual === 'sequential' && writer.kind === 'head' && reader.kind === 'neurons' ? 0 : 1),
    );
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((x, i) => x !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

describe.each([gpt2, llama, gptNeox, bert])('for $name', ({ traits }) => {
  const block = blockOf(traits, ALL_OPTIMIZATIONS);

  it('no schedule of as few layers is better', () => {
    const random = seededRandom(11);
    let improved = 0;
    for (let i = 0; i < 12; i++) {
      const circuit = circuitOf(randomRows(random));
      const windows = layerWindows(circuit, block);
      const found = exactLayers(circuit, block, windows, windows.earliest, solve);
      const best = allMeasures(circuit, block)[0];
      expect(found?.goals.map((g) => g.value)).toEqual(best);
      expect(found?.goals.map((g) => g.bound)).toEqual(best);
      expect(isSchedule(circuit, block, found?.layerOf as Layers)).toBe(true);
      if (isBetter(circuit, block, found?.layerOf as Layers, windows.earliest)) improved++;
    }
    expect(improved).toBeGreaterThan(0);
  });
});

it('layers by mobility are a schedule, and mostly better than the earliest where they are not the same', () => {
  const random = seededRandom(5);
  let [better, worse] = [0, 0];
  for (let i = 0; i < 300; i++) {
    const circuit = circuitOf(randomRows(random));
    for (const { traits } of [gpt2, llama, gptNeox, bert]) {
      const block = blockOf(traits, ALL_OPTIMIZATIONS);
      const windows = layerWindows(circuit, block);
      const layerOf = balancedLayers(windows, block);
      expect(isSchedule(circuit, block, layerOf)).toBe(true);
      if (isBetter(circuit, block, layerOf, windows.earliest)) better++;
      if (isBetter(circuit, block, windows.earliest, layerOf)) worse++;
    }
  }
  expect(better).toBeGreaterThan(300);
  expect(worse).toBeLessThan(better / 20);
});

it('a solver that finds nothing leaves the earliest layers, and nothing proven', () => {
  const circuit = circuitOf(randomRows(seededRandom(3)));
  const block = blockOf(gpt2.traits, ALL_OPTIMIZATIONS);
  const windows = layerWindows(circuit, block);
  const found = exactLayers(circuit, block, windows, windows.earliest, () => null);
  expect(found?.layerOf).toEqual(windows.earliest);
  expect(found?.goals.map((g) => g.bound)).toEqual([0, 0, 0]);
});

it('what is too large to state is left as it is', () => {
  const free = Array.from({ length: 2000 }, (): Row => ({ kind: 'head', reads: [], size: 1, scores: 0 }));
  const chain = Array.from({ length: 12 }, (_, i): Row => ({ kind: 'neurons', reads: i === 0 ? [] : [2000 + i - 1], size: 1, scores: 0 }));
  const circuit = circuitOf([...free, ...chain]);
  const block = blockOf(gpt2.traits, ALL_OPTIMIZATIONS);
  const windows = layerWindows(circuit, block);
  expect(exactLayers(circuit, block, windows, windows.earliest, solve)).toBeNull();
});
