/**
 * Heads of a seed by the checker, from the stored weights alone: what it shows is true of the model that runs, and of models with entries changed it
 * shows nothing, or what is true of them as well.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkSeedHeads, type SeedHeadBound } from '../../../src/checker/seed/check-heads.ts';
import type { SeedMap } from '../../../src/checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../../src/checkpoint/map/seed/seed-map-schema.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { type AttentionObserver, loadModel } from '../../../src/runtime/model.ts';
import { cli } from '../../cli/run-cli.ts';
import { seededRandom } from '../../support/random.ts';
import { diskFolder } from '../runtime/disk-folder.ts';

const WIDTH = 192;
const VOCAB = 200;
const CONTEXT = 24;
const CONFIG = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  vocab_size: VOCAB,
  n_positions: CONTEXT,
  n_embd: WIDTH,
  n_layer: 2,
  n_head: 3,
  tie_word_embeddings: true,
};
const MUTANTS = 18;
const ROLES = ['query', 'key', 'value', 'output', 'tokenEmbedding', 'positionEmbedding'] as const;

let folder: string;
let map: SeedMap;
let checkpoint: OpenCheckpoint;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-heads-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIG));
  const seeded = join(folder, 'seeded');
  const { code } = await cli(['seed', 'programs/seeds/induction.rasp', '--like', join(folder, 'config.json'), '-o', seeded]);
  expect(code).toBe(0);
  const written = readSeedMap(diskFolder(seeded)) as SeedMap;
  checkpoint = steady(openCheckpoint(diskFolder(seeded)), written);
  map = { ...written, scales: { attention: scalesOf(checkpoint), mlp: [] } };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What others have in the stream made the same for all tokens and positions, so that its scale hardly moves and claims about it can be tried. */
function steady(opened: OpenCheckpoint, { variables, heads }: SeedMap): OpenCheckpoint {
  const reserved = new Set(variables.flatMap(({ dims }) => dims));
  const programmed = new Set(heads.map(({ layer, head }) => `${layer}.${head}`));
  const others = (of: (dim: number) => number) => (value: number, i: number) => (reserved.has(i % WIDTH) ? value : of(i % WIDTH));
  return {
    ...opened,
    change: (role, layer, values) => {
      if (role === 'tokenEmbedding')
        return Float64Array.from(
          values,
          others((dim) => (dim % 2 === 0 ? 0.03 : -0.03)),
        );
      if (role === 'positionEmbedding')
        return Float64Array.from(
          values,
          others(() => 0),
        );
      if (role === 'down') return new Float64Array(values.length);
      if (role !== 'output') return null;
      return Float64Array.from(values, (value, i) => (programmed.has(`${layer}.${Math.floor(i / WIDTH / 64)}`) ? value : 0));
    },
  };
}

/** A changed checkpoint, changed once more. */
function changedAt(role: string, layer: number | null, change: (values: Float64Array) => void): OpenCheckpoint {
  return {
    ...checkpoint,
    change: (at, where, values) => {
      const before = checkpoint.change?.(at, where, values) ?? null;
      if (at !== role || where !== layer) return before;
      const copy = Float64Array.from(before ?? values);
      change(copy);
      return copy;
    },
  };
}

/** What norms divide by before each layer, [sequence, position]. */
function spreadsOf(opened: OpenCheckpoint, batch: readonly Int32Array[], watch?: AttentionObserver): number[][][] {
  const found: number[][][] = [[], []];
  loadModel(opened).logits(
    batch,
    ({ layer, sublayer, sequence, residual }) => {
      const at = sublayer === 'embedding' ? 0 : layer + 1;
      if (sublayer === 'attention' || at > 1) return;
      const rows = Array.from({ length: residual.length / WIDTH }, (_, p) => Array.from(residual.subarray(p * WIDTH, (p + 1) * WIDTH)));
      (found[at] as number[][])[sequence] = rows.map((row) => {
        const mean = row.reduce((sum, x) => sum + x, 0) / WIDTH;
        return Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / WIDTH);
      });
    },
    watch,
  );
  return found;
}

function scalesOf(opened: OpenCheckpoint): { first: number; typical: number }[] {
  return spreadsOf(opened, windows(seededRandom(3))).map((sequences) => {
    const [rest, firsts] = [sequences.flatMap((spreads) => spreads.slice(1)), sequences.map(([first]) => first as number)];
    const mean = (all: readonly number[]) => all.reduce((sum, x) => sum + x, 0) / all.length;
    return { first: mean(firsts), typical: mean(rest) };
  });
}

/** Windows of distinct tokens that come again. */
function windows(random: () => number): Int32Array[] {
  return Array.from({ length: 4 }, () => {
    const tokens = new Set<number>();
    while (tokens.size < CONTEXT / 2) tokens.add(1 + Math.floor(random() * (VOCAB - 1)));
    return Int32Array.from([...tokens, ...tokens]);
  });
}

