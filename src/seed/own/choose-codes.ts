/** Whether a program's circuits read tokens from the model's own embedding or by new codes in the table, and why. */
import type { ModelConfig } from '../../targets/model-config.ts';
import type { Host } from '../draw/seed-tensors.ts';
import { headSpace } from '../heads/head-space.ts';
import type { OwnCodes, OwnFit } from '../program/own-codes.ts';
import { CLOSE } from '../program/own-codes.ts';
import { contentsOf, earliestLayer } from '../program/place-heads.ts';
import { goesTo, type SeedOptions } from '../program/seed-plan.ts';
import type { MatchHead, SeedProgram } from '../program/seed-program.ts';
import { carried } from './carried.ts';
import { ownCodes } from './own-codes.ts';

/** `auto`: the model's own where they tell tokens apart. */
export const CODE_KINDS = ['auto', 'own', 'reserved'] as const;
export type CodeKind = (typeof CODE_KINDS)[number];

export interface CodesRequest extends Pick<SeedOptions, 'context' | 'bos' | 'dims' | 'places' | 'exports'> {
  readonly codes: CodeKind;
  /** Windows of a text, whose tokens are to be told apart; none: random ones. */
  readonly text: readonly Int32Array[];
}

export interface ChosenCodes {
  /** With its tokens read as was chosen. */
  readonly program: SeedProgram;
  readonly own: OwnCodes | null;
  /** Why codes are reserved where nobody asked for that; null elsewhere. */
  readonly why: string | null;
  /** What was measured; null where nothing was. */
  readonly fit: OwnFit | null;
}

/** Of the tokens of a window so many may have a code that is close to another's. */
const MOST_CLOSE = 0.01;
const LEAST_LENGTH = 12;
const LONGEST = 63;

export function chooseCodes(program: SeedProgram, host: Host, request: CodesRequest): ChosenCodes {
  const reserved = (why: string | null, fit: OwnFit | null = null): ChosenCodes => ({
    program,
    own: null,
    why,
    fit,
  });
  const { codes, bos, context, text, places } = request;
  const readsTokens = program.heads.some((head) => contentsOf(head).some(({ kind }) => kind === 'tokens'));
  if (codes === 'reserved' || !readsTokens) return reserved(null);
  const saying = program.outputs.find(({ name, kind }) => kind === 'tokens' && goesTo(request, name).logits);
  if (saying !== undefined) return reserved(`what \`${saying.name}\` says to the output is written by them`);
  const through = carried(program, places);
  const last = Math.max(
    ...through.heads.map(earliestLayer(through, host.config, { places, bos, context }, { from: host.config.sizes, layers: new Map() })),
  );
  if (last >= host.config.sizes.layers) return reserved('the model has no layer behind the first for what reads its own');
  const length = lengthOf(program, host.config, request);
  if (length < LEAST_LENGTH) return reserved(`its own would have ${length} entries, and ${LEAST_LENGTH} are the least`);
  const own = ownCodes(host, { length, bos, text, context });
  const { close, window, on } = own.fit;
  if (codes === 'auto' && close > MOST_CLOSE) {
    const share = `${(100 * close).toFixed(1)}% of ${on === 'text' ? "a text's tokens" : on} in windows of ${window}`;
    return reserved(
      `by ${length} entries out of its own embedding ${share} are within ${CLOSE} of another, and ${100 * MOST_CLOSE}% is borne`,
      own.fit,
    );
  }
  return { program: through, own, why: null, fit: own.fit };
}

/** As many entries as every match compares, so that what was fitted is what is compared. */
function lengthOf({ heads }: SeedProgram, config: ModelConfig, { dims, context }: CodesRequest): number {
  const { content } = headSpace(config, context);
  const compared = heads
    .filter((head): head is MatchHead => head.kind === 'match')
    // a dimension compares with the sink, and one with a slope over positions
    .map(({ matches, prefers }) => Math.floor((content.length - (prefers === null ? 1 : 2)) / matches.length));
  return Math.min(LONGEST, config.sizes.dim - 1, Math.floor(config.sizes.width / 2) - 2, dims ?? LONGEST, ...compared);
}
