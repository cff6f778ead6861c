/** What the circuits of a seeded model do on one window of tokens: where their heads look, beside what the program selects, and what they say. */
import type { SeedFeatureRecord, SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { headKey, type ModelRun, runModel } from '../../draw/model/model-run.ts';
import { measuredGrid } from '../../draw/model/model-scene.ts';
import { nodeLabel, nodeText } from '../../draw/scene/node-text.ts';
import { conditionsOf, resultOf, sharesOf } from '../../draw/scene/program-scene.ts';
import type { MeasuredGrid, Row, SceneCondition, SceneHead } from '../../draw/scene/scene.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import { type Aggregate, type GraphNode, isSelector, type SOp } from '../../graph/graph.ts';
import { elementText } from '../../graph/show/display-text.ts';
import type { Model } from '../../runtime/model.ts';
import { isRight, readRecord } from '../../verify/seeded/measure-features.ts';
import { selectorOf } from '../../verify/seeded/measure-seeded.ts';
import { tokenReader } from '../../verify/seeded/read-tokens.ts';
import { OPEN_TOKENS, rightTokens, tokenValues } from '../../verify/seeded/right-tokens.ts';
import { logProbability } from '../../verify/seeded/run-seeded.ts';
import type { SeededProgram } from './seeded-program.ts';

/** A programmed head on the window. */
export interface SeededGrid {
  /** The tokens that the program sees; one more stands before them where `bos` of the grid is not empty. */
  readonly input: readonly string[];
  readonly head: SceneHead;
  /** The part of its attention on what the program selects, over the queries at which it selects something; null where it is not known. */
  readonly right: number | null;
}

/** What a circuit says at one position of the window. */
export interface SeededValue {
  /** Of the model. */
  readonly said: string;
  /** Of the program; null where it says nothing. */
  readonly expected: string | null;
  readonly isWrong: boolean;
  /** Tokens: the probability of the right ones. Codes: by how much the right cosine leads. Null for numbers. */
  readonly margin: number | null;
}

export interface SeededObservation {
  /** As it was given. */
  readonly text: string;
  /** Every token of the window. */
  readonly tokens: readonly string[];
  /** By number of a head of the map. */
  readonly heads: readonly SeededGrid[];
  /** By number of a circuit: a value for each position of the window, null for those before the program begins. */
  readonly circuits: readonly (readonly (SeededValue | null)[])[];
}

export interface SeededModelReading {
  readonly map: SeedMap;
  readonly programs: readonly SeededProgram[];
  readonly model: Model;
  /** How a token of the model is shown. */
  readonly labelOf: (id: number) => string;
}

/** A program on the window. */
interface Meaning {
  readonly program: SeededProgram;
  /** Positions before its input. */
  readonly offset: number;
  readonly evaluation: Evaluation;
}

export function observeSeeded(reading: SeededModelReading, text: string, ids: Int32Array): SeededObservation {
  const { map, programs, model, labelOf } = reading;
  const run = runModel(model, ids);
  const meanings = programs.map((program): Meaning => {
    const isFeature = map.circuits.some(({ name, kind }) => kind === 'feature' && program.exports.some((each) => each.name === name));
    const offset = isFeature || map.bos !== null ? 1 : 0;
    const evaluation = new Evaluation(tokenValues(map, program, ids.subarray(offset)), { causal: true });
    return { program, offset, evaluation };
  });
  const tokens = Array.from(ids, labelOf);
  const heads = map.heads.map((head, number): SeededGrid => {
    const meaning = meanings.find(({ program }) => program.heads.has(number)) ?? meanings[0];
    const node = meaning?.program.heads.get(number);
    const offset = meaning?.offset ?? 0;
    return { input: tokens.slice(offset), ...gridOf(run, head, node, meaning, offset, labelOf) };
  });
  const circuits = map.circuits.map((circuit) => {
    const meaning = meanings.find(({ program }) => program.exports.some(({ name }) => name === circuit.name));
    const node = meaning?.program.exports.find(({ name }) => name === circuit.name)?.node;
    if (meaning === undefined || node === undefined) return [];
    const before = new Array<null>(meaning.offset).fill(null);
    return [...before, ...valuesOf(reading, run, circuit, meaning, node)];
  });
  return { text, tokens, heads, circuits };
}

function gridOf(
  run: ModelRun,
  record: SeedMap['heads'][number],
  node: GraphNode | undefined,
  meaning: Meaning | undefined,
  offset: number,
  labelOf: (id: number) => string,
): Pick<SeededGrid, 'head' | 'right'> {
  const { layer, head, name, after } = record;
  const selector = selectorOf(node);
  const plain = { number: head, name, folded: [] };
  if (meaning === undefined || selector === null || node === undefined || isSelector(node)) {
    const measured = gridFrom(run, record, offset, null);
    return { head: { ...plain, text: name, conditions: [], ideal: null, measured, results: [] }, right: null };
  }
  const rowOf = rowMaker(meaning, labelOf);
  const matrix = meaning.evaluation.matrix(selector);
  // what a head looks for stands `after` positions further on
  const ideal = sharesOf(matrix).map((row) => row.map((_, key) => row[key - after] ?? 0));
  const moved = (row: Row): Row => {
    if (after === 0) return row;
    return { ...row, label: `${row.label}, ${after} before`, values: row.values.map((_, key) => row.values[key - after] ?? '') };
  };
  const conditions = conditionsOf(selector, rowOf).map((each): SceneCondition => ({ ...each, keys: moved(each.keys) }));
  const shares = run.attention.get(headKey(layer, head)) ?? [];
  const masses = ideal.flatMap((row, query) => {
    const own = shares[query + offset];
    if (own === undefined || row.every((share) => share === 0)) return [];
    return [row.reduce((sum, share, key) => sum + (share > 0 ? (own[key + offset] ?? 0) : 0), 0)];
  });
  return {
    head: {
      ...plain,
      text: nodeText(selector),
      conditions,
      ideal,
      measured: gridFrom(run, record, offset, ideal),
      results: [resultOf(node, rowOf)],
    },
    right: masses.length === 0 ? null : masses.reduce((sum, mass) => sum + mass, 0) / masses.length,
  };
}

/** Nothing is marked: heads in a stream that is not theirs are about right. */
function gridFrom(run: ModelRun, place: SeedMap['heads'][number], offset: number, ideal: SceneHead['ideal']): MeasuredGrid | null {
  if (offset === 1) {
    const grid = measuredGrid(run, place, ideal);
    return grid === null ? null : { ...grid, differs: [] };
  }
  const rows = run.attention.get(headKey(place.layer, place.head));
  return rows === undefined ? null : { weights: rows.map((row) => [...row]), bos: [], differs: [] };
}

/** Rows with values as people read them: the tokens of an open vocabulary are numbers to the program, one more than their ids. */
function rowMaker({ program, evaluation }: Meaning, labelOf: (id: number) => string): (node: SOp) => Row {
  const isOpen = program.vocabulary === OPEN_TOKENS;
  const isToken = (node: SOp): boolean => node.kind === 'tokens' || (node.kind === 'aggregate' && isToken(node.value));
  return (node) => {
    const named = isOpen && isToken(node);
    const values = evaluation.sequence(node).values.map((value) => {
      if (!named) return elementText(value);
      return Number(value) >= 1 ? labelOf(Number(value) - 1) : '–';
    });
    return { id: node.id, label: nodeLabel(node), values };
  };
}

function valuesOf(
  { map, model, labelOf }: SeededModelReading,
  run: ModelRun,
  circuit: SeedMap['circuits'][number],
  meaning: Meaning,
  node: SOp,
): SeededValue[] {
  const { evaluation, offset } = meaning;
  const positions = Array.from({ length: run.ids.length - offset }, (_, at) => at);
  if (circuit.kind === 'tokens') {
    const keys = new Int32Array(run.ids.length);
    return positions.map((at) => tokenValue(run, model, rightTokens(evaluation, node as Aggregate, at, keys), at + offset, labelOf));
  }
  const { values } = evaluation.sequence(node);
  const feature = map.features.find(({ name }) => name === circuit.name);
  if (circuit.kind === 'answer' && feature !== undefined) {
    const residual = residualAfter(run, feature.after);
    const read = tokenReader(
      map,
      feature,
      Int32Array.from({ length: model.config.sizes.vocab }, (_, id) => id),
    );
    const keys = new Int32Array(run.ids.length);
    return positions.map((at): SeededValue => {
      const right = rightTokens(evaluation, node as Aggregate, at, keys);
      const best = read(residual, (at + offset) * run.width);
      if (right.length === 0) return { said: labelOf(best), expected: null, isWrong: false, margin: null };
      return { said: labelOf(best), expected: right.map(labelOf).join(' or '), isWrong: !right.includes(best), margin: null };
    });
  }
  if (circuit.kind === 'feature' && feature !== undefined) {
    const residual = residualAfter(run, feature.after);
    return positions.map((at): SeededValue => {
      const start = (at + offset) * run.width;
      const said = readRecord(feature, residual, start);
      const text = elementText(typeof said === 'number' && feature.kind === 'categorical' && Number.isInteger(said) ? BigInt(said) : said);
      const expected = values[at];
      if (expected === undefined) return { said: text, expected: null, isWrong: false, margin: null };
      const margin = cosineLead(feature, residual, start, expected);
      return { said: text, expected: elementText(expected), isWrong: !isRight(said, expected), margin };
    });
  }
  const dim = circuit.dims.at(-1) ?? 0;
  const last = run.states.at(-1)?.residual ?? [];
  return positions.map((at): SeededValue => {
    const expected = values[at];
    const said = (last[(at + offset) * run.width + dim] ?? Number.NaN).toFixed(2);
    return { said, expected: expected === undefined ? null : elementText(expected), isWrong: false, margin: null };
  });
}

function tokenValue(run: ModelRun, model: Model, right: readonly number[], position: number, labelOf: (id: number) => string): SeededValue {
  const { outputs } = model.config.sizes;
  const row = run.logits.subarray(position * outputs, (position + 1) * outputs);
  let best = 0;
  for (let token = 1; token < outputs; token++) if (!((row[token] ?? 0) <= (row[best] ?? 0))) best = token;
  const said = labelOf(best);
  if (right.length === 0) return { said, expected: null, isWrong: false, margin: null };
  const margin = right.reduce((sum, token) => sum + Math.exp(logProbability(run.logits, outputs, position, token)), 0);
  return { said, expected: right.map(labelOf).join(' or '), isWrong: !right.includes(best), margin };
}

/** The stream as later layers find it: 0 is the embedding. */
function residualAfter({ states }: ModelRun, after: number): ArrayLike<number> {
  const found = states.findLast(({ layer, sublayer }) => (after === 0 ? sublayer === 'embedding' : layer === after - 1));
  return found?.residual ?? [];
}

/** By how much the cosine of the right code leads; null for numbers. */
function cosineLead(feature: SeedFeatureRecord, residual: ArrayLike<number>, start: number, expected: unknown): number | null {
  if (feature.kind === 'numeric') return null;
  const held = feature.dims.map((dim) => residual[start + dim] ?? Number.NaN);
  const length = (vector: readonly number[]) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  const wanted = String(expected);
  let [own, other] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { value, code } of feature.codes) {
    const cosine = held.reduce((sum, x, at) => sum + x * (code[at] ?? 0), 0) / (length(held) * length(code));
    if (String(value) === wanted) own = Math.max(own, cosine);
    else other = Math.max(other, cosine);
  }
  return Number.isFinite(own - other) ? own - other : null;
}
