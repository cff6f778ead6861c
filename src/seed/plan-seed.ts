/**
 * From what is to be seeded to where and how strong: dimensions, layers and heads, then amplitudes and gains from the static scale of the
 * stream. Nothing is drawn and nothing written here.
 */

import { positionPairs } from '../codes/position-code.ts';
import { cosineSpectrum, tokenCode } from '../codes/token-code.ts';
import { fail } from '../diagnostics/catalog.ts';
import { type ModelConfig, positionsOf } from '../targets/model-config.ts';
import { assertTakesCircuits, drawOf, initRules } from './draw/init-rules.ts';
import type { Host } from './draw/seed-tensors.ts';
import { every } from './draw/slices.ts';
import { embeddingFactor } from './draw/stored-units.ts';
import { tidy } from './draw/tidy.ts';

import { buildHead } from './heads/build-head.ts';
import { clearedSlices, embeddingSlices, normSlices, unembeddingSlices } from './heads/embedding-slices.ts';
import { detectorSlices } from './heads/first-position.ts';
import { capped, uncapped } from './heads/norms/cap.ts';
import { headGainSlices } from './heads/norms/head-gains.ts';
import { jointNormSlices } from './heads/norms/joint-norms.ts';
import { layFloors, writeNormSlices } from './heads/norms/write-norms.ts';
import { readsRaw, type SeededModel } from './heads/seeded-model.ts';
import { logitFor, probabilityOf } from './heads/solve-margins.ts';
import { SMALL_BLOCKS, type WantedBlock, wantedBlocks } from './heads/wanted-blocks.ts';
import { grownHead } from './program/circuit-room.ts';
import { type Detector, detectorOf } from './program/detector.ts';
import { isLoud } from './program/loud-blocks.ts';
import { inputsOf, nameHeads, type PlacedHead, placeHeads, withAnswersApart } from './program/place-heads.ts';
import { type Block, goesTo, type OutputExpectation, QUIET, type SeedOptions, type SeedPlan } from './program/seed-plan.ts';
import type { SeedProgram } from './program/seed-program.ts';
import { type MeasuredStream, measureStream } from './stream/measure-stream.ts';
import { type Deposit, type InitScales, type StreamModel, streamModel } from './stream/stream-model.ts';

/** Deviation of the logits that a token's own code gives to all others; half its square is what the loss grows by where nothing matches. */
const OWN_NOISE = 0.26;
/** What heads write to the output makes the stream at most this much louder, if it costs more noise. */
const LOUDEST = 1.5;
/** What a code is of a stream that is mostly embeddings. */
const QUIET_CODE = 0.2;
/** The same of an answer for the output, which a token's own code must not drown in. */
const ANSWER = 2 ** -4;
const LONGEST_CODE = 63;
const LESS = 'a smaller token code (`--dims`), fewer circuits or a wider model need less';

/**
 * Plans a seed for a host: gains follow from the scale of its stream as it is measured, and beyond the circuits' layers from its
 * initialisation. Diagnostics: R7704 to R7708.
 *
 * @param known the stream of a model that is there, before anything is written
 */
export function planSeed(
  program: SeedProgram,
  host: Host,
  options: SeedOptions,
  known: MeasuredStream | null = host.isDrawn ? null : measureStream(host, [], host.config.sizes.layers, options.bos),
): SeedPlan {
  assertTakesCircuits(host.config, host.isDrawn);
  const planner = new Planner(program, host.config, options, known);
  const first = planner.plan(null);
  const last = Math.max(...first.heads.map(({ placed }) => placed.layer));
  const measured = planner.plan(measureStream(host, first.slices, last, options.bos, options.grown?.probe ?? null));
  // what neurons write depends on the scale, and the scale on what they write
  return planner.detects ? planner.plan(measureStream(host, measured.slices, last, options.bos)) : measured;
}

