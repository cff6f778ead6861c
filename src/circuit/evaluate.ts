/**
 * The meaning of a circuit, in float64, without norm, layers or dimensions: attention is softmax, steps are exact. What differs
 * between this and a checkpoint is placement and arithmetic alone.
 */
import type { Circuit, Form, Head, NeuronGroup, Register, TurnedOrder } from './circuit.ts';
import { inOrder, registersWritten } from './dataflow.ts';

/** The numbers of every register, `[position][feature]`; position 0 is BOS. */
export type RegisterContents = ReadonlyMap<Register, readonly Float64Array[]>;

export interface CircuitInput {
  /** Indices into the vocabulary. */
  readonly tokens: readonly number[];
  readonly causal: boolean;
}

export function evaluateCircuit(circuit: Circuit, input: CircuitInput): RegisterContents {
  return new CircuitRun(circuit, input).run();
}

/** The number of a form at every position, BOS first. */
export function evaluateForm(form: Form, contents: RegisterContents, position: number): number {
  let sum = form.constant;
  for (const { register, feature, weight } of form.terms) sum += weight * (contents.get(register)?.[position]?.[feature] ?? Number.NaN);
  return sum;
}

/** @param distance of query and key */
function scoreOfOrder(order: TurnedOrder | undefined, distance: number): number {
  if (order === undefined) return 0;
  return order.step * (order.end === 'rightmost' ? order.reach - distance : distance);
}

class CircuitRun {
  readonly #circuit: Circuit;
  readonly #input: CircuitInput;
  readonly #length: number;
  readonly #contents = new Map<Register, Float64Array[]>();

  constructor(circuit: Circuit, input: CircuitInput) {
    this.#circuit = circuit;
    this.#input = input;
    this.#length = input.tokens.length + 1;
  }

  run(): RegisterContents {
    for (const { register, source } of this.#circuit.embeddings) {
      this.#contents.set(
        register,
        Array.from({ length: this.#length }, (_, p) =>
          Float64Array.from(register.features, ({ levels, bos }) => {
            if (p === 0) return bos;
            return source === 'bos' ? 0 : (levels?.[source === 'token' ? (this.#input.tokens[p - 1] as number) : p - 1] ?? Number.NaN);
          }),
        ),
      );
    }
    for (const component of inOrder(this.#circuit)) {
      for (const register of registersWritten(component)) {
        this.#contents.set(
          register,
          this.#everywhere(() => new Float64Array(register.features.length)),
        );
      }
      if (component.kind === 'head') this.#head(component);
      else this.#neurons(component);
    }
    return this.#contents;
  }

  #head({ scores, relative, recency = 0, order, bos, values }: Head): void {
    const at = (form: Form, position: number) => evaluateForm(form, this.#contents, position);
    const keys = this.#everywhere((p) => scores.map(({ key }) => at(key, p)));
    const numbers = this.#everywhere((p) => values.map(({ form }) => at(form, p)));
    for (let p = 0; p < this.#length; p++) {
      const query = scores.map((s) => at(s.query, p));
      const seen = this.#input.causal ? p + 1 : this.#length;
      const logits = keys.slice(0, seen).map((key, at) => {
        const content = key.reduce((sum, k, i) => sum + k * (query[i] as number), 0);
        if (at === 0) return content + bos.score + (p === 0 ? bos.toItself : 0);
        return (
          content + scoreOfOrder(order, p - at) - recency * (p - at) - (relative !== null && p - at !== relative.offset ? relative.gap : 0)
        );
      });
      const highest = Math.max(...logits);
      const weights = logits.map((l) => Math.exp(l - highest));
      const total = weights.reduce((a, b) => a + b, 0);
      for (const [i, { write }] of values.entries()) {
        const mean = weights.reduce((sum, w, j) => sum + (w / total) * (numbers[j]?.[i] as number), 0);
        this.#add(write.register, p, write.feature, write.weight * mean);
      }
    }
  }

  #neurons({ steps, base, name }: NeuronGroup): void {
    for (let p = 0; p < this.#length; p++) {
      for (const { register, feature, weight } of base) this.#add(register, p, feature, weight);
      for (const { input, low, high, writes } of steps) {
        const x = evaluateForm(input, this.#contents, p);
        const middle = (low + high) / 2;
        if (Math.abs(x - middle) < (high - low) / 4) throw new Error(`${name} reads ${x}, which is between two of its values`);
        if (x > middle) for (const { register, feature, weight } of writes) this.#add(register, p, feature, weight);
      }
    }
  }

  #everywhere<Result>(compute: (position: number) => Result): Result[] {
    return Array.from({ length: this.#length }, (_, p) => compute(p));
  }

  #add(register: Register, position: number, feature: number, amount: number): void {
    const row = this.#contents.get(register)?.[position] as Float64Array;
    row[feature] = (row[feature] as number) + amount;
  }
}
