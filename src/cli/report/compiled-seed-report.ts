/** A compiled seed as people and programs read it: what it takes of the model, and how right it is there. */
import type { CompiledSeed } from '../../seed/host/compile-seed.ts';
import { withCommas } from '../../source/with-commas.ts';
import { storedTensors } from '../../targets/model-config.ts';
import type { AlphabetSeed } from '../seed/seed-alphabet.ts';
import { printLoss, type SeedLoss } from '../seed/seed-loss.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';

function sharesOf({ placed, frame, slices }: CompiledSeed) {
  const { config } = placed.host;
  let parameters = 0;
  for (const { shape } of storedTensors(config)) parameters += shape.reduce((product, length) => product * length, 1);
  const programmed = slices
    .filter(({ purpose }) => purpose === 'programmed')
    .reduce((sum, { indices }) => sum + indices.reduce((product, list) => product * list.length, 1), 0);
  const { layers, heads, hidden, width } = config.sizes;
  return {
    parameters,
    programmed,
    heads: {
      used: placed.layers.reduce((sum, layer) => sum + layer.heads.reduce((n, { queryHeads }) => n + queryHeads.length, 0), 0),
      of: layers * heads,
    },
    neurons: { used: placed.layers.reduce((sum, layer) => sum + layer.neurons, 0), of: layers * hidden },
    dims: { used: frame.reserved.length, of: width },
  };
}

export function compiledJson(
  { seed, scores, heard, bounds, moved }: AlphabetSeed,
  loss: SeedLoss | null,
  written: string | null,
): { readonly [key: string]: Json } {
  const { parameters, programmed, heads, neurons, dims } = sharesOf(seed);
  return {
    dir: written,
    target: seed.placed.host.config.target.name,
    context: seed.placed.context,
    bos: seed.placed.bos,
    parameters,
    programmed,
    heads,
    neurons,
    dims,
    layers: seed.placed.layers.map((layer) => ({ heads: layer.heads.map(({ name }) => name), neurons: layer.neurons })),
    features: scores.map(({ name, right, positions }) => ({ name, accuracy: right / positions, positions })),
    bounds: { moved, features: bounds.map((bound) => ({ ...bound })) },
    says: heard.map(({ name, nats, accuracy, positions }) => ({
      name,
      strength: seed.sayings.find((saying) => saying.name === name)?.strength ?? 0,
      nats: Number.isFinite(nats) ? nats : null,
      accuracy,
      positions,
    })),
    loss: loss === null ? null : { seeded: loss.seeded, twin: loss.twin },
  };
}

export function printCompiled(
  session: Session,
  { seed, scores, heard, bounds, moved }: AlphabetSeed,
  loss: SeedLoss | null | undefined,
  written: string | null,
): void {
  const { theme } = session;
  const { config } = seed.placed.host;
  const { parameters, programmed, heads, neurons, dims } = sharesOf(seed);
  const names = scores.map(({ name }) => name).join(', ');
  const verb = written === null ? theme.strong('plan') : theme.success('wrote');
  session.print(`${verb} ${written === null ? '' : `${written}: `}${names} in a ${config.target.architecture}`);
  session.print(`  ${part(heads)} heads, ${part(neurons)} neurons, ${part(dims)} dimensions`);
  const consumers = [...seed.frame.dims].map(([{ name }, own]) => ({ name, count: own.filter((dim) => dim !== null).length }));
  const largest = consumers
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, 3);
  if (largest.length > 0) session.print(`  most dimensions: ${largest.map(({ name, count }) => `${name} ${count}`).join(', ')}`);
  session.print(`  ${withCommas(programmed)} of ${withCommas(parameters)} parameters programmed`);
  const { bos, context } = seed.placed;
  session.print(
    `  inputs of ${context} tokens, behind ${bos === null ? 'the first position of a window, whatever stands there' : `token ${bos}`}`,
  );
  if (loss !== undefined) printLoss(session, 'random tokens', loss, config.sizes.vocab, seed.sayings);
  printParts(session, { seed, scores, heard, bounds, moved });
}

/** What each layer holds, and how right it is. */
export function printParts(session: Session, { seed, scores, heard, bounds, moved }: AlphabetSeed): void {
  session.print('');
  const rows = seed.placed.layers.map((layer, l) => [
    String(l),
    layer.heads.map(({ name }) => name).join('; '),
    layer.neurons === 0 ? '' : String(layer.neurons),
  ]);
  for (const line of textTable([['layer', 'heads', 'neurons'], ...rows])) session.print(`  ${line}`);
  session.print('');
  const measured = scores.map(({ name, right, positions }) => [name, (right / positions).toFixed(4), String(positions)]);
  for (const line of textTable([['feature', 'right', 'of positions'], ...measured])) session.print(`  ${line}`);
  printBounds(session, bounds, moved);
  if (heard.length === 0) return;
  session.print('');
  const rises = heard.map(({ name, nats, accuracy, positions }) => {
    const saying = seed.sayings.find((each) => each.name === name);
    const strength = saying?.strength ?? 0;
    return [name, String(saying?.values.length ?? 0), strength.toFixed(2), nats.toFixed(2), accuracy.toFixed(4), String(positions)];
  });
  for (const line of textTable([['says', 'values', 'strength', 'measured nats', 'right', 'of positions'], ...rises]))
    session.print(`  ${line}`);
}

/** How far the scale may move before a feature could be wrong, whatever the input is. */
function printBounds(session: Session, bounds: AlphabetSeed['bounds'], moved: number): void {
  if (bounds.length === 0) return;
  session.print('');
  session.print(
    `  for every input, while nobody else writes into these dimensions and the stream is never louder or quieter than measured by more than`,
  );
  const rows = bounds.map(({ name, scale, margin, why }) =>
    scale === null
      ? [name, 'no bound', '', why ?? '']
      : [name, `× ${scale}`, margin.toFixed(2), scale >= moved ? 'kept' : 'less than it moved'],
  );
  for (const line of textTable([['feature', 'scale', 'margin', `it moved by × ${moved.toFixed(3)}`], ...rows])) session.print(`  ${line}`);
}

function part({ used, of }: { readonly used: number; readonly of: number }): string {
  return `${withCommas(used)} of ${withCommas(of)}`;
}
