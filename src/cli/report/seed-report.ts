/** A seed's plan as people and programs read it: where its circuits lie, what they take of the model, and what is expected of them. */

import type { HeadExpectation, SeedPlan } from '../../seed/program/seed-plan.ts';
import { withCommas } from '../../source/with-commas.ts';
import { storedTensors } from '../../targets/model-config.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';

/** A head that loses more of its attention is of no use. */
const UNRELIABLE = 0.1;

interface Shares {
  readonly parameters: number;
  readonly bytes: number;
  readonly heads: { readonly used: number; readonly of: number };
  readonly neurons: { readonly used: number; readonly of: number };
  readonly dims: { readonly used: number; readonly of: number };
  readonly programmed: number;
}

function sharesOf({ config, heads, blocks, slices }: SeedPlan): Shares {
  let parameters = 0;
  for (const { shape } of storedTensors(config)) parameters += shape.reduce((product, length) => product * length, 1);
  const entries = slices
    .filter(({ purpose }) => purpose === 'programmed')
    .reduce((sum, { indices }) => sum + indices.reduce((product, list) => product * list.length, 1), 0);
  return {
    parameters,
    bytes: parameters * 4,
    heads: { used: heads.reduce((sum, { placed }) => sum + placed.queryHeads.length, 0), of: config.sizes.layers * config.sizes.heads },
    neurons: {
      used: slices.reduce(
        (sum, { role, purpose, indices }) => sum + (role === 'down' && purpose === 'programmed' ? (indices[0]?.length ?? 0) : 0),
        0,
      ),
      of: config.sizes.layers * config.sizes.hidden,
    },
    dims: { used: blocks.reduce((sum, { dims }) => sum + dims.length, 0), of: config.sizes.width },
    programmed: entries,
  };
}

export function planJson(plan: SeedPlan, seed: number, written: string | null): { readonly [key: string]: Json } {
  const shares = sharesOf(plan);
  return {
    dir: written,
    target: plan.config.target.name,
    seed,
    context: plan.options.context,
    bos: plan.options.bos,
    parameters: shares.parameters,
    bytes: shares.bytes,
    programmed: shares.programmed,
    neurons: shares.neurons,
    heads: plan.heads.map(
      ({ name, placed, margin, sink, leakage, scaleLimit, reach, longestContext, resolution, compares, largestCosine }) => ({
        name,
        layer: placed.layer,
        heads: placed.queryHeads,
        margin,
        sink,
        leakage,
        scaleLimit: Number.isFinite(scaleLimit) ? scaleLimit : null,
        reach,
        longestContext,
        resolution,
        compares,
        largestCosine,
      }),
    ),
    blocks: plan.blocks.map(({ name, kind, dims, amplitude, written: by, lastRead }) => ({
      name,
      kind,
      dims,
      amplitude,
      written: by,
      lastRead,
    })),
    outputs: plan.outputs.map(({ output, logit, probability }) => ({ name: output.name, kind: output.kind, logit, probability })),
    rms: plan.rms,
  };
}

export function printPlan(session: Session, plan: SeedPlan, seed: number | null, written: string | null): void {
  const { theme } = session;
  const { config, blocks, options } = plan;
  const shares = sharesOf(plan);
  const names = plan.outputs.length === 0 ? 'no circuit' : plan.outputs.map(({ output }) => output.name).join(', ');
  const verb = written === null ? theme.strong('plan') : theme.success('wrote');
  session.print(
    `${verb} ${written === null ? '' : `${written}: `}${names} in a ${config.target.architecture}${written === null ? '' : seed === null ? '' : `, drawn with seed ${seed}`}`,
  );
  const { neurons } = shares;
  const ofNeurons =
    neurons.used === 0 ? 'no neuron' : `${withCommas(neurons.used)} of ${withCommas(neurons.of)} neurons (${percent(neurons)})`;
  session.print(`  ${withCommas(shares.heads.used)} of ${withCommas(shares.heads.of)} heads (${percent(shares.heads)}), ${ofNeurons}`);
  session.print(
    `  ${withCommas(shares.dims.used)} of ${withCommas(shares.dims.of)} dimensions (${percent(shares.dims)}): ${blocks.map(({ name, dims }) => `${name} ${dims.length}`).join(', ')}`,
  );
  session.print(
    `  ${withCommas(shares.programmed)} of ${withCommas(shares.parameters)} parameters programmed (${percent({ used: shares.programmed, of: shares.parameters })})`,
  );
  if (written === null) session.print(`  ${withCommas(shares.bytes)} bytes to write`);
  session.print(
    `  context ${options.context}, ${options.bos === null ? 'no token has to stand first' : `token ${options.bos} stands first`}`,
  );
  printHeads(session, plan);
}

