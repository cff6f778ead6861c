/** Neurons that tell classes of tokens from the others, with what was measured of each. */
import type { JSX } from 'preact';
import type { MatchedNeuron } from '../../data/match-file.ts';
import { chance, fixed } from './number-text.ts';
import { effectCells, PlacesTable } from './places-table.tsx';

const TITLES = [
  'neuron',
  'verdict',
  'class',
  'overlap',
  'is',
  'hits',
  'random',
  'text',
  'weights',
  'without it',
  'by the class',
  'explained',
  'p',
  'but',
];

export function NeuronsTable({ neurons }: { readonly neurons: readonly MatchedNeuron[] }): JSX.Element {
  const rows = neurons.map(({ layer, neuron, verdict, function: name, pattern, weights, effect, p, counterexamples }) => ({
    place: `${layer}.${neuron}`,
    cells: [
      verdict,
      name,
      fixed(pattern.overlap),
      pattern.sign === 1 ? 'high' : 'low',
      `${pattern.hits} of ${pattern.members}`,
      fixed(pattern.random),
      fixed(pattern.text),
      fixed(weights.overlap),
      ...effectCells(effect),
      chance(p),
      counterexamples.map(({ text, isMember }) => `${isMember ? 'not ' : ''}${JSON.stringify(text)}`).join(' '),
    ],
  }));
  const caption = 'Neurons by the tokens that move them most; loss in nats, with 95% intervals over windows';
  return <PlacesTable label="neurons that are known" caption={caption} titles={TITLES} rows={rows} />;
}
