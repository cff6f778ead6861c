/** The residual stream after one sublayer: what each variable holds at each position, how clearly, and in which numbers. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Held } from '../../../draw/model/model-states.ts';
import type { Observation, ObservedPlace } from '../../data/observation.ts';
import type { PageModel } from '../../data/page-data.ts';
import { useFocus } from '../focus.ts';
import { Scroll } from '../scroll.tsx';
import { TokenHeads } from '../token-heads.tsx';

export interface StreamViewProps {
  readonly model: PageModel;
  readonly observation: Observation;
  /** Which sublayer, by number. */
  readonly step: number;
  readonly onStep: (step: number) => void;
}

export function placeName({ layer, sublayer }: ObservedPlace): string {
  return sublayer === 'embedding' ? 'the embedding' : `layer ${layer}, ${sublayer === 'attention' ? 'attention' : 'MLP'}`;
}

export function StreamView({ model, observation, step, onStep }: StreamViewProps): JSX.Element {
  const { places, input } = observation;
  const [open, setOpen] = useState<number | null>(null);
  const { props, isLit } = useFocus();
  const place = places[step];
  return (
    <>
      <div class="stepper">
        <button type="button" disabled={step === 0} onClick={() => onStep(step - 1)}>
          ← before
        </button>
        <label>
          after{' '}
          <select value={step} onChange={(event) => onStep(Number(event.currentTarget.value))}>
            {places.map((each, at) => (
              <option key={at} value={at}>
                {placeName(each)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" disabled={step >= places.length - 1} onClick={() => onStep(step + 1)}>
          next →
        </button>
      </div>
      {place === undefined ? null : (
        <Scroll label="the residual stream">
          <table>
            <caption>{`The stream after ${placeName(place)}: the value that is nearest, and its margin (1 is ideal, 0 a tie)`}</caption>
            <thead>
              <tr>
                <th scope="col">variable</th>
                <TokenHeads input={input} />
              </tr>
            </thead>
            <tbody>
              {place.variables.flatMap(({ index, held }) => {
                const { name = '?', dims = [], encoding = '' } = model.variables[index] ?? {};
                const isOpen = open === index;
                return [
                  <tr
                    key={index}
                    class={isLit([index]) ? 'lit' : ''}
                    onMouseEnter={props([index]).onMouseEnter}
                    onMouseLeave={props([index]).onMouseLeave}
                  >
                    <th scope="row">
                      <button
                        type="button"
                        class="plain"
                        aria-expanded={isOpen}
                        onClick={() => setOpen(isOpen ? null : index)}
                        onFocus={props([index]).onFocus}
                        onBlur={props([index]).onBlur}
                      >
                        {`${isOpen ? '▾' : '▸'} ${name}`}
                      </button>
                    </th>
                    {held.map((each, at) => (
                      <td key={at} class={each.isWrong ? 'wrong' : ''} title={each.isWrong ? `should be ${each.expected}` : undefined}>
                        {each.value}
                        <span class="margin">{marginText(each)}</span>
                      </td>
                    ))}
                  </tr>,
                  isOpen ? <NumberRows key={`${index} numbers`} dims={dims} encoding={encoding} held={held} /> : null,
                ];
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

function marginText({ margin, expected, isWrong }: Held): string {
  if (margin === null) return '';
  return isWrong ? `≠ ${expected}` : margin.toFixed(3);
}

function NumberRows({
  dims,
  encoding,
  held,
}: {
  readonly dims: readonly number[];
  readonly encoding: string;
  readonly held: readonly Held[];
}): JSX.Element {
  return (
    <>
      {dims.map((dim, d) => (
        <tr key={dim} class="numbers">
          <th scope="row">{`dimension ${dim}${d === 0 ? ` (${encoding})` : ''}`}</th>
          {held.map(({ numbers }, at) => (
            <td key={at}>{(numbers[d] ?? Number.NaN).toFixed(4)}</td>
          ))}
        </tr>
      ))}
    </>
  );
}