/** Where the heads of a plan are, what they bear, and what the circuits say. */
export function printHeads(session: Session, plan: SeedPlan): void {
  const { theme } = session;
  const { options } = plan;
  session.print('');
  const rows = plan.heads.map((head) => [
    head.name,
    `${head.placed.layer}.${head.placed.queryHeads.join('+')}`,
    head.margin.toFixed(1),
    head.sink === null ? '' : head.sink.toFixed(1),
    `${(100 * head.leakage).toFixed(2)}%`,
    head.largestCosine === null ? '' : head.largestCosine.toFixed(2),
    Number.isFinite(head.scaleLimit) ? head.scaleLimit.toFixed(2) : 'any',
    head.reach === null ? 'any' : String(head.reach),
  ]);
  for (const line of textTable([['head', 'place', 'margin', 'sink', 'astray', 'cosine', 'scale', 'distance'], ...rows]))
    session.print(`  ${line}`);
  session.print('');
  for (const { output, logit, probability } of plan.outputs) {
    session.print(
      logit === null
        ? `  ${output.name}: a feature in the stream`
        : probability === null
          ? `  ${output.name}: ${logit > 0 ? 'raises' : 'lowers'} the logit of its token by ${Math.abs(logit).toFixed(1)} nats, as asked`
          : `  ${output.name}: logit ${logit.toFixed(1)} above the mean, probability ${probability.toFixed(3)}`,
    );
  }
  const said = plan.outputs.filter(({ logit }) => logit !== null && logit > 0).map(({ output }) => output.name);
  if (said.length > 1)
    session.print(
      `  note: ${said.join(' and ')} say tokens to one output: where they differ each takes probability from the other, and right is said of the tokens that no other says`,
    );
  for (const { name, resolution } of plan.heads) {
    if (resolution !== null)
      session.print(`  note: ${name} tells matches apart that lie ${withCommas(resolution)} positions from each other; nearer ones share`);
  }
  if (plan.blocks.some(({ kind }) => kind === 'difference'))
    for (const { name, placed } of plan.heads)
      if (placed.head.kind === 'match' && placed.head.moves.kind !== 'presence')
        session.print(
          `  note: ${name} copies nothing from behind a token that stands twice in a row: it looks like the first position there`,
        );
  const firstIsSink = options.bos === null && plan.blocks.some(({ kind, written }) => kind === 'flag' && written < 0);
  for (const { name, placed } of plan.heads) {
    if (firstIsSink && placed.head.kind === 'mean')
      session.print(
        `  ${theme.failure('note')}: ${name} leaves out the first token, which takes what matches nothing; not so with a BOS (\`--bos ID\`)`,
      );
  }
  for (const head of plan.heads) {
    const fault = faultOf(head);
    if (fault !== null) session.print(`  ${theme.failure('note')}: ${head.name} ${fault}`);
  }
}

/** Why a head does not do its work over the whole context, where it does not. */
function faultOf({ reach, leakage, longestContext, compares, margin }: HeadExpectation): string | null {
  if (reach === null && leakage <= UNRELIABLE) return null;
  const why =
    leakage > UNRELIABLE
      ? `does not work over this context: in the ${compares} dimensions that can compare tokens, a margin of ${margin.toFixed(1)} is too little`
      : `fails beyond a distance of ${reach}: the rotary base turns what it compares`;
  return longestContext === null ? why : `${why}; it works over ${longestContext} positions (\`--context ${longestContext}\`)`;
}

function percent({ used, of }: { readonly used: number; readonly of: number }): string {
  return `${((100 * used) / of).toPrecision(2)}%`;
}
