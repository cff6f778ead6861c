/** Break something: silence a head, change a weight, and see which variable is the first to be wrong. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { OpenCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { type Break, CHANGEABLE, largestWeights } from './breaks.ts';

export interface BreakableHead {
  readonly layer: number;
  readonly head: number;
  readonly title: string;
}

export interface BreakViewProps {
  /** Those that can be silenced. */
  readonly heads: readonly BreakableHead[];
  readonly layers: number;
  readonly checkpoint: OpenCheckpoint;
  readonly breaks: readonly Break[];
  readonly onBreaks: (breaks: readonly Break[]) => void;
}

export function BreakView(props: BreakViewProps): JSX.Element {
  const { heads, breaks, onBreaks } = props;
  const isSilent = (layer: number, head: number) =>
    breaks.some((each) => each.kind === 'head' && each.layer === layer && each.head === head);
  const toggle = (layer: number, head: number): void => {
    const others = breaks.filter((each) => !(each.kind === 'head' && each.layer === layer && each.head === head));
    onBreaks(isSilent(layer, head) ? others : [...others, { kind: 'head', layer, head }]);
  };
  return (
    <>
      <fieldset>
        <legend>Silence a head</legend>
        {heads.length === 0 ? 'There are none.' : null}
        {heads.map(({ layer, head, title }) => (
          <label key={title} class="check">
            <input type="checkbox" checked={isSilent(layer, head)} onChange={() => toggle(layer, head)} /> {title}
          </label>
        ))}
      </fieldset>
      <WeightPicker {...props} />
      <button type="button" disabled={breaks.length === 0} onClick={() => onBreaks([])}>
        Mend everything
      </button>
    </>
  );
}

function WeightPicker({ layers, checkpoint, breaks, onBreaks }: BreakViewProps): JSX.Element {
  const [layer, setLayer] = useState(0);
  const [role, setRole] = useState<string>('output');
  const [chosen, setChosen] = useState(0);
  const { weights, nonZero } = useMemo(() => largestWeights(checkpoint, layer, role), [checkpoint, layer, role]);
  const weight = weights[Math.min(chosen, weights.length - 1)];
  const current = breaks.find(
    (each) => each.kind === 'weight' && each.layer === layer && each.role === role && each.index === weight?.index,
  );
  const value = current?.kind === 'weight' ? current.value : (weight?.value ?? 0);
  const set = (index: number, next: number, original: number): void => {
    const others = breaks.filter((each) => each !== current);
    onBreaks(next === original ? others : [...others, { kind: 'weight', layer, role, index, value: next }]);
  };
  return (
    <fieldset>
      <legend>Change a weight</legend>
      <label>
        layer{' '}
        <select value={layer} onChange={(event) => setLayer(Number(event.currentTarget.value))}>
          {Array.from({ length: layers }, (_, at) => (
            <option key={at} value={at}>
              {at}
            </option>
          ))}
        </select>
      </label>
      <label>
        matrix{' '}
        <select value={role} onChange={(event) => setRole(event.currentTarget.value)}>
          {CHANGEABLE.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      {weight === undefined ? (
        <p class="faint">Nothing in it is other than zero.</p>
      ) : (
        <>
          <label>
            weight{' '}
            <select value={Math.min(chosen, weights.length - 1)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
              {weights.map(({ row, column, value: own, index }, at) => (
                <option key={index} value={at}>{`row ${row}, column ${column}: ${own.toPrecision(4)}`}</option>
              ))}
            </select>
          </label>
          <label class="wide">
            {`value ${value.toPrecision(4)}`}{' '}
            <input
              type="range"
              min={-2}
              max={2}
              step={0.05}
              value={value / weight.value}
              aria-valuetext={`${value.toPrecision(4)}, ${(value / weight.value).toFixed(2)} times what it was`}
              onInput={(event) => set(weight.index, Number(event.currentTarget.value) * weight.value, weight.value)}
            />
          </label>
          {nonZero > weights.length ? (
            <p class="faint">{`The ${weights.length} largest of ${nonZero} weights that are not zero.`}</p>
          ) : null}
        </>
      )}
    </fieldset>
  );
}