/** What circuits need beside what a model has. */
export function needsOf(
  program: SeedProgram,
  config: ModelConfig,
  options: SeedOptions,
): { readonly groups: number; readonly dims: number } {
  const { sizes } = config;
  const group = sizes.heads / sizes.kvHeads;
  // each head of the program in a group of its own, or wherever it was asked for
  const asked = Math.max(0, ...[...options.places.values()].map(({ head }) => Math.floor(head / group) + 1 - sizes.kvHeads));
  const most = sizes.kvHeads + program.heads.length + asked;
  const roomy = {
    ...config,
    sizes: { ...sizes, dim: grownHead(config), kvHeads: most, heads: most * group, width: 2 * sizes.width + ROOMY },
  };
  return new Planner(program, roomy, options, null).needs;
}

/** Dimensions that no circuits need so many of. */
const ROOMY = 2 ** 14;

class Planner {
  readonly #program: SeedProgram;
  readonly #config: ModelConfig;
  readonly #options: SeedOptions;
  readonly #placed: PlacedHead[];
  readonly #detector: Detector | null;
  readonly #names: Map<string, string>;
  readonly #learned: boolean;
  readonly #codeLength: number;
  readonly #taken = new Map<number, number>();
  /** The stream of a model that is there already; null for a new one. */
  readonly #baseline: MeasuredStream | null;

