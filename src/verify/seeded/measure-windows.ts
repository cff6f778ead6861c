/** How often each circuit of a seeded model is right in each kind of window. The same measure for what a seed promises and for what `verify` finds. */
import type { SeedCircuit, SeedMap, SeedWindowShare } from '../../checkpoint/map/seed/seed-map.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { Aggregate, SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Model } from '../../runtime/model.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { isRight, readRecord } from './measure-features.ts';
import { scoreNumbers } from './measure-seeded.ts';
import { tokenReader } from './read-tokens.ts';
import { OPEN_TOKENS, rightTokens, saysRight, tokenValues } from './right-tokens.ts';
import { type SaidByOthers, saidTokens } from './said-tokens.ts';
import { type Window, type WindowKind, type WindowSetting, windowsOf } from './windows.ts';

type Facts = Pick<SeedMap, 'bos' | 'code' | 'host' | 'tokens' | 'circuits' | 'features' | 'says'>;

/** What was right of what was looked at; of a number in the stream the pairs of which accuracy is computed. */
interface Tally {
  right: number;
  positions: number;
  readonly wanted: Value[];
  readonly found: number[];
}

/**
 * @param model its vocabulary is `ids` in this order
 * @returns for each circuit its share in each kind of window
 */
export function measureWindows(
  facts: Facts,
  programs: readonly Program[],
  model: Model,
  ids: readonly number[],
  setting: WindowSetting,
): ReadonlyMap<string, readonly SeedWindowShare[]> {
  const measured = measureIn(facts, programs, model, ids, ({ named, isClosed }) => windowsOf(facts, ids, named, isClosed, setting));
  return new Map(
    [...measured].map(([name, shares]) => [name, shares.flatMap(({ kind, ...share }) => (kind === 'text' ? [] : [{ kind, ...share }]))]),
  );
}

/** A share in windows of any kind. */
interface Share {
  readonly kind: WindowKind;
  readonly accuracy: number;
  readonly positions: number;
}

/** What of a model's tokens is a program's own. */
interface Alphabet {
  readonly named: readonly number[];
  /** Whether it has a meaning on these alone. */
  readonly isClosed: boolean;
}

/**
 * How often each circuit is right in windows of a text, one share each; circuits whose program has no meaning on a text have none.
 *
 * @param windows ids, each with what stands first where something has to
 */
export function measureText(
  facts: Facts,
  programs: readonly Program[],
  model: Model,
  ids: readonly number[],
  windows: readonly Int32Array[],
): { readonly name: string; readonly accuracy: number; readonly positions: number }[] {
  const measured = measureIn(facts, programs, model, ids, ({ isClosed }, isCompiled) => {
    // a compiled circuit leaves out the first position, whatever stands there
    const offset = facts.bos !== null || isCompiled ? 1 : 0;
    return isClosed ? [] : windows.map((each) => ({ kind: 'text', ids: each, offset }));
  });
  return [...measured].flatMap(([name, shares]) => shares.map(({ accuracy, positions }) => ({ name, accuracy, positions })));
}

function measureIn(
  facts: Facts,
  programs: readonly Program[],
  model: Model,
  ids: readonly number[],
  windowsFor: (alphabet: Alphabet, isCompiled: boolean) => readonly Window[],
): ReadonlyMap<string, readonly Share[]> {
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  return new Map(programs.flatMap((program) => [...measureProgram(facts, programs, program, model, rowOf, windowsFor)]));
}

