/** Programs of both kinds as circuits of one larger model: heads over any token are planned, everything else is compiled, each in room of its own. */

import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { RoleSlice } from '../../seed/draw/slices.ts';
import { type Graft, NO_NEEDS, planGraft } from '../../seed/grow/plan-graft.ts';
import type { Needs } from '../../seed/program/circuit-room.ts';
import { type ExportPlace, type ExportRequest, headStrengths } from '../../seed/program/export-request.ts';
import { recognize, type SeedSource } from '../../seed/program/recognize.ts';
import type { SeedProgram } from '../../seed/program/seed-program.ts';
import { checkpointHost } from '../../seed/write/checkpoint-host.ts';
import { seedFacts } from '../../seed/write/pack-seed.ts';
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { assertApart, factsOfBoth, namesOf, requestsFor } from '../seed/both-kinds.ts';
import { type AlphabetSeed, alphabetFacts, alphabetNeeds, isAlphabet, seedAlphabets } from '../seed/seed-alphabet.ts';
import { checkReach, firstToken, type OpenHost } from '../seed/seed-host.ts';
import { requestsOf } from '../seed/seed-options.ts';
import { aboutOf } from '../seed/seed-sources.ts';
import type { Session } from '../session/session.ts';
import { readWindows } from '../texts/read-windows.ts';
import { type GraftCommandOptions, textOf } from './graft-options.ts';

export interface GraftedCircuits {
  readonly graft: Graft;
  /** Circuits of programs over small alphabets and classes of tokens; null where there is none. */
  readonly compiled: AlphabetSeed | null;
  readonly slices: readonly RoleSlice[];
  /** Tokens over which all circuits have to hold, what stands first counted. */
  readonly context: number;
  readonly bos: number | null;
  /** The part of the map that follows from the circuits. */
  readonly facts: Omit<SeedMap, 'files'>;
}

/** A context of a compiled circuit that is not said, what stands first not counted. */
const USUAL_CONTEXT = 64;

/** @param text config.json of the model that is there */
export function planCircuits(
  session: Session,
  options: GraftCommandOptions,
  open: OpenHost,
  sources: readonly SeedSource[],
  text: string,
  dtype: Dtype,
): GraftedCircuits {
  const { config } = open.checkpoint;
  const alphabets = sources.filter(isAlphabet);
  const others = sources.filter((source) => !isAlphabet(source));
  const program = others.length === 0 ? null : recognize(others);
  assertApart(others, alphabets);
  const requests = requestsOf(options, program === null ? [] : tokensOf(program));
  const known = namesOf(sources);
  for (const name of requests.keys()) if (!known.includes(name)) fail('R7704', { name, suggestion: null, known });
  const context = contextOf(options, alphabets, config);
  checkReach(config, context);
  const bos = bosOf(options, open, program, text, alphabets.length > 0);
  const ofAlphabets = requestsFor(requests, alphabets);
  const asked = { context: context - 1, requests: ofAlphabets };
  const beside = alphabets.length === 0 ? NO_NEEDS : alphabetNeeds(alphabets, config, asked);
  const graft = planHeads(session, options, open, { program, requests, context, bos, beside, text });
  const compiled =
    alphabets.length === 0
      ? null
      : seedAlphabets(alphabets, graft.host, { ...asked, range: RANGE, bos, seed: options.seed, dtype, room: graft.room });
  return {
    graft,
    compiled,
    slices: [...(graft.plan?.slices ?? []), ...(compiled?.seed.slices ?? [])],
    context,
    bos,
    facts: factsOf(graft, compiled, dtype, sources),
  };
}

/** What nothing of a model that is there depends on. */
const RANGE = 0.02;

function contextOf({ context }: GraftCommandOptions, alphabets: readonly SeedSource[], config: ModelConfig): number {
  const room = positionsOf(config);
  if (alphabets.length === 0 || context !== undefined) return Math.min(context ?? room, room);
  return Math.min(1 + Math.max(...alphabets.map(({ program }) => program.context?.length ?? USUAL_CONTEXT)), room);
}

function tokensOf(program: SeedProgram): string[] {
  return program.outputs.filter(({ kind }) => kind === 'tokens').map(({ name }) => name);
}

