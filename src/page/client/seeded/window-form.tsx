/** The window that is shown: typed where the model is in the page, chosen of those that were recorded where it is not. */
import type { JSX } from 'preact';
import type { SeededObservation } from '../../data/seeded-observation.ts';
import { RecordedChoice } from '../live/recorded-choice.tsx';

export interface WindowFormProps {
  readonly recorded: readonly SeededObservation[];
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly isLive: boolean;
  /** Why what was typed is no window. */
  readonly fault: string | null;
}

export function WindowForm({ recorded, text, onText, isLive, fault }: WindowFormProps): JSX.Element {
  if (!isLive) return <RecordedChoice label="Window" recorded={recorded} text={text} onText={onText} />;
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <label>
        Window{' '}
        <input
          type="text"
          list="windows"
          value={text}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={fault !== null}
          aria-describedby="window-help"
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      </label>
      <datalist id="windows">
        {recorded.map((each) => (
          <option key={each.text} value={each.text} />
        ))}
      </datalist>
      <p id="window-help" class={fault === null ? 'faint' : 'fault'} role={fault === null ? undefined : 'alert'}>
        {fault ?? 'Token ids, tokens that the programs name, or a text where a tokenizer is in the page.'}
      </p>
    </form>
  );
}
