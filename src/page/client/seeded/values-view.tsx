/** What a circuit says at each position of the window, beside what its program says. */
import type { JSX } from 'preact';
import type { SeededCircuit } from '../../data/seeded-facts.ts';
import type { SeededValue } from '../../data/seeded-observation.ts';
import { Scroll } from '../scroll.tsx';
import { TokenHeads } from '../token-heads.tsx';

export interface ValuesViewProps {
  readonly circuit: SeededCircuit;
  readonly tokens: readonly string[];
  readonly values: readonly (SeededValue | null)[];
}

/** What stands under a value, by the kind of circuit. */
const MARGINS: Readonly<Record<SeededCircuit['kind'], string>> = {
  tokens: 'probability of the right token',
  answer: '',
  feature: 'by how much the cosine of the right code leads',
  presence: '',
  mean: '',
};

export function ValuesView({ circuit, tokens, values }: ValuesViewProps): JSX.Element {
  const spoken = values.filter((value) => value?.expected != null);
  const wrong = spoken.filter((value) => value?.isWrong).length;
  const margin = MARGINS[circuit.kind];
  const isNumber = circuit.kind === 'presence' || circuit.kind === 'mean';
  return (
    <>
      <Scroll label={`values of ${circuit.name}`}>
        <table class="outputs">
          <caption>
            {margin === '' ? 'The number in the stream' : `The model's own answer, and the ${margin.replace(/^by/, 'lead: by')}`}
          </caption>
          <thead>
            <tr>
              <th scope="col">token</th>
              <TokenHeads input={tokens} />
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">the program</th>
              {values.map((value, at) => (
                <td key={at}>{value?.expected ?? '–'}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">the model</th>
              {values.map((value, at) => (
                <td key={at} class={value?.isWrong ? 'wrong' : value?.expected == null ? 'faint' : ''}>
                  {value?.said ?? '–'}
                  <span class="margin">{value?.margin?.toFixed(3) ?? ''}</span>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </Scroll>
      <p class={wrong > 0 ? 'verdict wrong' : 'verdict'} role="status">
        {spoken.length === 0
          ? 'The program says nothing on this window.'
          : isNumber
            ? 'Numbers go with what the program says; how well, the promise tells.'
            : `${spoken.length - wrong} of ${spoken.length} positions at which the program says something are right.`}
      </p>
    </>
  );
}