/** That at every position the right key has the attention that is claimed, wherever the scale is within what is claimed. */
function countHeld(bounds: readonly SeedHeadBound[], changed: OpenCheckpoint, batch: readonly Int32Array[]): number {
  let held = 0;
  const seen: { layer: number; sequence: number; query: number; first: number; weights: Float64Array }[] = [];
  const spreads = spreadsOf(changed, batch, ({ layer, head, sequence, query, first, weights }) => {
    if (map.heads.some((each) => each.layer === layer && each.head === head))
      seen.push({ layer, sequence, query, first, weights: weights.slice() });
  });
  const movedIn = (layer: number, sequence: number): number => {
    const known = map.scales?.attention[layer] as { first: number; typical: number };
    const all = (spreads[layer]?.[sequence] ?? []).map((spread, p) => spread / (p === 0 ? known.first : known.typical));
    return Math.max(...all, ...all.map((each) => 1 / each));
  };
  for (const { layer, sequence, query, first, weights } of seen) {
    const claim = bounds.find(({ name }) => name === (layer === 0 ? 'previous' : 'induction')) as SeedHeadBound;
    if (claim.scale === null || Math.max(movedIn(0, sequence), movedIn(layer, sequence)) > claim.scale) continue;
    const half = CONTEXT / 2;
    // what follows the first token of a window is not found
    const key = layer === 0 ? query - 1 : query > half ? query - half + 1 : 0;
    if (key < (layer === 0 ? 0 : 2)) continue;
    expect(weights[key - first] ?? 0, `${claim.name} at ${query}`).toBeGreaterThan(claim.attention - 1e-6);
    held++;
  }
  return held;
}

test('what is shown of the heads holds where they run', () => {
  const bounds = checkSeedHeads(map, checkpoint);
  expect(bounds.map(({ name, meaning }) => [name, meaning])).toEqual([
    ['previous', { kind: 'shift', by: 1 }],
    ['induction', { kind: 'match', pairs: [{ query: 'tokens', key: 'previous' }] }],
  ]);
  for (const { name, scale } of bounds) expect(scale, name).toBeGreaterThan(1);
  // what was looked for is taken away from the answer, of which nothing is said
  expect(bounds.map(({ margin }) => margin)).toEqual([expect.any(Number), null]);
  expect(bounds[0]?.margin).toBeGreaterThan(0);
  expect(countHeld(bounds, checkpoint, windows(seededRandom(1)))).toBeGreaterThan(50);
});

test('of changed entries nothing is shown, or what is true', () => {
  const random = seededRandom(7);
  const dims = [...new Set(map.variables.flatMap((variable) => variable.dims))];
  let refused = 0;
  let held = 0;
  for (let mutant = 0; mutant < MUTANTS; mutant++) {
    const role = ROLES[mutant % ROLES.length] as (typeof ROLES)[number];
    const layer = role.endsWith('Embedding') ? null : mutant % 2;
    const own = map.heads.find((each) => each.layer === layer)?.head ?? 0;
    const [pick, kind] = [random(), Math.floor(random() * 4)];
    const changed = changedAt(role, layer, (copy) => {
      const entries = [...copy.keys()].filter(
        (i) => copy[i] !== 0 && dims.includes(i % WIDTH) && (layer === null || Math.floor(i / WIDTH / 64) === own),
      );
      const i = entries[Math.floor(pick * entries.length)] as number;
      const value = copy[i] as number;
      const most = entries.reduce((size, e) => Math.max(size, Math.abs(copy[e] as number)), 0);
      copy[i] = [-value, 3 * value, 0, value + 50 * most][kind] as number;
    });
    const bounds = checkSeedHeads(map, changed);
    if (bounds.some(({ scale }) => scale === null)) refused++;
    held += countHeld(bounds, changed, windows(random));
  }
  expect(refused).toBeGreaterThan(MUTANTS / 4);
  expect(held).toBeGreaterThan(0);
});

test('who writes over the circuits, or reads beside them, is found', () => {
  const spare = 2;
  const at = (role: string, layer: number, index: number, value: number) =>
    changedAt(role, layer, (copy) => {
      copy[index] = value;
    });
  const moved = map.variables.find(({ name }) => name === 'previous')?.dims[0] as number;
  const [first] = map.heads.filter(({ layer }) => layer === 0);
  const own = first?.head ?? 0;
  const whyOf = (changed: OpenCheckpoint) => checkSeedHeads(map, changed).map(({ why }) => why);
  expect(whyOf(at('output', 0, spare * 64 * WIDTH + moved, 0.01))[1]).toContain(`head ${spare} of layer 0 writes`);
  expect(whyOf(at('down', 0, moved, 0.01))[1]).toContain('a neuron of layer 0 writes');
  expect(whyOf(at('query', 0, own * 64 * WIDTH, 0.5))[0]).toContain('reads dimension 0');
});

test('what every key says is heard beside what the first says', () => {
  const [match] = map.heads.filter(({ layer }) => layer === 1);
  const own = match?.head ?? 0;
  const dimOf = (kind: string) => map.variables.find(({ name }) => name === kind)?.dims[0] as number;
  const [constant, zero] = [dimOf('constant'), dimOf('zero')];
  const changed = changedAt('key', 1, (copy) => {
    for (let row = own * 64; row < (own + 1) * 64; row++) {
      const [first, second] = [row * WIDTH + constant, row * WIDTH + zero];
      copy[first] = (copy[first] as number) - 50;
      copy[second] = (copy[second] as number) + 50;
    }
  });
  const bound = checkSeedHeads(map, changed)[1];
  expect(bound?.scale).toBeNull();
  expect(bound?.why).toContain('of the attention at the least');
});
