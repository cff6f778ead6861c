/**
 * Programs as circuits of one model, over what it has: heads over any token are planned, programs over alphabets and classes compiled. Where there
 * are both, each is made for the stream that the other leaves, in dimensions and heads of its own.
 */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { roundedSlices } from '../../seed/draw/rounded.ts';
import type { Host } from '../../seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../seed/draw/slices.ts';
import { planSeed } from '../../seed/plan-seed.ts';
import type { TakenRoom } from '../../seed/program/circuit-room.ts';
import { assertExported, headStrengths } from '../../seed/program/export-request.ts';
import { findsFirst } from '../../seed/program/place-heads.ts';
import { recognize, type SeedSource } from '../../seed/program/recognize.ts';
import { IN_PLACE, type SeedOptions, type SeedPlan } from '../../seed/program/seed-plan.ts';
import type { SeedProgram } from '../../seed/program/seed-program.ts';
import { changesOf } from '../../seed/write/changes.ts';
import { changedHost } from '../../seed/write/checkpoint-host.ts';
import { seedFacts } from '../../seed/write/pack-seed.ts';
import { positionsOf } from '../../targets/model-config.ts';
import { assertApart, factsOfBoth, namesOf, requestsFor } from './both-kinds.ts';
import {
  type AlphabetOptions,
  type AlphabetSeed,
  alphabetContext,
  alphabetDims,
  alphabetFacts,
  compileAlphabets,
  isAlphabet,
  seedAlphabets,
} from './seed-alphabet.ts';
import { checkReach, firstToken, type Like } from './seed-host.ts';
import { requestsOf, type SeedCommandOptions } from './seed-options.ts';
import { aboutOf } from './seed-sources.ts';

/** What is to be seeded, and into what. */
export interface Given {
  readonly host: Host;
  readonly like: Like;
  readonly sources: readonly SeedSource[];
  /** What the weights are stored as. */
  readonly dtype: SeedMap['dtype'];
  /** Whether the model is made here. */
  readonly isNew: boolean;
}

export interface SeededCircuits {
  /** Of programs over any token; null where there is none. */
  readonly plan: SeedPlan | null;
  /** Of programs over alphabets and classes of tokens; null where there is none. */
  readonly compiled: AlphabetSeed | null;
  readonly slices: readonly RoleSlice[];
  readonly facts: Omit<SeedMap, 'files'>;
}

export function planSources(options: SeedCommandOptions, given: Given): SeededCircuits {
  const { sources, host, dtype } = given;
  const alphabets = sources.filter(isAlphabet);
  const others = sources.filter((source) => !isAlphabet(source));
  const whole =
    others.length === 0
      ? { plan: null, compiled: seedAlphabets(alphabets, host, compiling(options, given, alphabets)) }
      : alphabets.length === 0
        ? { plan: rounded(planSeed(...planning(options, given)), dtype), compiled: null }
        : planBoth(options, given, others, alphabets);
  const { compiled } = whole;
  const plan = whole.plan !== null && options.unseeded ? withoutCircuits(whole.plan) : whole.plan;
  const about = aboutOf(sources);
  const { seed } = options;
  const planned = plan === null ? null : seedFacts(plan, given.isNew ? seed : null, dtype, about);
  const drawn = given.isNew ? { seed, range: given.like.range } : null;
  const made = compiled === null ? null : alphabetFacts(compiled, drawn, dtype, about);
  const facts = factsOfBoth(planned, made, whole.plan === null ? null : takenBy(whole.plan));
  if (options.unseeded) return { plan, compiled, slices: [], facts: compiled === null ? facts : bare(facts) };
  return { plan, compiled, slices: [...(plan?.slices ?? []), ...(compiled?.seed.slices ?? [])], facts };
}

/** The plan of a model in which nothing is programmed. */
function withoutCircuits(plan: SeedPlan): SeedPlan {
  return { ...plan, blocks: [], heads: [], outputs: [], slices: [] };
}

function bare(facts: SeededCircuits['facts']): SeededCircuits['facts'] {
  return { ...facts, variables: [], heads: [], circuits: [], cleared: [], features: [], says: [] };
}

