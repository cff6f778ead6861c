/** One cell of how programs grow: an example planned for a vocabulary and a context, without a weight, and the least that it could take. */
import process from 'node:process';
import type { GrowthCell, LeastSizes } from '../../scripts/documents/growth-tables.ts';
import { parametersOf } from '../../src/compiler/check-capacity.ts';
import type { CompileOptions } from '../../src/compiler/options.ts';
import { type Plan, plan } from '../../src/compiler/plan.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { argumentsOf, type GraphNode } from '../../src/graph/graph.ts';
import type { Program } from '../../src/graph/program.ts';
import type { Value } from '../../src/graph/value.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { loadExample } from '../speed/load-example.ts';

/** Programs over numbers from 0; all others are over strings. */
const NUMBERS: ReadonlySet<string> = new Set(['running_maximum']);
/** What a program names has to be in its vocabulary. */
const NAMED: Readonly<Record<string, readonly string[]>> = { running_fraction: ['x'], parity: ['1', '0'] };
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Programs whose vocabulary is theirs: brackets, digits, a table of letters. */
export const OWN_VOCABULARY: ReadonlySet<string> = new Set(['addition', 'caesar', 'dyck1', 'dyck2', 'shuffle_dyck2']);

/** @param vocabulary how many tokens; null for the program's own */
export function growthCell(program: string, context: number, vocabulary: number | null): GrowthCell {
  const start = process.cpuUsage();
  const seconds = () => {
    const { user, system } = process.cpuUsage(start);
    return Math.round((user + system) / 1e5) / 10;
  };
  const tokens =
    vocabulary === null ? {} : { vocabulary: { kind: 'tokens', values: vocabularyOf(program, vocabulary), span: null } as const };
  try {
    const loaded = loadExample(program, { context, ...tokens });
    const target = loaded.causal?.value === true ? gpt2 : bert;
    const planned = planLong(loaded, { target, dtype: 'f32', compute: 'f32' });
    const { placement, assumptions, ids, certificate } = planned;
    const { width, heads, hidden } = placement.sizes;
    return {
      program,
      target: target.name,
      context,
      vocabulary,
      parameters: parametersOf(placement, assumptions, ids),
      holds: certificate.holds,
      refused: null,
      seconds: seconds(),
      sizes: {
        layers: placement.layers.length,
        heads: placement.layers.reduce((sum, layer) => sum + layer.heads.length, 0),
        neurons: placement.layers.reduce((sum, layer) => sum + layer.neurons, 0),
        width,
        perLayer: { heads, hidden },
      },
      least: leastSizes(planned),
    };
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    const refused = fault.diagnostics[0]?.code ?? null;
    return {
      program,
      target: null,
      context,
      vocabulary,
      parameters: null,
      holds: false,
      refused,
      seconds: seconds(),
      sizes: null,
      least: null,
    };
  }
}

/** What takes more than the usual effort is planned with more. */
const MORE_EFFORT = 16;

function planLong(program: Program, options: CompileOptions): Plan {
  try {
    const planned = plan(program, options);
    if (planned.certificate.holds || !planned.isSpent) return planned;
  } catch (fault) {
    if (!(fault instanceof DiagnosticError) || fault.diagnostics[0]?.code !== 'R5005') throw fault;
  }
  return plan(program, { ...options, effort: MORE_EFFORT });
}

function vocabularyOf(program: string, size: number): Value[] {
  if (NUMBERS.has(program)) return Array.from({ length: size }, (_, i) => BigInt(i));
  const named = NAMED[program] ?? [];
  const others = Array.from({ length: size }, (_, i) => LETTERS[i] ?? `t${String(i).padStart(4, '0')}`);
  return [...named, ...others.filter((each) => !named.includes(each))].slice(0, size);
}

/**
 * The least that any circuit takes which computes these s-ops: heads that read what heads have written stand in later layers; a head has one
 * pattern, so every selector is one; whatever is no sum of what it is computed of takes a neuron; what is alive together has a dimension each.
 */
export function leastSizes({ simplified, circuit, placement }: Plan): LeastSizes {
  const depths = new Map<GraphNode, number>();
  const selectors = new Set<GraphNode>();
  const depthOf = (node: GraphNode): number => {
    const known = depths.get(node);
    if (known !== undefined) return known;
    const isHead = node.kind === 'aggregate' || node.kind === 'width';
    if (isHead) selectors.add(node.selector);
    const depth = argumentsOf(node).reduce((most, arg) => Math.max(most, depthOf(arg)), 0) + (isHead ? 1 : 0);
    depths.set(node, depth);
    return depth;
  };
  const layers = simplified.reduce((most, { node }) => Math.max(most, depthOf(node)), 0);
  // a group that only cuts clean, or decodes, computes nothing new
  const groups = new Set(circuit.components.flatMap((each) => (each.kind === 'neurons' ? [each.name] : [])));
  return { layers: Math.max(1, layers), heads: selectors.size, neurons: groups.size, dimensions: aliveTogether(placement) };
}

/** The most registers that are read after the same sublayer and were written before it; BOS's own among them where it has one. */
function aliveTogether({ lifetimes, layers }: Plan['placement']): number {
  const order = (slot: { readonly layer: number; readonly sublayer: 'attention' | 'mlp' | 'output' }) =>
    slot.sublayer === 'output' ? 2 * layers.length : 2 * slot.layer + (slot.sublayer === 'mlp' ? 1 : 0);
  let most = 0;
  for (let at = 0; at <= 2 * layers.length; at++) {
    const alive = [...lifetimes.values()].filter(({ written, lastRead }) => {
      const from = written === 'embedding' ? -1 : order(written);
      return lastRead !== null && from < at && at <= order(lastRead);
    });
    most = Math.max(most, alive.length);
  }
  return most;
}
