/**
 * What depends on a head: the model is run again with the head attending as the program selects, and with the head saying the same
 * everywhere, what it says in the mean. All such runs go through the layers together, so that a layer is read once.
 */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { buildLayer } from '../../runtime/layer.ts';
import { attentionOf } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Scratch } from '../../tensor/scratch.ts';
import { eachQuery, type Ideals } from '../candidate.ts';
import { type Interval, meanInterval, shareInterval } from '../interval.ts';
import { fitOf } from '../pattern-fit.ts';
import { readLayerRoles } from '../read-roles.ts';
import { type Block, embedBlock, type Window } from './block.ts';
import { logProbabilities } from './log-probabilities.ts';
import { type HeadEdit, LayerRunner, type Pattern } from './run-layer.ts';

/** Of a head, or of a neuron with its class in the place of the program. */
export interface HeadEffect {
  readonly windows: number;
  readonly targets: number;
  /** Of the model as it is, in nats. */
  readonly loss: number;
  /** By how much the loss rises when the head attends as the program selects, and when it says the same everywhere. */
  readonly replaced: Interval;
  readonly ablated: Interval;
  /** How far what the model says moves then, by the Kullback-Leibler divergence in nats. */
  readonly replacedDivergence: number;
  readonly ablatedDivergence: number;
  /** The share of that which the program's pattern makes good: 1 where it does all that the head does. */
  readonly explained: Interval;
}

/** One head that is made to attend as a program selects. */
export interface Planned {
  readonly layer: number;
  readonly head: number;
  readonly ideals: Ideals;
}

/** What a head attends to when another one says the same everywhere. */
export interface Dependence {
  readonly from: number;
  readonly to: number;
  readonly overlap: number;
  readonly without: number;
}

export interface Variant {
  readonly plan: number;
  readonly isAblated: boolean;
  readonly stream: Float32Array;
}

export interface Intervention {
  /** Of each plan; null where the program selected nothing in these windows. */
  readonly effects: readonly (HeadEffect | null)[];
  /** From and to are numbers of plans. */
  readonly dependences: readonly Dependence[];
}

/** So many numbers of log-probabilities are in memory at a time. */
const ROOM = 2 ** 26;

export function intervene(
  checkpoint: OpenCheckpoint,
  block: Block,
  plans: readonly Planned[],
  passed: (layer: number) => void,
): Intervention {
  const { config } = checkpoint;
  const { stream: base } = embedBlock(checkpoint, block, new Int32Array(0));
  const runner = new LayerRunner(config, block);
  const scratch = new Scratch();
  const variants: Variant[] = [];
  const overlaps = new Map<number, number>();
  const dependences: Dependence[] = [];
  for (let layer = 0; layer < config.sizes.layers; layer++) {
    const roles = readLayerRoles(checkpoint, layer, scratch);
    const built = buildLayer(config, 'f32', roles, attentionOf(config, layer));
    const own = plans.flatMap((plan, number) => (plan.layer === layer ? [{ ...plan, number }] : []));
    const begun: Variant[] = [];
    const watch = (head: number, patterns: readonly Pattern[], tell: (plan: number, overlap: number) => void): void => {
      for (const plan of own) {
        if (plan.head !== head) continue;
        const fit = fitOf(patterns, block.windows, plan.ideals, null);
        if (fit !== null) tell(plan.number, fit.overlap);
      }
    };
    const before = own.length === 0 ? null : base.slice();
    const edits = new Map<number, HeadEdit>();
    runner.run(built, base, {
      see(head, patterns) {
        watch(head, patterns, (plan, overlap) => overlaps.set(plan, overlap));
        for (const plan of own) if (plan.head === head) edits.set(plan.number, programmed(patterns, block.windows, plan.ideals));
      },
    });
    for (const variant of variants) {
      runner.run(built, variant.stream, {
        see(head, patterns) {
          if (!variant.isAblated) return;
          watch(head, patterns, (to, without) => {
            dependences.push({ from: variant.plan, to, overlap: overlaps.get(to) ?? 0, without });
          });
        },
      });
    }
    for (const { number, head } of own) {
      for (const isAblated of [false, true]) {
        const edit: HeadEdit | undefined = isAblated ? { kind: 'mean' } : edits.get(number);
        if (edit === undefined || before === null) continue;
        const stream = before.slice();
        runner.run(built, stream, { edits: new Map([[head, edit]]) });
        begun.push({ plan: number, isAblated, stream });
      }
    }
    variants.push(...begun);
    passed(layer + 1);
  }
  const used = plans.map(({ ideals }) =>
    block.windows.flatMap(({ targets }, w) => (targets.length > 0 && (ideals.windows[w]?.queries.length ?? 0) > 0 ? [w] : [])),
  );
  return { effects: effectsOf(checkpoint, block, used, base, variants), dependences };
}