/** The token that stands first in every window. Diagnostics: R7716. */
function bosOf(
  options: GraftCommandOptions,
  { checkpoint: { config } }: OpenHost,
  program: SeedProgram | null,
  text: string,
  compiles: boolean,
): number | null {
  const raw = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const own = typeof raw.bos_token_id === 'number' && raw.bos_token_id < config.sizes.vocab ? raw.bos_token_id : null;
  // what matches nothing goes to a token that stands first, and without one to whatever is nearest, which only a value of its own may hold
  const matches = (program?.heads ?? []).filter(({ kind }) => kind === 'match');
  const usual = firstToken({ config, bos: own }, options, matches.length === 0);
  // the beginning of a text is told by what stands there, whose own dimensions are too quiet to drown another token
  const bos = compiles && options.bos !== false ? (usual ?? own) : usual;
  const isLoud =
    compiles ||
    matches.some((head) => head.kind === 'match' && head.moves.kind === 'presence') ||
    [...(options.export?.values() ?? [])].some((place) => place !== 'feature');
  const isLost = compiles || (matches.length > 0 && config.traits.positions.kind === 'rotary');
  if (isLoud && isLost && bos === null) fail('R7716', { architecture: config.target.architecture });
  return bos;
}

interface HeadParts {
  readonly program: SeedProgram | null;
  readonly requests: ReadonlyMap<string, ExportRequest>;
  readonly context: number;
  readonly bos: number | null;
  readonly beside: Needs;
  readonly text: string;
}

function planHeads(session: Session, options: GraftCommandOptions, open: OpenHost, parts: HeadParts): Graft {
  const { program, requests, context, bos, beside, text } = parts;
  const tokens = program === null ? [] : tokensOf(program);
  const asked = options.export ?? new Map<string, ExportPlace>();
  for (const { name } of program?.outputs ?? []) {
    const place = asked.get(name) ?? 'feature';
    if (!tokens.includes(name) && place !== 'feature')
      fail('R8004', { option: '--export', value: `${name}=${place}`, expected: `\`${name}=feature\`, since it is no token` });
  }
  const own = new Set(program?.outputs.map(({ name }) => name));
  // where an answer goes is said below, how strong it is here
  const strengths = new Map([...requests].flatMap(([name, each]) => (own.has(name) ? [[name, { ...each, place: null }] as const] : [])));
  const graft = planGraft(program, checkpointHost(open.checkpoint), text, {
    mode: options.mode,
    context,
    range: RANGE,
    amplitude: null,
    margin: options.margin ?? null,
    dims: options.dims ?? null,
    confidence: options.confidence,
    strengths: program === null ? new Map() : headStrengths(program, strengths),
    places: options.place ?? new Map(),
    bos,
    exports: new Map(tokens.map((name) => [name, asked.get(name) ?? (strengths.get(name)?.strength == null ? 'feature' : 'logits')])),
    codes: options.codes,
    ...probeOf(session, options, open, bos),
    dtype: options.dtype ?? null,
    beside,
  });
  const { codes } = graft;
  if (options.codes === 'own' && codes?.own === null && codes.why !== null)
    fail('R8004', { option: '--codes', value: 'own', expected: `\`reserved\` here, since ${codes.why}` });
  return graft;
}

function factsOf(graft: Graft, compiled: AlphabetSeed | null, dtype: Dtype, sources: readonly SeedSource[]): Omit<SeedMap, 'files'> {
  const about = aboutOf(sources);
  const planned = graft.plan === null ? null : seedFacts(graft.plan, null, dtype, about);
  return factsOfBoth(planned, compiled === null ? null : alphabetFacts(compiled, null, dtype, about));
}

/** Tokens on which the stream is measured, and windows of a text of which all tokens are to be told apart. */
const PROBE = 128;
const KNOWN = 64;

/** The beginning of the text, or tokens from all over the vocabulary. */
function probeOf(
  session: Session,
  options: GraftCommandOptions,
  { checkpoint: { config }, folder }: OpenHost,
  bos: number | null,
): { readonly probe: Int32Array; readonly text: readonly Int32Array[] } {
  const positions = Math.min(PROBE, positionsOf(config));
  const text = textOf(options, folder.path);
  if (text !== undefined) {
    const read = readWindows(session, text, { config, bos, windows: KNOWN, positions, least: 2 });
    const [probe] = read;
    if (probe !== undefined) return { probe, text: read };
  }
  return { probe: spreadTokens(config, positions, bos), text: [] };
}

function spreadTokens({ sizes: { vocab } }: ModelConfig, positions: number, bos: number | null): Int32Array {
  // a step that shares no factor with most sizes, so that neighbours in the window are none in the vocabulary
  const step = 7919;
  return Int32Array.from({ length: positions }, (_, i) =>
    i === 0 && bos !== null ? bos : ((i + 1) * step + Math.floor(vocab / 2)) % vocab,
  );
}
