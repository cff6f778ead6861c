/** What a model that is there loses when circuits are written over it: measured before anything is written. */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { changedCheckpoint } from '../../drift/changed-checkpoint.ts';
import { type ChangeCost, costOfChange } from '../../match/compare-checkpoints.ts';
import { randomWindows, textWindows } from '../../match/make-windows.ts';
import { applyChange, type Change } from '../../seed/write/changes.ts';
import { positionsOf } from '../../targets/model-config.ts';
import type { Session } from '../session/session.ts';
import { readWindows, type TextSource } from '../texts/read-windows.ts';

export interface HostCost extends ChangeCost {
  /** Whether it was measured on a text; else on random tokens, whose loss says nothing. */
  readonly isText: boolean;
  /** By how much the loss rises: on the text, or on what the model itself would say next. */
  readonly rise: number;
}

/** Windows, tokens of each, and targets of each. */
const [WINDOWS, POSITIONS, TARGETS] = [4, 48, 16];
const TEXT_WINDOWS = 8;
/** With fewer tokens than this in all, nothing is said of a text. */
const LEAST_TOKENS = 64;

function hostCost(
  session: Session,
  checkpoint: OpenCheckpoint,
  changes: readonly Change[],
  { text, bos, seed }: Pick<HostCostOptions, 'text' | 'bos' | 'seed'>,
): HostCost {
  const { config } = checkpoint;
  const { vocab } = config.sizes;
  const positions = Math.min(POSITIONS, positionsOf(config));
  const windows =
    text === undefined
      ? freshWindows(vocab, positions, bos, seed)
      : textWindows(
          readWindows(session, text, {
            config,
            bos,
            windows: TEXT_WINDOWS,
            positions: Math.min(2 * POSITIONS, positionsOf(config)),
            least: LEAST_TOKENS,
          }),
          2 * TARGETS,
        );
  const edits = new Map(
    checkpoint.tensors.flatMap(({ name, shape }) => {
      const own = changes.filter(({ tensor }) => tensor === name);
      if (own.length === 0) return [];
      return [[name, own.map((change) => (values: Float32Array) => applyChange(change, values, shape[1] ?? 1))] as const];
    }),
  );
  const cost = costOfChange(checkpoint, changedCheckpoint(checkpoint, edits), windows);
  return { ...cost, isText: text !== undefined, rise: text === undefined ? cost.divergence : cost.after - cost.before };
}

/** Nats of a text that are not taken from a model without `--force`. On random tokens a circuit's own answers count as well: that is only told. */
const LIMIT = 0.5;

export interface HostCostOptions {
  readonly text: TextSource | undefined;
  readonly bos: number | null;
  readonly seed: number;
  /** Whether it is told and no more: nothing is going to be written, or the user insists. */
  readonly tellOnly: boolean;
}

/** Says what is lost, names what would keep it where that is much, and refuses where it is too much of a text (R7754). */
export function tellHostCost(session: Session, checkpoint: OpenCheckpoint, changes: readonly Change[], options: HostCostOptions): HostCost {
  const cost = hostCost(session, checkpoint, changes, options);
  if (session.format !== 'json') {
    session.print(hostCostText(cost));
    if (!cost.isText && cost.rise > LIMIT)
      session.print(
        `${session.theme.failure('note')}: that is more than ${LIMIT}; \`raspc graft\` makes room of their own for circuits, and keeps what the model knows`,
      );
  }
  if (cost.isText && cost.rise > LIMIT && !options.tellOnly) fail('R7754', { found: hostCostText(cost), limit: LIMIT });
  return cost;
}

function hostCostText({ isText, before, after, rise, targets }: HostCost): string {
  return isText
    ? `what is overwritten: on the text, the model's loss goes from ${before.toFixed(3)} to ${after.toFixed(3)} nats (${targets} targets)`
    : `what is overwritten: on random tokens, what the model says moves by ${rise.toFixed(3)} nats (${targets} positions; --text FILE measures its loss)`;
}

/** The first halves, in which hardly anything comes again: what circuits say of repeats is no loss. */
export function freshWindows(vocab: number, positions: number, bos: number | null, seed: number): ReturnType<typeof randomWindows> {
  const pool = Int32Array.from({ length: vocab }, (_, id) => id).filter((id) => id !== bos);
  return randomWindows({ count: WINDOWS, positions: 2 * positions, bos, pool, seed }).map(({ kind, ids }) => {
    const first = ids.subarray(0, positions);
    const seen = new Set<number>();
    const targets: number[] = [];
    first.forEach((id, position) => {
      if (!seen.has(id) && position > 0 && position + 1 < first.length) targets.push(position);
      seen.add(id);
    });
    return { kind, ids: first, targets: targets.slice(-TARGETS) };
  });
}
