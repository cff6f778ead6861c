/**
 * From what is to be seeded to where and how strong: dimensions, layers and heads, then amplitudes and gains from the static scale of the
 * stream. Nothing is drawn and nothing written here.
 */

import { positionPairs } from '../codes/position-code.ts';
import { cosineSpectrum, tokenCode } from '../codes/token-code.ts';
import { fail } from '../diagnostics/catalog.ts';
import { attentionOf, type ModelConfig, positionsOf } from '../targets/model-config.ts';
import { seedable } from '../targets/registry.ts';
import { drawOf } from './draw/init-rules.ts';
import type { Host } from './draw/seed-tensors.ts';
import { every } from './draw/slices.ts';
import { tidy } from './draw/tidy.ts';
import { buildHead } from './heads/build-head.ts';
import { clearedSlices, embeddingSlices, normSlices, unembeddingSlices } from './heads/embedding-slices.ts';
import { detectorSlices } from './heads/first-position.ts';
import { headSpace } from './heads/head-space.ts';
import type { SeededModel } from './heads/seeded-model.ts';
import { logitFor, probabilityOf } from './heads/solve-margins.ts';
import { type Detector, detectorOf } from './program/detector.ts';
import { contentsOf, inputsOf, nameHeads, type PlacedHead, placeHeads } from './program/place-heads.ts';
import type { Block, OutputExpectation, SeedOptions, SeedPlan } from './program/seed-plan.ts';
import type { Content, SeedProgram } from './program/seed-program.ts';
import { type MeasuredStream, measureStream } from './stream/measure-stream.ts';
import { type Deposit, type StreamModel, streamModel } from './stream/stream-model.ts';

/** The constant and the flag of the sink are this much larger than an entry of a code: one dimension has to weigh as much as many. */
const CONSTANT = 3;
/**
 * Without a BOS of its own the first position holds any token. Its flag is so large that the norm divides that token to nearly nothing:
 * what trained models do by themselves (Sun et al., "Massive Activations in Large Language Models", 2024).
 */
const MASSIVE = 20;
/**
 * A flag that neurons write is as strong as the norm lets it be, by the square and more: so loud that the norm evens that out, and no louder, since
 * the first token is still to be heard.
 */
const FOUND = 3;
/** Room for the constant, the sink and what else takes one dimension. */
const SMALL_BLOCKS = 8;
/** Deviation of the logits that a token's own code gives to all others; half its square is what the loss grows by where nothing matches. */
const OWN_NOISE = 0.26;
/** What heads write to the output makes the stream at most this much louder, if it costs more noise. */
const LOUDEST = 1.5;
const LESS = 'a smaller token code (`--dims`), fewer circuits or a wider model need less';

/**
 * Plans a seed for a host: gains follow from the scale of its stream as it is measured, and beyond the circuits' layers from its
 * initialisation. Diagnostics: R7704 to R7708.
 */
export function planSeed(program: SeedProgram, host: Host, options: SeedOptions): SeedPlan {
  const { layers } = host.config.sizes;
  const baseline = host.isDrawn ? null : measureStream(host, [], layers, options.bos);
  const planner = new Planner(program, host.config, options, baseline);
  const first = planner.plan(null);
  const last = Math.max(...first.heads.map(({ placed }) => placed.layer));
  const measured = planner.plan(measureStream(host, first.slices, last, options.bos));
  // what neurons write depends on the scale, and the scale on what they write
  return planner.detects ? planner.plan(measureStream(host, measured.slices, last, options.bos)) : measured;
}

class Planner {
  readonly #program: SeedProgram;
  readonly #config: ModelConfig;
  readonly #options: SeedOptions;
  readonly #placed: PlacedHead[];
  readonly #detector: Detector | null;
  readonly #names: Map<string, string>;
  readonly #space: ReturnType<typeof headSpace>;
  readonly #learned: boolean;
  readonly #codeLength: number;
  readonly #taken = new Map<number, number>();
  /** The stream of a model that is there already; null for a new one. */
  readonly #baseline: MeasuredStream | null;

  constructor(program: SeedProgram, config: ModelConfig, options: SeedOptions, baseline: MeasuredStream | null) {
    this.#baseline = baseline;
    this.#program = program;
    this.#config = config;
    this.#options = options;
    this.#names = nameHeads(program);
    this.#learned = config.traits.positions.kind === 'learned';
    this.#space = headSpace(config, options.context);
    this.#codeLength = this.#chooseCodeLength();
    this.#placed = placeHeads(program, config, options.places, options.bos);
    this.#detector = detectorOf(program, this.#placed, config, options.bos);
    this.#checkTurning();
    for (const { layer, queryHeads } of this.#placed) this.#taken.set(layer, (this.#taken.get(layer) ?? 0) + queryHeads.length);
  }

  get detects(): boolean {
    return this.#detector !== null;
  }

  /** Heads are laid out for the rotary positions that most layers have. */
  #checkTurning(): void {
    const odd = this.#placed.find(({ layer }) => attentionOf(this.#config, layer).rotary !== this.#config.rotary);
    if (odd === undefined) return;
    const found = `layer ${odd.layer}, which does not turn as the others do`;
    fail('R7104', {
      file: 'config.json',
      key: this.#config.target.config.layerKinds?.key ?? '',
      found,
      expected: 'another layer (`--place`)',
    });
  }