function rounded(plan: SeedPlan, dtype: SeedMap['dtype']): SeedPlan {
  return { ...plan, slices: roundedSlices(plan.slices, dtype, plan.config) };
}

/** What heads over any token are planned with. Diagnostics: R7104, R7717. */
function planning(options: SeedCommandOptions, { sources, host, like }: Given): [SeedProgram, Host, SeedOptions] {
  const { config } = host;
  const program = recognize(sources);
  const scoring = program.outputs.flatMap(({ name, kind }) => (kind === 'tokens' ? [name] : []));
  const context = Math.min(options.context ?? positionsOf(config), positionsOf(config));
  checkReach(config, context);
  const { range } = like;
  return [
    program,
    host,
    {
      mode: options.mode,
      context,
      range,
      amplitude: options.amplitude ?? null,
      margin: options.margin ?? null,
      dims: options.dims ?? null,
      confidence: options.confidence,
      strengths: headStrengths(program, requestsOf(options, scoring)),
      places: options.place ?? new Map(),
      bos: firstToken({ ...like, config }, options, findsFirst(program, config, context)),
      ...IN_PLACE,
    },
  ];
}

/** What programs over alphabets are compiled with. Diagnostics: R7716. */
function compiling(options: SeedCommandOptions, { host, like, dtype }: Given, alphabets: readonly SeedSource[]): AlphabetOptions {
  const { config } = host;
  const bos = firstToken({ ...like, config }, options, false);
  if (config.traits.positions.kind === 'rotary' && bos === null) fail('R7716', { architecture: config.target.architecture });
  const { seed, context = null } = options;
  const { range } = like;
  return { context: alphabetContext(alphabets, config, context), range, bos, seed, requests: requestsOf(options, []), dtype };
}

/**
 * Compiled circuits are louder than everything else, so that the scale is steady, the codes of tokens included: heads are planned for how loud these
 * are, circuits compiled around them, and both once more, each in the stream that the other leaves. Codes stay as loud as they were.
 */
function planBoth(
  options: SeedCommandOptions,
  given: Given,
  others: readonly SeedSource[],
  alphabets: readonly SeedSource[],
): Pick<SeededCircuits, 'plan' | 'compiled'> & { readonly plan: SeedPlan } {
  assertApart(others, alphabets);
  const all = requestsOf(options, []);
  assertExported(all, namesOf(given.sources));
  const { host, dtype } = given;
  const { config } = host;
  const asked = { ...compiling(options, given, alphabets), requests: requestsFor(all, alphabets) };
  const context = (asked.context ?? 0) + 1;
  // a strength without a name is of the heads, which are at the output anyway
  const names = new Set(namesOf(others));
  const ofHeads = <Value>(by: ReadonlyMap<string, Value> | undefined) =>
    new Map([...(by ?? [])].filter(([name]) => name === '' || names.has(name)));
  const own = { ...options, context, export: ofHeads(options.export), strength: ofHeads(options.strength) };
  const [program, , plain] = planning(own, { ...given, sources: others });
  const beside = alphabetDims(alphabets, config, asked);
  const heads: SeedOptions = { ...plain, bos: asked.bos, beside };
  const around = (slices: readonly RoleSlice[]): Host => ({ ...changedHost(host, changesOf(config, slices)), isDrawn: false });
  const alone = planSeed(program, host, heads);
  const first = compileAlphabets(alphabets, around(alone.slices), { ...asked, taken: takenBy(alone) });
  const { amplitude } = alone.blocks.find(({ kind }) => kind === 'tokens') ?? plain;
  const plan = rounded(planSeed(program, around(first.slices), { ...heads, amplitude }), dtype);
  const compiled = seedAlphabets(alphabets, around(plan.slices), { ...asked, taken: takenBy(plan) });
  return { plan, compiled };
}

function takenBy({ config, blocks, heads }: SeedPlan): TakenRoom {
  const dims = blocks.reduce((sum, block) => sum + block.dims.length, 0);
  return { end: config.sizes.width - dims, kvHead: 1 + Math.max(...heads.map(({ placed }) => placed.kvHead)) };
}
