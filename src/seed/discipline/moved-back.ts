/** What stood so many positions back: a head for each distance, and another for what follows from what it has moved. */
import type { Form, NeuronGroup, Register } from '../../circuit/circuit.ts';
import { formKey } from '../../circuit/form.ts';
import type { LoweringSource, PendingHead } from './lowering-source.ts';
import { formsOf } from './prune.ts';

export class MovedBack {
  readonly #lowering: LoweringSource;
  readonly #attentionTo: (by: number) => Omit<PendingHead, 'name' | 'spans' | 'values'>;
  readonly #moved = new Map<string, Form>();
  readonly #heads = new Map<number, PendingHead[]>();

  /** @param attentionTo the scores of a head that finds what stands at a distance */
  constructor(lowering: LoweringSource, attentionTo: (by: number) => Omit<PendingHead, 'name' | 'spans' | 'values'>) {
    this.#lowering = lowering;
    this.#attentionTo = attentionTo;
  }

  /** What stood `by` positions back, and where there is no such position nothing, or another number. */
  form(form: Form, by: number, otherwise = 0): Form {
    if (by === 0) return form;
    const lowering = this.#lowering;
    const pinned = lowering.pinned(form, otherwise);
    const key = `${by} ${formKey(pinned)}`;
    const known = this.#moved.get(key);
    if (known !== undefined) return known;
    const head = this.#headFor(pinned, by);
    const register = lowering.newRegister(head.name, null, null, 'features');
    const moved = lowering.addFeature(register, null, otherwise);
    head.values.push({ form: pinned, write: { register, feature: 0, weight: 1 } });
    this.#moved.set(key, moved);
    return moved;
  }

  #headFor(form: Form, by: number): PendingHead {
    const heads = this.#heads.get(by) ?? [];
    this.#heads.set(by, heads);
    const found = heads.find((each) => !this.#lowering.isBehind(form, each));
    if (found !== undefined) return found;
    const name = by === 1 ? 'previous' : `${by} back`;
    const head = this.#lowering.addHead({ name, spans: [], values: [], ...this.#attentionTo(by) });
    heads.push(head);
    return head;
  }
}

/** Whether a form follows from what a head writes. */
export function isBehind(form: Form, head: PendingHead, heads: readonly PendingHead[], groups: readonly NeuronGroup[]): boolean {
  const known = new Set<Register>();
  const pending = [form];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const { register } of at.terms) {
      if (known.has(register)) continue;
      known.add(register);
      const own = heads.filter(({ values }) => values.some(({ write }) => write.register === register));
      if (own.includes(head)) return true;
      const neurons = groups.filter(({ base, steps }) =>
        [...base, ...steps.flatMap(({ writes }) => writes)].some((write) => write.register === register),
      );
      pending.push(...own.flatMap((each) => formsOf({ kind: 'head', ...each })), ...neurons.flatMap(formsOf));
    }
  }
  return false;
}
