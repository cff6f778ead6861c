/** From a plan to the circuit map: which dimensions, heads and entries each circuit has. */
import { CODES_FILE, type SeedCircuit, type SeedFeatureRecord, type SeedMap, type SeedSlice } from '../../checkpoint/map/seed/seed-map.ts';
import { formatSpan, type Span } from '../../source/source-file.ts';
import { streamAxes } from '../../targets/stream-axes.ts';
import { type StoredSlice, storedRanges, storedSlices } from '../draw/seed-tensors.ts';
import { inputsOf } from '../program/place-heads.ts';
import { goesTo, type SeedPlan } from '../program/seed-plan.ts';
import type { SeedHead, SeedOutput } from '../program/seed-program.ts';

/** A head and all that it reads, directly or not. */
function neededBy(head: SeedHead): SeedHead[] {
  return [...inputsOf(head).flatMap(neededBy), head];
}

export function sliceOf(stored: StoredSlice): SeedSlice {
  return { tensor: stored.tensor.name, ...storedRanges(stored) };
}

/** The part of the map that follows from the plan. */
export function describeSeed(
  plan: SeedPlan,
): Pick<
  SeedMap,
  'target' | 'context' | 'bos' | 'code' | 'variables' | 'heads' | 'circuits' | 'cleared' | 'features' | 'stream' | 'scales'
> {
  const stored = [...storedSlices(plan.config, plan.slices).values()].flat();
  const nameOf = new Map(plan.heads.map(({ name, placed }) => [placed.head.key, name]));
  const circuits = plan.outputs.map(({ output, logit }): SeedCircuit => {
    const needed = new Set(neededBy(output.head).map(({ key }) => key));
    const heads = plan.heads.filter(({ placed }) => needed.has(placed.head.key)).map(({ name }) => name);
    const own = stored.filter(
      ({ slice }) => slice.purpose === 'programmed' && slice.circuits.some((circuit) => heads.includes(circuit) || circuit === output.name),
    );
    return {
      name: output.name,
      kind: output.kind === 'tokens' && !goesTo(plan.options, output.name).logits ? 'answer' : output.kind,
      span: spanOf(output.span),
      heads,
      dims: plan.blocks.filter(({ head }) => head === null || needed.has(head)).flatMap(({ dims }) => dims),
      slices: own.map(sliceOf),
      promise: null,
      ...(logit !== null && logit < 0 ? { strength: logit } : {}),
    };
  });
  return {
    target: plan.config.target.name,
    context: plan.options.context,
    bos: plan.options.bos === null ? null : { id: plan.options.bos },
    code: codeOf(plan),
    variables: plan.blocks.map(({ name, kind, dims, amplitude, written, lastRead }) => ({
      name,
      encoding: kind,
      dims,
      amplitude,
      written,
      lastRead,
    })),
    heads: plan.heads.flatMap(({ placed, scaleLimit }) =>
      placed.queryHeads.map((head) => ({
        layer: placed.layer,
        head,
        name: nameOf.get(placed.head.key) as string,
        span: spanOf(placed.head.span),
        after: placed.head.kind === 'match' ? placed.head.after : 0,
        streamAtMost: Number.isFinite(scaleLimit) ? scaleLimit * (plan.rms[placed.layer] as number) : null,
      })),
    ),
    circuits,
    cleared: stored.filter(({ slice }) => slice.purpose === 'cleared').map(sliceOf),
    features: plan.outputs.flatMap(({ output }) => tokensFeature(plan, output)),
    stream: streamAxes(plan.config.target),
    scales: { attention: plan.scales, mlp: [] },
  };
}

/** A code of ±1 that follows from a token's number, or what the model's own embedding gives, which a file says. */
function codeOf({ code: { bits, columns }, options: { grown } }: SeedPlan): SeedMap['code'] {
  const own = grown?.own ?? null;
  return own === null ? { bits, columns } : { bits, columns, file: CODES_FILE, rows: own.codeOf };
}

/** How an answer that is left in the stream is read. */
function tokensFeature({ blocks, options, heads }: SeedPlan, { name, kind, head }: SeedOutput): SeedFeatureRecord[] {
  if (kind !== 'tokens' || !goesTo(options, name).feature) return [];
  const dims = blocks.find((block) => block.kind === 'moved' && block.head === head.key)?.dims ?? [];
  const after = (heads.find(({ placed }) => placed.head === head)?.placed.layer ?? 0) + 1;
  const read = { codes: [], weights: [], per: [], scale: 1, offset: 0 };
  return [{ name, type: 'int', kind: 'tokens', after, dims, ...read, positions: options.bos === null ? 'all' : 'from 1' }];
}

export function spanOf(span: Span | null): string {
  return span === null ? '' : formatSpan(span);
}
