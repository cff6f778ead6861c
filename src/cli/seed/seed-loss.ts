/** What a seed costs a model before it is trained: its loss on random tokens, beside that of the same model without circuits. */

import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { philox } from '../../seed/draw/philox.ts';
import type { Host } from '../../seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../seed/draw/slices.ts';
import { lossOf } from '../../seed/host/run-host.ts';
import { MOST_LOST, usualStrength } from '../../seed/program/export-request.ts';
import { positionsOf } from '../../targets/model-config.ts';
import type { Session } from '../session/session.ts';

/** What a seed costs the model beside its unseeded twin, in nats. */
export interface SeedLoss {
  readonly seeded: number;
  readonly twin: number;
}

const LENGTH = 48;
const SEQUENCES = 2;
/** How many multiplications both runs may take where nothing else needs the whole model, and where a text was given to measure it on. */
const [BUDGET, TEXT_BUDGET] = [2e9, 2e10];

type Facts = Pick<SeedMap, 'bos' | 'says' | 'tokens'>;
type Saying = readonly { readonly code?: unknown }[] | undefined;

/** How many multiplications a plan of heads may take for it. */
export function lossBudget(hasText: boolean): number {
  return hasText ? TEXT_BUDGET : BUDGET;
}

/** Null where the model is too large to be run for it. */
export function measuredLoss(
  { bos, says }: Facts,
  host: Host,
  slices: readonly RoleSlice[],
  number: number,
  budget = Number.POSITIVE_INFINITY,
): SeedLoss | null {
  const { vocab, layers, width, hidden } = host.config.sizes;
  const length = Math.min(LENGTH, positionsOf(host.config));
  const ofSequence = length * layers * width * (4 * width + 3 * hidden);
  const sequences = Math.min(SEQUENCES, Math.floor(budget / (2 * ofSequence)));
  if (sequences === 0) return null;
  const words = new Uint32Array(4);
  const batch = Array.from({ length: sequences }, (_, s) =>
    Int32Array.from({ length }, (_, i) => {
      if (i === 0 && bos !== null) return bos.id;
      philox(i, number, s + 1, words);
      return (words[0] as number) % vocab;
    }),
  );
  // what is said takes from all others
  const named = (says ?? []).flatMap(({ values }) => values.flatMap(({ ids }) => ids));
  return { seeded: lossOf(host, slices, batch, named), twin: lossOf(host, [], batch, named) };
}

/**
 * What a plan says of it, with what would do where it is more than a seed should cost.
 *
 * @param says what is said to the output: the strength that costs enough is known where no token is said by its code, which others hear, too
 */
export function printLoss(session: Session, on: string, loss: SeedLoss | null, vocab: number, says: Saying): void {
  if (loss === null) {
    session.print(`  loss on ${on} not measured: the model is too large to be run for a plan; \`--text FILE\` measures it on a text`);
    return;
  }
  const more = loss.seeded - loss.twin;
  session.print(
    `  loss on ${on} ${loss.seeded.toFixed(3)} nats, ${more < 0 ? '' : '+'}${more.toFixed(3)} beside the same model without circuits`,
  );
  if (!(more > MOST_LOST)) return;
  const quieter = (says ?? []).some(({ code }) => code != null)
    ? 'costs less with a smaller `--strength`'
    : `costs no more with \`--strength ${usualStrength(vocab, 1).toFixed(1)}\``;
  session.print(
    `  ${session.theme.failure('note')}: that is more than ${MOST_LOST}; what is said to the output ${quieter}, and a wider model, or fewer exports, cost less`,
  );
}
