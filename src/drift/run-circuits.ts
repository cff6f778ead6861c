/**
 * Runs of a checkpoint on a probe: for each circuit what its heads attend to, and whether what it writes says the right thing, apart from all
 * else that the model says. What a run is not asked for it does not compute.
 */
import type { SeedCircuit, SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import { Evaluation } from '../graph/evaluate/evaluate.ts';
import type { Program } from '../graph/program.ts';
import type { AttentionObserver, Model } from '../runtime/model.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { attentionInput, attentionRows } from '../verify/seeded/probe-layer.ts';
import { tokenValues } from '../verify/seeded/right-tokens.ts';
import { layerRoles, logProbability } from '../verify/seeded/run-seeded.ts';
import type { Sizes } from '../weights/roles.ts';
import { type AskedHead, AttentionSum, askedHeads, type Meaning } from './asked-heads.ts';
import { changedSubject, type Subject } from './changed-checkpoint.ts';
import { type Saying, Sayings, type Seen } from './circuit-sayings.ts';
import type { ProgrammedEntries } from './programmed-parts.ts';

export interface HeadState {
  readonly layer: number;
  readonly head: number;
  /** Mean attention on the keys that the program selects, and on position 0 where that is not one of them. */
  readonly attention: number;
  readonly sink: number;
}

export interface CircuitState {
  readonly name: string;
  /** Of the programmed heads; null where the program does not say what they select. */
  readonly heads: readonly (HeadState & { readonly name: string })[];
  /** How often what the circuit writes, by itself, says the right token, or how well it goes with the right number. */
  readonly said: number;
  /** How often the whole model says the right token; null for numbers. */
  readonly accuracy: number | null;
  /** The smaller of what the heads attend rightly and what is said rightly: 1 is a circuit that works. */
  readonly works: number;
}

/** Root mean square of the stream before each layer and after the last: over all positions, and at the first. */
export interface Loudness {
  readonly rms: readonly number[];
  readonly firstRms: readonly number[];
}

export interface CircuitsRun extends Loudness {
  readonly circuits: readonly CircuitState[];
  /** Heads without a program that attend as one of the programmed ones should, best first. */
  readonly others: readonly (HeadState & { readonly as: string })[];
}

/** What is run, on which tokens. */
export interface Probe {
  readonly map: SeedMap;
  readonly programs: readonly Program[];
  readonly entries: readonly ProgrammedEntries[];
  readonly ids: Int32Array;
}

const TAKEOVERS = 3;

type Enter = (layer: number, residual: FloatArray) => unknown;

export class CircuitRunner {
  readonly #map: SeedMap;
  readonly #entries: readonly ProgrammedEntries[];
  readonly #ids: Int32Array;
  readonly #layers: number;
  readonly #asked: readonly AskedHead[];
  readonly #circuits: readonly { readonly circuit: SeedCircuit; readonly saying: Saying }[];
  /** Layers before which a feature is read. */
  readonly #reads: ReadonlySet<number>;

  constructor({ map, programs, entries, ids }: Probe, { layers }: Pick<Sizes, 'layers'>) {
    this.#map = map;
    this.#entries = entries;
    this.#ids = ids;
    this.#layers = layers;
    const offset = map.bos === null ? 0 : 1;
    const meanings = programs.map(
      (program): Meaning => ({ program, evaluation: new Evaluation(tokenValues(map, program, ids.subarray(offset)), { causal: true }) }),
    );
    this.#asked = askedHeads(map, meanings, ids.length, offset);
    const sayings = new Sayings(map, ids, offset, layers);
    this.#circuits = map.circuits.map((circuit) => {
      const meaning = meanings.find(({ program }) => program.exports.some(({ name }) => name === circuit.name)) as Meaning;
      return { circuit, saying: sayings.of(circuit, meaning) };
    });
    this.#reads = new Set(map.features.map(({ after }) => after));
  }

  /** All of it. */
  run(subject: Subject): CircuitsRun {
    const looked = new Look(this.#reads);
    const rms: number[] = [];
    const firstRms: number[] = [];
    const others = new Others(this.#map, this.#asked);
    const { outputs } = subject.checkpoint.config.sizes;
    const logits = pass(
      subject.model,
      this.#ids,
      (layer, residual) => {
        const [all, first] = this.#loudness(subject, residual);
        rms.push(all);
        firstRms.push(first);
        this.#look(subject, looked, layer, residual);
      },
      (at) => others.see(at),
    );
    const seen = this.#seen(subject, looked);
    const circuits = this.#circuits.map(({ circuit, saying }): CircuitState => {
      const heads = this.#headsOf(circuit, looked);
      const said = saying.said(seen);
      const accuracy = saying.accuracy?.(logits, outputs) ?? null;
      return { name: circuit.name, heads, said, accuracy, works: Math.min(said, ...heads.map(({ attention }) => attention)) };
    });
    return { circuits, rms, firstRms, others: others.best(TAKEOVERS) };
  }

  /**
   * How well some circuits work. A run ends where all is known that it is asked for.
   *
   * @param wanted circuits by name, each with a number: of what does no better than that a bound that is no larger is enough
   */
  works(subject: Subject, wanted: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const looked = new Look(this.#reads);
    const found = new Map<string, number>();
    const circuits = this.#circuits.filter(({ circuit }) => wanted.has(circuit.name));
    const layersOf = circuits.map(({ circuit: { heads } }) =>
      Math.max(0, ...this.#asked.filter(({ record }) => heads.includes(record.name)).map(({ record }) => record.layer)),
    );
    const seen = this.#seen(subject, looked);
    pass(subject.model, this.#ids, (layer, residual) => {
      this.#look(subject, looked, layer, residual);
      circuits.forEach(({ circuit, saying }, i) => {
        const { name } = circuit;
        if (found.has(name) || layer < (layersOf[i] as number)) return;
        const most = Math.min(1, ...this.#headsOf(circuit, looked).map(({ attention }) => attention));
        if (most <= (wanted.get(name) as number)) found.set(name, most);
        else if (layer >= saying.layer) found.set(name, Math.min(most, saying.said(seen)));
      });
      return layer < this.#layers && found.size < circuits.length;
    });
    return found;
  }

  /** As far as before a layer, 0 behind it. */
  loudness(subject: Subject, until: number): Loudness {
    const rms: number[] = [];
    const firstRms: number[] = [];
    pass(subject.model, this.#ids, (layer, residual) => {
      const [all, first] = this.#loudness(subject, residual);
      rms.push(all);
      firstRms.push(first);
      return layer < until;
    });
    return { rms, firstRms };
  }

  #loudness({ checkpoint }: Subject, residual: FloatArray): [all: number, first: number] {
    const { width } = checkpoint.config.sizes;
    // the first position may hold a flag that is far louder than all else there, trained or not
    return [rmsOf(this.#ids.length > 1 ? residual.subarray(width) : residual), rmsOf(residual.subarray(0, width))];
  }

  #look({ checkpoint }: Subject, looked: Look, layer: number, residual: FloatArray): void {
    looked.keep(layer, residual, layer === this.#layers);
    const asked = this.#asked.filter(({ record }) => record.layer === layer);
    if (asked.length === 0) return;
    const roles = layerRoles(checkpoint, layer);
    const input = attentionInput(checkpoint.config, roles, residual, this.#ids.length);
    for (const each of asked) {
      const { head } = each.record;
      const sum = new AttentionSum(each);
      attentionRows(checkpoint.config, roles, input, head, each.queries, layer).forEach((row, at) => {
        sum.add(at, (key) => row[key] ?? 0);
      });
      looked.heads.set(`${layer}.${head}`, { layer, head, ...sum.mean() });
    }
  }

  #headsOf({ heads }: SeedCircuit, looked: Look): (HeadState & { name: string })[] {
    return this.#map.heads
      .filter(({ name }) => heads.includes(name))
      .flatMap(({ name, layer, head }) => {
        const state = looked.heads.get(`${layer}.${head}`);
        return state === undefined ? [] : [{ name, ...state }];
      });
  }

  #seen(subject: Subject, { streams }: Look): Seen {
    let rest: FloatArray | null = null;
    return {
      checkpoint: subject.checkpoint,
      streams,
      last: () => streams.get(this.#layers) as FloatArray,
      without: () => {
        rest ??= lastStream(withoutCircuits(subject, this.#entries).model, this.#ids, this.#layers);
        return rest;
      },
    };
  }
}

/** What a run has seen so far. */
class Look {
  readonly heads = new Map<string, HeadState>();
  readonly streams = new Map<number, FloatArray>();
  readonly #reads: ReadonlySet<number>;

  constructor(reads: ReadonlySet<number>) {
    this.#reads = reads;
  }

  keep(layer: number, residual: FloatArray, isLast: boolean): void {
    if (isLast || this.#reads.has(layer)) this.streams.set(layer, residual.slice());
  }
}

/** Heads without a program, beside what those with one should attend to. */
class Others {
  readonly #programmed: ReadonlySet<string>;
  readonly #asked: readonly { readonly asked: AskedHead; readonly numberOf: ReadonlyMap<number, number> }[];
  readonly #sums = new Map<string, { readonly as: string; readonly layer: number; readonly head: number; readonly sum: AttentionSum }>();

  constructor({ heads }: SeedMap, asked: readonly AskedHead[]) {
    this.#programmed = new Set(heads.map(({ layer, head }) => `${layer}.${head}`));
    // heads of one name compute the same
    const byName = new Map(asked.map((each) => [each.record.name, each]));
    this.#asked = [...byName.values()].map((each) => ({ asked: each, numberOf: new Map(each.queries.map((query, at) => [query, at])) }));
  }

  see({ layer, head, query, first, weights }: Parameters<AttentionObserver>[0]): void {
    if (this.#programmed.has(`${layer}.${head}`)) return;
    for (const [index, { asked, numberOf }] of this.#asked.entries()) {
      const at = numberOf.get(query);
      if (at === undefined) continue;
      const key = `${index} ${layer}.${head}`;
      const own = this.#sums.get(key) ?? { as: asked.record.name, layer, head, sum: new AttentionSum(asked) };
      this.#sums.set(key, own);
      own.sum.add(at, (place) => (place < first ? 0 : (weights[place - first] ?? 0)));
    }
  }

  best(count: number): CircuitsRun['others'] {
    const found = [...this.#sums.values()].map(({ sum, ...own }) => ({ ...own, ...sum.mean() }));
    return found.sort((a, b) => b.attention - a.attention).slice(0, count);
  }
}

/** The logits of one pass; `enter` is shown the stream before each layer and behind the last, and ends the pass by `false`. */
function pass(model: Model, ids: Int32Array, enter: Enter, watch?: AttentionObserver): FloatArray {
  const [logits = new Float32Array(0)] = model.logits(
    [ids],
    ({ layer, sublayer, residual }) => (sublayer === 'attention' ? true : enter(sublayer === 'embedding' ? 0 : layer + 1, residual)),
    watch,
  );
  return logits;
}

function lastStream(model: Model, ids: Int32Array, layers: number): FloatArray {
  let last: FloatArray = new Float32Array(0);
  pass(model, ids, (layer, residual) => {
    if (layer < layers) return true;
    last = residual.slice();
    return false;
  });
  return last;
}

/** The loss at each target, [position - 1], in nats. */
export function lossesOf({ model }: Subject, ids: Int32Array): Float64Array {
  const { outputs } = model.config.sizes;
  const [logits = new Float32Array(0)] = model.logits([ids]);
  return Float64Array.from({ length: ids.length - 1 }, (_, i) => -logProbability(logits, outputs, i, ids[i + 1] as number));
}

/** The same model with nothing written by the circuits' heads and neurons. */
export function withoutCircuits(subject: Subject, entries: readonly ProgrammedEntries[]): Subject {
  const writers = entries.filter(({ roles: [role], part }) => part === 'values' && (role === 'output' || role === 'down'));
  return changedSubject(
    subject,
    new Map(
      writers.map(({ tensor, at }) => [
        tensor,
        [
          (values) => {
            for (const place of at) values[place] = 0;
          },
        ],
      ]),
    ),
  );
}

function rmsOf(values: FloatArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