  constructor(asWritten: SeedProgram, config: ModelConfig, options: SeedOptions, baseline: MeasuredStream | null) {
    this.#baseline = baseline;
    const isSaid = (name: string): boolean => goesTo(options, name).logits;
    const program = withAnswersApart(asWritten, isSaid);
    this.#program = program;
    this.#config = config;
    this.#options = options;
    this.#names = nameHeads(program);
    this.#learned = config.traits.positions.kind === 'learned';
    this.#codeLength = this.#chooseCodeLength();
    const { grown, layers } = options;
    this.#placed = placeHeads(program, config, options, grown && { from: grown.from, layers }, isSaid);
    this.#detector = grown === null ? detectorOf(program, this.#placed, config, options.bos) : null;
    for (const { layer, queryHeads } of this.#placed) this.#taken.set(layer, (this.#taken.get(layer) ?? 0) + queryHeads.length);
  }

  get detects(): boolean {
    return this.#detector !== null;
  }

  /** As long as half of the width and the dimensions of a head allow, one of which compares with the sink. */
  #chooseCodeLength(): number {
    const { width, dim } = this.#config.sizes;
    const positions = positionsOf(this.#config);
    const { dims, grown, beside } = this.#options;
    if (grown !== null && grown.own !== null) return grown.own.length;
    // what norms of all queries and keys, or of what is written, are held by takes a dimension of a head
    const { headNorms, writeNorms } = this.#config.traits;
    const spare = headNorms === 'all' || writeNorms ? 1 : 0;
    if (dims !== null && dims > dim - spare)
      fail('R7706', {
        what: `a token code of ${dims} dimensions`,
        needed: dims,
        available: dim - spare,
        of: 'dimensions of a head',
        instead: LESS,
      });
    const read = new Set(this.#program.heads.flatMap((head) => inputsOf(head).map(({ key }) => key)));
    const others = SMALL_BLOCKS + (this.#learned ? 2 * positionPairs(positions) : 0);
    const most = this.#options.grown === null ? Math.floor((width / 2 - beside - others) / (1 + read.size)) : LONGEST_CODE;
    return dims ?? Math.max(4, Math.min(LONGEST_CODE, dim - 1 - spare, most));
  }

  plan(measured: MeasuredStream | null): SeedPlan {
    const { sizes } = this.#config;
    const init = this.#scales();
    const own = this.#options.grown?.own ?? null;
    const code = own === null ? tokenCode(sizes.vocab, this.#codeLength) : { bits: 0, columns: [], length: own.length };
    const bare = this.#streamOf([]);
    const amplitude =
      this.#options.amplitude ??
      (this.#options.grown === null ? null : tidy(QUIET * bare.rms(0, 'typical'))) ??
      tidy(this.#codeLoudness(bare) * init.embed);
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
      blocks,
      stream,
      code,
      names: this.#names,
      outputs: this.#program.outputs,
      outputAmplitudes: this.#outputAmplitudes(outputGain),
    };
    const built = this.#placed.map((placed) => buildHead(model, placed));
    const writers = built.map(({ writer }) => writer);
    layFloors(model, writers);
    const heads = built.map(({ expectation }) => expectation);
    const outputs = this.#program.outputs.map((output): OutputExpectation => {
      if (output.kind !== 'tokens' || outputGain === null || !goesTo(this.#options, output.name).logits)
        return { output, logit: null, probability: null };
      const asked = this.#options.strengths?.get(output.name);
      return asked === undefined
        ? { output, logit: outputGain.logit, probability: outputGain.probability }
        : { output, logit: asked, probability: null };
    });
    const slices = [
      ...embeddingSlices(model, this.#placed),
      // makes weaker heads as weak as they are before they are written
      ...headGainSlices(model, built),
      ...jointNormSlices(model, writers),
      ...built.flatMap(({ expectation, writer }) => writer.slices(expectation.name)),
      ...(outputGain === null ? [] : unembeddingSlices(model, outputGain.unembedding)),
      ...(this.#detector === null ? [] : detectorSlices(model, this.#detector)),
      ...normSlices(model, this.#placed),
      ...writeNormSlices(model, writers),
      ...clearedSlices(model, this.#placed),
    ];
    const rms = every(sizes.layers + 1).map((layer) => stream.rms(layer, 'typical'));
    const last = Math.max(...this.#placed.map(({ layer }) => layer));
    const scales = every(last + 1).map((layer) => ({ first: stream.rms(layer, 'first'), typical: stream.rms(layer, 'typical') }));
    return { config: this.#config, options: this.#options, code, blocks, heads, outputs, rms, scales, slices };
  }

  /**
   * How loud an entry of a token's code is, beside what is drawn. Where embeddings are multiplied they are most of the stream up to the output, and
   * a token's own code would say itself there.
   */
  #codeLoudness(bare: StreamModel): number {
    const { layers } = this.#config.sizes;
    const { embed } = this.#scales();
    // read as it is it need not be heard beside anything
    if (readsRaw(this.#config)) return 1;
    if (embeddingFactor(this.#config) !== 1) return Math.min(2.5, QUIET_CODE * Math.max(1, bare.rms(layers, 'typical') / embed));
    return Math.min(5, Math.max(2.5, bare.rms(Math.min(1, layers), 'typical') / 3 / embed));
  }

  #scales(): InitScales {
    const rules = initRules(this.#config.target);
    const { range } = this.#options;
    const draw = drawOf('output', rules, range, this.#config.sizes);
    const { numbers } = this.#config;
    const write = (draw.kind === 'normal' ? draw.deviation : range) * numbers.writes;
    return { embed: range * embeddingFactor(this.#config), read: range, write };
  }

  /** The reserved dimensions, at the end of the stream. */
  #layOut(amplitude: number, bare: StreamModel): Block[] {
    const { width } = this.#config.sizes;
    const wanted = this.#wanted(amplitude, bare);
    const needed = wanted.reduce((sum, { count }) => sum + count, 0);
    const { grown, beside } = this.#options;
    const room = grown === null ? Math.floor(width / 2) - beside : width - grown.from.width;
    if (needed > room) {
      fail(
        'R7706',
        {
          what: wanted.map(({ name, count }) => `${name} ${count}`).join(' + '),
          needed,
          available: room,
          of: `dimensions, half of the width${beside === 0 ? '' : ` but for ${beside} of compiled circuits`}`,
          instead: LESS,
        },
        { span: this.#placed[0]?.head.span },
      );
    }
    let next = width - needed;
    return wanted.map(({ count, ...block }) => {
      const dims = Array.from({ length: count }, (_, i) => next + i);
      next += count;
      return { ...block, dims };
    });
  }

  #wanted(amplitude: number, bare: StreamModel): WantedBlock[] {
    return wantedBlocks({
      program: this.#program,
      placed: this.#placed,
      config: this.#config,
      options: this.#options,
      detector: this.#detector,
      names: this.#names,
      codeLength: this.#codeLength,
      hasSink: this.#hasSink(),
      amplitude,
      loudness: (layer) => this.#loudness(layer, bare),
      bare,
    });
  }

  get needs(): { readonly groups: number; readonly dims: number } {
    const last = Math.max(...this.#placed.map(({ kvHead }) => kvHead));
    return {
      groups: last + 1 - (this.#options.grown?.from.kvHeads ?? 0),
      dims: this.#wanted(1, { rms: () => 1 }).reduce((sum, { count }) => sum + count, 0),
    };
  }

  /** As loud as the stream is where it is read; hardly anything of it, behind each sublayer, where a model is to stay what it was. */
  #loudness(layer: number, bare: StreamModel): number {
    const read = readsRaw(this.#config) ? this.#scales().embed : bare.rms(layer + 1, 'typical');
    if (this.#options.grown === null) return read;
    return QUIET * Math.min(read, this.#baseline?.[layer]?.neurons?.typical ?? read);
  }

  #hasSink(): boolean {
    return this.#learned || this.#options.bos !== null || this.#detector !== null;
  }

  #stream(blocks: readonly Block[], more: readonly Deposit[]): StreamModel {
    const { bos } = this.#options;
    const own = blocks.map(
      ({ kind, dims, amplitude, written, lastRead }): Deposit => ({
        layer: written,
        energy: isLoud(kind) ? dims.length * amplitude ** 2 : 0,
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
  #outputAmplitudes(gain: { readonly amplitude: number; readonly raw: number } | null): Map<string, number> {
    const amplitudes = new Map<string, number>();
    if (gain === null) return amplitudes;
    for (const { name, kind, head } of this.#program.outputs) {
      if (kind !== 'tokens' || amplitudes.has(head.key)) continue;
      const asked = this.#options.strengths?.get(name);
      amplitudes.set(
        head.key,
        asked === undefined ? gain.amplitude : tidy((gain.amplitude * uncapped(asked, this.#config.numbers.logitCap)) / gain.raw),
      );
    }
    return amplitudes;
  }

  /** How strongly a head writes the token it found into the token block, and how strongly the output reads that block. */
  #outputGain(code: ReturnType<typeof tokenCode>, amplitude: number, blocks: readonly Block[], bare: StreamModel) {
    const writers = this.#placed.filter(({ head }) =>
      this.#program.outputs.some((output) => output.kind === 'tokens' && output.head === head && goesTo(this.#options, output.name).logits),
    );
    if (writers.length === 0) return null;
    const { sizes } = this.#config;
    const length = code.length;
    const spectrum = cosineSpectrum(code);
    const scales = this.#scales();
    const noise = (scales.read * this.#config.numbers.logits) ** 2 * sizes.width;
    // what stood before is taken out as loudly where the first position is found
    const codes = this.#detector === null ? 1 : 2;
    // behind a cap the others' logits are as good as what they were, and the answer's is less
    const { logitCap } = this.#config.numbers;
    const wanted = uncapped(logitFor(spectrum, this.#options.confidence, sizes.vocab, noise, codes), logitCap);
    const quiet = this.#stream(blocks, []);
    const rms = quiet.rms(sizes.layers, 'typical');
    // in a narrow model that would take a write so loud that it drowns the rest of the stream
    const loudest = rms * Math.sqrt(((LOUDEST ** 2 - 1) * sizes.width) / length);
    const { grown } = this.#options;
    const aloud = ANSWER * rms;
    const unembedding = tidy(
      grown !== null
        ? (wanted * rms) / (length * aloud)
        : Math.max((OWN_NOISE * rms) / (amplitude * Math.sqrt(length)), (wanted * LOUDEST * rms) / (length * loudest)),
    );
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
      raw: logit,
      logit: capped(logit, logitCap),
      probability: probabilityOf(spectrum, capped(logit, logitCap), sizes.vocab, noise, codes),
    };
  }
}
