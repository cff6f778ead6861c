/** Neurons that tell classes of tokens from the others, with what was measured of each. */
import type { JSX } from 'preact';
import type { MatchedNeuron } from '../../data/match-file.ts';
import { Scroll } from '../scroll.tsx';
import { chance, fixed, spanText } from './number-text.ts';

const TITLES = [
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
  return (
    <Scroll label="neurons that are known">
      <table>
        <caption>Neurons by the tokens that move them most; loss in nats, with 95% intervals over windows</caption>
        <thead>
          <tr>
            <th scope="col">neuron</th>
            {TITLES.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {neurons.map(({ layer, neuron, verdict, function: name, pattern, weights, effect, p, counterexamples }) => {
            const cells = [
              verdict,
              name,
              fixed(pattern.overlap),
              pattern.sign === 1 ? 'high' : 'low',
              `${pattern.hits} of ${pattern.members}`,
              fixed(pattern.random),
              fixed(pattern.text),
              fixed(weights.overlap),
              effect === null ? 'not measured' : spanText(effect.ablated),
              effect === null ? '' : spanText(effect.replaced),
              effect === null ? '' : fixed(effect.explained[0]),
              chance(p),
              counterexamples.map(({ text, isMember }) => `${isMember ? 'not ' : ''}${JSON.stringify(text)}`).join(' '),
            ];
            return (
              <tr key={`${layer}.${neuron}`}>
                <th scope="row">{`${layer}.${neuron}`}</th>
                {cells.map((text, at) => (
                  <td key={at}>{text}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