  /** As long as half of the width and the dimensions of a head allow, one of which compares with the sink. */
  #chooseCodeLength(): number {
    const { width, dim } = this.#config.sizes;
    const positions = positionsOf(this.#config);
    const { dims } = this.#options;
    if (dims !== null && dims > dim)
      fail('R7706', {
        what: `a token code of ${dims} dimensions`,
        needed: dims,
        available: dim,
        of: 'dimensions of a head',
        instead: LESS,
      });
    const read = new Set(this.#program.heads.flatMap((head) => inputsOf(head).map(({ key }) => key)));
    const others = SMALL_BLOCKS + (this.#learned ? 2 * positionPairs(positions) : 0);
    return dims ?? Math.max(4, Math.min(63, dim - 1, Math.floor((width / 2 - others) / (1 + read.size))));
  }

  plan(measured: MeasuredStream | null): SeedPlan {
    const { sizes } = this.#config;
    const scales = this.#scales();
    const code = tokenCode(sizes.vocab, this.#codeLength);
    const bare = this.#streamOf([]);
    const amplitude =
      this.#options.amplitude ??
      tidy(Math.min(5, Math.max(2.5, bare.rms(Math.min(1, sizes.layers), 'typical') / 3 / scales.read)) * scales.read);
    const blocks = this.#layOut(amplitude, bare);
    const outputGain = this.#outputGain(code, amplitude, blocks, bare);
    const expected = this.#stream(blocks, outputGain?.deposits ?? []);
    const stream: StreamModel = { rms: (layer, place) => tidy(measured?.[layer]?.[place] ?? expected.rms(layer, place)) };
    const between = this.#config.traits.residual === 'parallel' ? 0 : 1;
    const neuronStream: StreamModel = {
      rms: (layer, place) => tidy(measured?.[layer]?.neurons?.[place] ?? expected.rms(layer + between, place)),
    };
    const model: SeededModel = {
      config: this.#config,
      neuronStream,
      detector: this.#detector,
      options: this.#options,
      space: this.#space,
      blocks,
      stream,
      code,
      names: this.#names,
      outputs: this.#program.outputs,
      outputAmplitudes: this.#outputAmplitudes(outputGain),
    };
    const built = this.#placed.map((placed) => buildHead(model, placed));
    const heads = built.map(({ expectation }) => expectation);
    const outputs = this.#program.outputs.map((output): OutputExpectation => {
      if (output.kind !== 'tokens' || outputGain === null) return { output, logit: null, probability: null };
      const asked = this.#options.strengths?.get(output.name);
      return asked === undefined
        ? { output, logit: outputGain.logit, probability: outputGain.probability }
        : { output, logit: asked, probability: null };
    });
    const slices = [
      ...embeddingSlices(model, this.#placed),
      ...built.flatMap((each) => each.slices),
      ...(outputGain === null ? [] : unembeddingSlices(model, outputGain.unembedding)),
      ...(this.#detector === null ? [] : detectorSlices(model, this.#detector)),
      ...normSlices(model, this.#placed),
      ...clearedSlices(model, this.#placed),
    ];
    const rms = every(sizes.layers + 1).map((layer) => stream.rms(layer, 'typical'));
    return { config: this.#config, options: this.#options, code, blocks, heads, outputs, rms, slices };
  }

  #scales(): { read: number; write: number } {
    const rules = this.#config.target.init;
    if (rules === null) return fail('R7707', { architecture: this.#config.target.architecture, known: seedable() });
    const { range } = this.#options;
    const draw = drawOf('output', rules, range, this.#config.sizes);
    return { read: range, write: draw.kind === 'normal' ? draw.deviation : range };
  }

  /** The reserved dimensions, at the end of the stream. */
  #layOut(amplitude: number, bare: StreamModel): Block[] {
    const { layers, width } = this.#config.sizes;
    const used = this.#placed.map(({ head }) => head);
    const wanted: (Omit<Block, 'dims'> & { count: number })[] = [];
    const lastReader = (reads: (placed: PlacedHead) => boolean): number =>
      Math.max(-1, ...this.#placed.filter(reads).map(({ layer }) => layer));
    const anyReads = (test: (content: Content) => boolean) => (placed: PlacedHead) => contentsOf(placed.head).some(test);
    const add = (block: Omit<Block, 'dims'> & { count: number }): void => {
      if (block.lastRead >= 0) wanted.push(block);
    };
    const embedded = { written: -1, head: null } as const;
    const isMatch = ({ head }: PlacedHead): boolean => head.kind === 'match';
    const turns = ({ head }: PlacedHead): boolean => head.kind === 'shift' && !this.#learned;
    const hasOutput = this.#program.outputs.some(({ kind }) => kind === 'tokens');
    const last = lastReader(() => true);
    add({
      name: 'constant',
      kind: 'constant',
      amplitude: tidy(CONSTANT * amplitude),
      ...embedded,
      count: 1,
      lastRead: lastReader((p) => isMatch(p) || turns(p) || p.head.kind === 'first'),
    });
    // BOS weighs as much as a token with its code, so that its key is no larger than theirs
    const detector = this.#detector;
    const found = detector === null ? null : FOUND * bare.rms(detector.decides + 1, 'first') * Math.sqrt(width);
    const flag =
      found ?? (this.#options.bos === null ? MASSIVE * bare.rms(0, 'typical') * Math.sqrt(width) : Math.sqrt(this.#codeLength) * amplitude);
    if (this.#hasSink())
      add({
        name: 'sink',
        kind: 'flag',
        amplitude: tidy(flag),
        written: detector?.decides ?? -1,
        head: null,
        count: 1,
        lastRead: lastReader(isMatch),
      });
    if (detector !== null) {
      const difference = { name: 'difference', kind: 'difference', written: detector.compares, head: null, count: 1 } as const;
      add({ ...difference, amplitude: tidy(Math.sqrt(this.#codeLength) * amplitude), lastRead: detector.decides + 1 });
    }
    if (this.#config.traits.norm === 'layer-norm') add({ name: 'zero', kind: 'zero', amplitude: 0, ...embedded, count: 1, lastRead: last });
    if (this.#learned) {
      add({
        name: 'positions',
        kind: 'positions',
        amplitude,
        ...embedded,
        count: 2 * positionPairs(positionsOf(this.#config)),
        lastRead: lastReader(({ head }) => head.kind === 'shift'),
      });
      const starts = lastReader(({ head }) => head.kind === 'first');
      add({ name: 'start', kind: 'start', amplitude: tidy(CONSTANT * amplitude), ...embedded, count: 1, lastRead: starts });
      add({
        name: 'ramp',
        kind: 'ramp',
        amplitude: tidy(CONSTANT * amplitude),
        ...embedded,
        count: 1,
        lastRead: lastReader(({ head }) => head.kind === 'match' && head.prefers !== null),
      });
    }
    add({
      name: 'tokens',
      kind: 'tokens',
      amplitude,
      ...embedded,
      count: this.#codeLength,
      lastRead: hasOutput ? layers : lastReader(anyReads(({ kind }) => kind === 'tokens')),
    });
    for (const { head, layer } of this.#placed) {
      const reader = lastReader(anyReads((content) => content.kind === 'moved' && content.head.key === head.key));
      const name = this.#names.get(head.key) as string;
      // as strong as everything else is where it is read
      if (reader >= 0)
        add({
          name,
          kind: 'moved',
          amplitude: tidy(bare.rms(layer + 1, 'typical')),
          written: layer,
          head: head.key,
          count: this.#codeLength,
          lastRead: reader,
        });
      if (head.kind === 'mean')
        add({
          name: `${name} values`,
          kind: 'values',
          amplitude: tidy(CONSTANT * amplitude),
          ...embedded,
          count: 1,
          head: head.key,
          lastRead: layer,
        });
      const feature = this.#program.outputs.find((output) => output.head === head && output.kind !== 'tokens');
      if (feature !== undefined)
        add({
          name,
          kind: feature.kind === 'mean' ? 'mean' : 'presence',
          amplitude: tidy(CONSTANT * bare.rms(layer + 1, 'typical')),
          written: layer,
          head: head.key,
          count: 1,
          lastRead: layers,
        });
    }
    const needed = wanted.reduce((sum, { count }) => sum + count, 0);
    if (needed > width / 2) {
      fail(
        'R7706',
        {
          what: wanted.map(({ name, count }) => `${name} ${count}`).join(' + '),
          needed,
          available: Math.floor(width / 2),
          of: 'dimensions, half of the width',
          instead: LESS,
        },
        { span: used[0]?.span },
      );
    }
    let next = width - needed;
    return wanted.map(({ count, ...block }) => {
      const dims = Array.from({ length: count }, (_, i) => next + i);
      next += count;
      return { ...block, dims };
    });
  }

  #hasSink(): boolean {
    return this.#learned || this.#options.bos !== null || this.#detector !== null;
  }

  #stream(blocks: readonly Block[], more: readonly Deposit[]): StreamModel {
    const { bos } = this.#options;
    const own = blocks.map(
      ({ kind, dims, amplitude, written, lastRead }): Deposit => ({
        layer: written,
        energy: ENERGY[kind] ? dims.length * amplitude ** 2 : 0,
        dims: dims.length,
        clearUntil: lastRead,
        // BOS has no code of its own, and nothing before it
        at:
          kind === 'flag'
            ? 'first'
            : kind === 'difference' || (bos !== null && (kind === 'tokens' || kind === 'moved'))
              ? 'others'
              : 'every',
        common: kind === 'constant' || kind === 'flag' || kind === 'difference',
      }),
    );
    return this.#streamOf([...own, ...more]);
  }

  #streamOf(deposits: readonly Deposit[]): StreamModel {
    const baseline = this.#baseline;
    if (baseline === null) return streamModel(this.#config, this.#scales(), { deposits, taken: this.#taken });
    return {
      rms: (layer, place) => {
        const present = deposits.filter(
          ({ layer: written, at }) => written < layer && (at === 'every' || (at === 'first') === (place === 'first')),
        );
        const energy = present.reduce((sum, deposit) => sum + deposit.energy, 0) / this.#config.sizes.width;
        return Math.sqrt((baseline[layer] as MeasuredStream[number])[place] ** 2 + energy);
      },
    };
  }

  /** By the head's key; one that two exports name is as strong as the first of them says. */
  #outputAmplitudes(gain: { readonly amplitude: number; readonly logit: number } | null): Map<string, number> {
    const amplitudes = new Map<string, number>();
    if (gain === null) return amplitudes;
    for (const { name, kind, head } of this.#program.outputs) {
      if (kind !== 'tokens' || amplitudes.has(head.key)) continue;
      const asked = this.#options.strengths?.get(name);
      amplitudes.set(head.key, asked === undefined ? gain.amplitude : tidy((gain.amplitude * asked) / gain.logit));
    }
    return amplitudes;
  }

  /** How strongly a head writes the token it found into the token block, and how strongly the output reads that block. */
  #outputGain(code: ReturnType<typeof tokenCode>, amplitude: number, blocks: readonly Block[], bare: StreamModel) {
    const writers = this.#placed.filter(({ head }) =>
      this.#program.outputs.some((output) => output.kind === 'tokens' && output.head === head),
    );
    if (writers.length === 0) return null;
    const { sizes } = this.#config;
    const length = code.length;
    const spectrum = cosineSpectrum(code);
    const scales = this.#scales();
    const noise = scales.read ** 2 * sizes.width;
    // what stood before is taken out as loudly where the first position is found
    const codes = this.#detector === null ? 1 : 2;
    const wanted = logitFor(spectrum, this.#options.confidence, sizes.vocab, noise, codes);
    const quiet = this.#stream(blocks, []);
    const rms = quiet.rms(sizes.layers, 'typical');
    // in a narrow model that would take a write so loud that it drowns the rest of the stream
    const loudest = rms * Math.sqrt(((LOUDEST ** 2 - 1) * sizes.width) / length);
    const unembedding = tidy(Math.max((OWN_NOISE * rms) / (amplitude * Math.sqrt(length)), (wanted * LOUDEST * rms) / (length * loudest)));
    // what is written raises the norm by which it is divided in the end
    let strength = (wanted * rms) / (unembedding * length);
    const layer = Math.max(...writers.map((placed) => placed.layer));
    const depositOf = (value: number): Deposit => ({
      layer,
      energy: codes * length * value ** 2,
      dims: 0,
      clearUntil: 0,
      at: 'others',
      common: false,
    });
    const logitOf = (value: number): number => {
      const loud = this.#stream(blocks, [depositOf(value)]);
      return (unembedding * value * length) / loud.rms(sizes.layers, 'typical');
    };
    for (let i = 0; i < 8; i++) strength *= wanted / logitOf(strength);
    strength = tidy(strength);
    const logit = logitOf(strength);
    if (!(bare.rms(0, 'typical') > 0) || !Number.isFinite(logit)) throw new Error('the stream has no scale');
    return {
      amplitude: strength,
      unembedding,
      deposits: [depositOf(strength)],
      logit,
      probability: probabilityOf(spectrum, logit, sizes.vocab, noise, codes),
    };
  }
}

const ENERGY: Readonly<Record<Block['kind'], boolean>> = {
  tokens: true,
  constant: true,
  flag: true,
  start: false,
  zero: false,
  positions: true,
  ramp: false,
  moved: true,
  values: false,
  presence: false,
  mean: false,
  difference: true,
};
