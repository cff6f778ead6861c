/**
 * Where nothing is known of a model's parts, as of a circuit among trained weights, its inputs can be followed one by one where there are not too
 * many: in real numbers, with a bound of what float32 is off by in whatever order. What holds of each holds of all.
 */
import type { CircuitMap, MapOutput } from '../../checkpoint/map/circuit-map.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { withCommas } from '../../source/with-commas.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { ModelParts } from '../bounds/model-parts.ts';
import { SAFETY } from '../bounds/rounding.ts';
import type { CheckResult } from '../check-checkpoint.ts';
import { Decisions, marginOf } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import { type Bounded, type Summing, sumRounding } from './bounded.ts';
import { lengthOf } from './matrix.ts';
import { TokenRun, workOf } from './token-run.ts';

/** Multiplications, of which some hundred million are done in a second. */
const MOST_WORK = 2 ** 34;

export interface EveryInput {
  readonly map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs' | 'context' | 'causal' | 'compute'>;
  readonly checkpoint: OpenCheckpoint;
  readonly program: Program;
}

/** The same of slopes, which are followed back for a decision through all tokens before it, where lengths leave less than this. */
const MOST_SLOPE_WORK = 2 ** 37;
const EASY = 1 / 4;
/** And of lengths that are followed closely. */
const MOST_CLOSE_WORK = 2 ** 38;

/** How many inputs there are, V + V² + … */
function countInputs({ vocabulary, context }: EveryInput['map']): number {
  let count = 0;
  for (let length = 1; length <= context && Number.isFinite(count); length++) count += vocabulary.length ** length;
  return count;
}

/** What is assumed of sums, and how closely lengths are followed. */
const ATTEMPTS = [
  { summing: 'any-order', isClose: false },
  { summing: 'lanes', isClose: false },
  { summing: 'any-order', isClose: true },
  { summing: 'lanes', isClose: true },
] as const;

/** Sums in any order, and where that leaves no margin, in lanes; and both again more closely, where there is time for that. */
export function checkEvery(input: EveryInput): CheckResult {
  try {
    const { closely } = workOf(input.checkpoint.config);
    const own = ATTEMPTS.filter(({ isClose }) => !isClose || countInputs(input.map) * closely <= MOST_CLOSE_WORK);
    let result: CheckResult | null = null;
    for (const attempt of own) {
      result = new Every(input, attempt).run();
      if (result.kind === 'checked' && result.holds) break;
    }
    return result as CheckResult;
  } catch (error) {
    if (error instanceof Unproven) return { kind: 'unproven', why: error.message };
    throw error;
  }
}

class Every {
  readonly #input: EveryInput;
  readonly #parts: ModelParts;
  readonly #tokens: TokenRun;
  readonly #decisions = new Decisions();
  readonly #nodes: readonly SOp[];
  readonly #evaluate: (values: readonly Value[]) => ReadonlyMap<unknown, unknown>;
  readonly #count: number;
  readonly #summing: Summing;
  readonly #tokenWork: number;
  #slopeWork = 0;
  #errorBound = 0;
  #isLost = false;

  constructor(input: EveryInput, { summing, isClose }: (typeof ATTEMPTS)[number]) {
    this.#summing = summing;
    const { map, checkpoint, program } = input;
    if (map.compute !== 'f32') throw new Unproven('inputs are followed one by one in float32 alone');
    if (program.assumes.length > 0) throw new Unproven('inputs are not followed one by one where something is assumed of them');
    this.#input = input;
    this.#count = countInputs(map);
    const { token, model } = workOf(checkpoint.config);
    if (!(this.#count * token + model <= MOST_WORK))
      throw new Unproven(`${withCommas(this.#count)} inputs are too many to follow one by one in a model of this size`);
    this.#tokenWork = token;
    this.#parts = new ModelParts(checkpoint, 'f32');
    this.#parts.assertFinite();
    this.#tokens = new TokenRun(this.#parts, map.context + 1, summing, isClose);
    this.#nodes = map.outputs.map(({ name }) => {
      const node = program.exports.find((each) => each.name === name)?.node;
      if (node === undefined) throw new Unproven(`the program does not export \`${name}\``);
      return node;
    });
    this.#evaluate = evaluator(this.#nodes, { causal: map.causal });
  }