/** The program's pattern with the head's own sink: what is not there goes evenly to what is selected, or to the first position where nothing is. */
function programmed(patterns: readonly Pattern[], windows: readonly Window[], ideals: Ideals): HeadEdit {
  return {
    kind: 'pattern',
    patterns: windows.map(({ ids: { length } }, w) => {
      const ideal = ideals.windows[w] ?? null;
      const own = patterns[w];
      if (ideal === null || own === undefined) return null;
      const made = own.slice();
      eachQuery(ideal, (query, keys) => {
        const row = query * length;
        const toFirst = ideals.atFirst ? 0 : numberAt(own, row);
        made.fill(0, row, row + length);
        made[row] = toFirst;
        for (const key of keys) made[row + key] = (made[row + key] ?? 0) + (1 - toFirst) / keys.length;
      });
      for (const query of ideal.silent) {
        made.fill(0, query * length, (query + 1) * length);
        made[query * length] = 1;
      }
      return made;
    }),
  };
}

/** @param used of each plan the windows that tell; null is the effect of one with none */
export function effectsOf(
  checkpoint: OpenCheckpoint,
  block: Block,
  used: readonly (readonly number[])[],
  base: Float32Array,
  variants: readonly Variant[],
): (HeadEffect | null)[] {
  const { outputs } = checkpoint.config.sizes;
  const count = block.windows.reduce((sum, { targets }) => sum + targets.length, 0);
  if (count === 0 || variants.length === 0) return used.map(() => null);
  const [before = new Float32Array(0)] = logProbabilities(checkpoint, block, [base]);
  const told = new Map<string, Told>();
  const each = Math.max(1, Math.floor(ROOM / (count * outputs)));
  for (let from = 0; from < variants.length; from += each) {
    const some = variants.slice(from, from + each);
    logProbabilities(
      checkpoint,
      block,
      some.map(({ stream }) => stream),
    ).forEach((said, i) => {
      const variant = some[i];
      if (variant !== undefined) told.set(`${variant.plan} ${variant.isAblated}`, compare(block, before, said, outputs));
    });
  }
  return used.map((own, plan) => {
    const [replaced, ablated] = [told.get(`${plan} false`), told.get(`${plan} true`)];
    if (replaced === undefined || ablated === undefined || own.length === 0) return null;
    const of = (values: readonly number[]): number[] => own.map((w) => numberAt(values, w));
    const mean = (values: readonly number[]): number => of(values).reduce((a, b) => a + b, 0) / own.length;
    return {
      windows: own.length,
      targets: own.reduce((sum, w) => sum + (block.windows[w]?.targets.length ?? 0), 0),
      loss: mean(replaced.loss),
      replaced: meanInterval(of(replaced.rise)),
      ablated: meanInterval(of(ablated.rise)),
      replacedDivergence: mean(replaced.divergence),
      ablatedDivergence: mean(ablated.divergence),
      explained: shareInterval(of(replaced.divergence), of(ablated.divergence)),
    };
  });
}

/** A number a window. */
interface Told {
  readonly loss: readonly number[];
  readonly rise: readonly number[];
  readonly divergence: readonly number[];
}

function compare(block: Block, own: Float32Array, said: Float32Array, outputs: number): Told {
  const [loss, rise, divergence]: [number[], number[], number[]] = [[], [], []];
  let at = 0;
  for (const { ids, targets } of block.windows) {
    let [lost, rises, moved] = [0, 0, 0];
    for (const target of targets) {
      const next = at * outputs + numberAt(ids, target + 1);
      lost -= numberAt(own, next);
      rises += numberAt(own, next) - numberAt(said, next);
      for (let i = at * outputs; i < (at + 1) * outputs; i++) {
        const ours = own[i] ?? 0;
        moved += Math.exp(ours) * (ours - (said[i] ?? 0));
      }
      at++;
    }
    const n = Math.max(1, targets.length);
    loss.push(lost / n);
    rise.push(rises / n);
    divergence.push(Math.max(0, moved / n));
  }
  return { loss, rise, divergence };
}
