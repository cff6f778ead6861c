/** The inputs that a page was written with, to choose from where it cannot run others. */
import type { JSX } from 'preact';

export interface RecordedChoiceProps {
  readonly label: string;
  readonly recorded: readonly { readonly text: string }[];
  readonly text: string;
  readonly onText: (text: string) => void;
}

export function RecordedChoice({ label, recorded, text, onText }: RecordedChoiceProps): JSX.Element {
  return (
    <label>
      {label}{' '}
      <select value={text} onChange={({ currentTarget }) => onText(currentTarget.value)}>
        {recorded.map((each) => (
          <option key={each.text} value={each.text}>
            {each.text}
          </option>
        ))}
      </select>
    </label>
  );
}
