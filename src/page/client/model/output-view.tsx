/** What the model says at each token, by what margin, beside what the program says. */
import type { JSX } from 'preact';
import type { Observation } from '../../data/observation.ts';
import { Scroll } from '../scroll.tsx';
import { TokenHeads } from '../token-heads.tsx';

export function OutputView({ observation }: { readonly observation: Observation }): JSX.Element {
  const { input, outputs, firstWrong } = observation;
  const wrong = outputs.some(({ isWrong }) => isWrong.includes(true));
  return (
    <>
      <Scroll label="the outputs">
        <table class="outputs">
          <caption>What the model says, and by what margin the right logit leads (1 is ideal)</caption>
          <thead>
            <tr>
              <th scope="col">token</th>
              <TokenHeads input={input} />
            </tr>
          </thead>
          <tbody>
            {outputs.map(({ name, values, expected, margins, isWrong }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {values.map((value, at) => (
                  <td key={at} class={isWrong[at] ? 'wrong' : ''}>
                    <strong>{value}</strong>
                    <span class="margin">{isWrong[at] ? `≠ ${expected[at]}` : (margins[at]?.toFixed(3) ?? '')}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class={wrong || firstWrong !== null ? 'verdict wrong' : 'verdict'} role="status">
        {firstWrong !== null
          ? `First wrong: ${firstWrong}.`
          : wrong
            ? 'Every variable is right, so what reads them out is not.'
            : 'As the program says, and so is every variable on the way.'}
      </p>
    </>
  );
}