  /** Up to the first input on which a margin is gone. */
  run(): CheckResult {
    this.#tokens.read(this.#input.map.bos.id, 0);
    this.#after([], []);
    const { all } = this.#decisions;
    const margin = all.reduce((least, decision) => Math.min(least, marginOf(decision)), 1);
    const failures = all.filter((decision) => !(marginOf(decision) > 0));
    return {
      kind: 'checked',
      holds: failures.length === 0,
      ...{ semantics: this.#summing, margin, errorBound: this.#errorBound, decisions: all, failures, inputs: this.#count },
    };
  }

  /**
   * @param said what the program says at each token so far, by output
   * @returns whether it is worth while to go on
   */
  #after(given: readonly Value[], said: readonly (readonly Value[])[]): boolean {
    const { vocabulary, context } = this.#input.map;
    if (given.length === context) return true;
    for (const { id, value } of vocabulary) {
      const own = [...given, value];
      const read = this.#tokens.read(id, own.length);
      const wanted = this.#meaning(own, said);
      for (const [i, output] of this.#input.map.outputs.entries()) this.#judge(output, wanted[i] as Value, read, own);
      if (this.#isLost) return false;
      if (!this.#after(own, [...said, wanted])) return false;
    }
    return true;
  }

  /** What the program says at the last token; at those before it must say what it said without that. */
  #meaning(given: readonly Value[], said: readonly (readonly Value[])[]): Value[] {
    let values: readonly (readonly Value[])[];
    try {
      const found = this.#evaluate(given);
      values = this.#nodes.map((node) => (found.get(node) as Sequence).values);
    } catch (error) {
      if (error instanceof DiagnosticError) throw new Unproven(`the program has no value on ${textOf(given)}`);
      throw error;
    }
    for (const [i, own] of values.entries())
      for (const [position, before] of said.entries())
        if (!valuesEqual(own[position] as Value, before[i] as Value))
          throw new Unproven('what the program says of a token follows from those after it as well');
    return values.map((own) => own.at(-1) as Value);
  }

  #judge(output: MapOutput, wanted: Value, read: Bounded, given: readonly Value[]): void {
    const { unembedding } = this.#parts.whole;
    const tensor = this.#parts.tensorName('unembedding', null);
    const span = '';
    const size = lengthOf(read.values) + read.off;
    const row = (id: number) => this.#parts.row(unembedding.weights, id);
    const bias = (id: number) => unembedding.bias?.[id] ?? 0;
    const rounded = (id: number) => sumRounding(read.values.length + 2, this.#summing) * (lengthOf(row(id)) * size + Math.abs(bias(id)));
    const where = `on ${textOf(given)}`;
    if (output.kind === 'numeric') throw new Unproven(`\`${output.name}\` is a number, which is not followed one by one`);
    const right = output.logits.find(({ value }) => valuesEqual(value, wanted));
    if (right === undefined) throw new Unproven(`no logit stands for a value of \`${output.name}\``);
    for (const { id, value } of output.logits) {
      if (id === right.id) continue;
      const apart = row(right.id).map((x, d) => x - numberAt(row(id), d));
      const allowed = dot(apart, read.values) + bias(right.id) - bias(id);
      const logits = rounded(right.id) + rounded(id);
      const byLengths = SAFETY * (lengthOf(apart) * read.off + logits);
      const error = byLengths < EASY * allowed ? byLengths : Math.min(byLengths, SAFETY * (this.#cost(read, apart, given) + logits));
      const part = `${sourceText(right.value)} against ${sourceText(value)} ${where}`;
      if (allowed > 0) this.#errorBound = Math.max(this.#errorBound, error / allowed);
      this.#isLost ||= !(error < allowed);
      this.#decisions.add({ kind: 'categorical output', name: output.name, span, tensor, part, error, allowed });
    }
  }

  /** By slopes, while there is time for them. */
  #cost(read: Bounded, slope: Float64Array, given: readonly Value[]): number {
    this.#slopeWork += 2 * this.#tokenWork * (given.length + 1);
    return this.#slopeWork > MOST_SLOPE_WORK ? Number.POSITIVE_INFINITY : this.#tokens.cost(read, slope);
  }
}

function textOf(given: readonly Value[]): string {
  return given.map(sourceText).join(' ');
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += numberAt(a, i) * numberAt(b, i);
  return total;
}
