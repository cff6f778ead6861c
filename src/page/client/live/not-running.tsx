/** Why the model of a page does not run in it, where that is so. */
import type { JSX } from 'preact';

export interface NotRunningProps {
  /** Why the page was written without it. */
  readonly withoutFiles: string | null;
  /** What is wrong with the one that is in it. */
  readonly fault: string | null;
}

export function NotRunning({ withoutFiles, fault }: NotRunningProps): JSX.Element {
  const said = `The model in this page cannot be run: ${fault}. What is shown was recorded when the page was written.`;
  return (
    <>
      {withoutFiles === null ? null : <p class="note">{withoutFiles}</p>}
      {fault === null ? null : (
        <p class="fault" role="alert">
          {said}
        </p>
      )}
    </>
  );
}