function measureProgram(
  facts: Facts,
  programs: readonly Program[],
  program: Program,
  model: Model,
  rowOf: ReadonlyMap<number, number>,
  windowsFor: (alphabet: Alphabet, isCompiled: boolean) => readonly Window[],
): ReadonlyMap<string, readonly Share[]> {
  const values = program.vocabulary === OPEN_TOKENS || program.vocabulary?.kind !== 'tokens' ? [] : program.vocabulary.values.map(String);
  const own = facts.tokens.filter(({ value }) => values.includes(value));
  const named = own.flatMap(({ id }) => (id === null ? [] : [id]));
  const isClosed = values.length > 0 && named.length === values.length;
  const circuits = facts.circuits.filter(({ name }) => program.exports.some((each) => each.name === name));
  const windows = windowsFor(
    { named, isClosed },
    circuits.some(({ kind }) => kind === 'feature'),
  );
  const afters = new Map(circuits.map(({ name }) => [name, facts.features.find((each) => each.name === name)?.after ?? null]));
  if (circuits.length === 0) return new Map();
  const { layers } = model.config.sizes;
  const streams = windows.map(() => new Map<number, FloatArray>());
  const kept = new Set([layers, ...[...afters.values()].filter((after) => after !== null)]);
  const batch = windows.map((window) => window.ids.map((id) => rowOf.get(id) as number));
  const logits = model.logits(batch, ({ layer, sublayer, sequence, residual }) => {
    const at = sublayer === 'embedding' ? 0 : layer + 1;
    if (sublayer !== 'attention' && kept.has(at)) streams[sequence]?.set(at, residual.slice());
  });
  const tallies = new Map(circuits.map(({ name }) => [name, new Map<WindowKind, Tally>()]));
  for (const [w, window] of windows.entries()) {
    // a token for which the program has no value is none of its input
    const places = Array.from(window.ids.keys()).filter(
      (at) => at >= window.offset && !(isClosed && !named.includes(window.ids[at] as number)),
    );
    const input = Int32Array.from(places, (at) => window.ids[at] as number);
    const evaluation = new Evaluation(tokenValues(facts, program, input), { causal: true });
    const others = saidTokens(facts, programs, input);
    for (const circuit of circuits) {
      const node = program.exports.find(({ name }) => name === circuit.name)?.node as SOp;
      const stream = streams[w]?.get(afters.get(circuit.name) ?? layers) as FloatArray;
      const own = tallies.get(circuit.name) as Map<WindowKind, Tally>;
      const tally = own.get(window.kind) ?? { right: 0, positions: 0, wanted: [], found: [] };
      own.set(window.kind, tally);
      score({ facts, circuit, node, evaluation, places, others, window, stream, logits: logits[w] as FloatArray, rowOf, model }, tally);
    }
  }
  return new Map(
    circuits.map(({ name, kind }) => [
      name,
      [...(tallies.get(name) ?? [])].map(([window, { right, positions, wanted, found }]) => {
        const number = wanted.length === 0 ? null : scoreNumbers(kind, wanted, found).accuracy;
        return { kind: window, accuracy: number ?? right / Math.max(1, positions), positions: positions + wanted.length };
      }),
    ]),
  );
}

interface Scored {
  readonly facts: Facts;
  readonly circuit: SeedCircuit;
  readonly node: SOp;
  readonly evaluation: Evaluation;
  /** Positions of the window that are the program's input. */
  readonly places: readonly number[];
  /** What other circuits say there. */
  readonly others: SaidByOthers;
  readonly window: Window;
  readonly stream: FloatArray;
  readonly logits: FloatArray;
  readonly rowOf: ReadonlyMap<number, number>;
  readonly model: Model;
}

function score({ facts, circuit, node, evaluation, places, others, window, stream, logits, rowOf, model }: Scored, tally: Tally): void {
  const { width, outputs } = model.config.sizes;
  if (circuit.kind === 'tokens' || circuit.kind === 'answer') {
    const record = facts.features.find(({ name }) => name === circuit.name);
    const read = circuit.kind === 'answer' && record !== undefined ? tokenReader(facts, record, [...rowOf.keys()]) : null;
    const keys = new Int32Array(window.ids.length);
    for (const [index, at] of places.entries()) {
      const right = rightTokens(evaluation, node as Aggregate, index, keys).map((token) => rowOf.get(token) ?? -1);
      if (right.length === 0) continue;
      tally.positions++;
      if (read !== null) {
        if (right.includes(read(stream, at * width))) tally.right++;
        continue;
      }
      const row = logits.subarray(at * outputs, (at + 1) * outputs);
      const beside = others(circuit.name, index).map((token) => rowOf.get(token) ?? -1);
      if (saysRight(row, right, circuit.strength, beside)) tally.right++;
    }
    return;
  }
  const { values } = evaluation.sequence(node);
  const feature = facts.features.find(({ name }) => name === circuit.name);
  const said = facts.says?.find(({ name, code }) => name === circuit.name && code != null);
  if (said !== undefined) {
    for (const [index, at] of places.entries()) {
      const id = said.values.find(({ value }) => valuesEqual(value, values[index] as Value))?.ids[0];
      if (id === undefined) continue;
      tally.positions++;
      const beside = others(circuit.name, index).map((token) => rowOf.get(token) ?? -1);
      if (saysRight(logits.subarray(at * outputs, (at + 1) * outputs), [rowOf.get(id) ?? -1], said.strength, beside)) tally.right++;
    }
    return;
  }
  for (const [index, at] of places.entries()) {
    const value = values[index] as Value;
    if (feature !== undefined) {
      tally.positions++;
      if (isRight(readRecord(feature, stream, at * width), value)) tally.right++;
    } else {
      tally.wanted.push(value);
      const reference = facts.host?.reference ?? null;
      const mean = reference === null ? 0 : (stream[at * width + reference] as number);
      tally.found.push((stream[at * width + (circuit.dims.at(-1) as number)] as number) - mean);
    }
  }
}
