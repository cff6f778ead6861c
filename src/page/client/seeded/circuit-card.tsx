/** One circuit of a seeded model: what it takes of the model, and what was promised of it. */
import type { JSX } from 'preact';
import { withCommas } from '../../../source/with-commas.ts';
import type { SeededCircuit, SeededFacts } from '../../data/seeded-facts.ts';
import { percent } from '../measured/number-text.ts';
import { Scroll } from '../scroll.tsx';

const KINDS: Readonly<Record<SeededCircuit['kind'], string>> = {
  tokens: 'says tokens: it scores at the output',
  answer: 'leaves a token in the stream, for the rest of the model to read',
  presence: 'says whether there is one: a number in the stream',
  mean: 'says a mean: a number in the stream',
  feature: 'leaves its value in the stream, for the rest of the model to read',
};

const WINDOWS: Readonly<Record<SeededCircuit['windows'][number]['kind'], string>> = {
  random: 'on random tokens',
  'text-like': 'on text-like tokens',
  'no-bos': 'without BOS',
  packed: 'on packed documents',
};

export function CircuitCard({ facts, circuit }: { readonly facts: SeededFacts; readonly circuit: SeededCircuit }): JSX.Element {
  const { kind, heads, dims, promise, windows } = circuit;
  const places = heads
    .map((number) => facts.heads[number])
    .map((head) => (head === undefined ? '' : `${head.name} ${head.layer}.${head.head}`));
  const shares = [
    ...(promise === null ? [] : [{ name: 'when it was written', accuracy: promise.accuracy, positions: promise.positions }]),
    ...windows.map((each) => ({ name: WINDOWS[each.kind], accuracy: each.accuracy, positions: each.positions })),
  ];
  return (
    <>
      <dl class="facts">
        <dt>It</dt>
        <dd>{KINDS[kind]}</dd>
        <dt>Heads</dt>
        <dd>{places.length === 0 ? 'none' : places.join(', ')}</dd>
        <dt>Dimensions</dt>
        <dd>{`${dims.length}: ${rangesOf(dims)}`}</dd>
      </dl>
      {shares.length === 0 ? null : (
        <Scroll label={`how often ${circuit.name} was right`}>
          <table>
            <caption>How often it was right, as raspc.json has it</caption>
            <tbody>
              {shares.map(({ name, accuracy, positions }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{percent(accuracy)}</td>
                  <td>
                    <span class="bar" style={`width:${(120 * accuracy).toFixed(0)}px`} />
                  </td>
                  <td class="faint">{`of ${withCommas(positions)} positions`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

/** `0 to 3, 8`. */
export function rangesOf(dims: readonly number[]): string {
  const sorted = [...dims].sort((a, b) => a - b);
  const ranges: [from: number, to: number][] = [];
  for (const dim of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && dim <= last[1] + 1) last[1] = dim;
    else ranges.push([dim, dim]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ');
}
