/** The running examples of a session, and which of them are shown beside what is typed. */
import type { DisplaySource } from '../display.ts';
import { HELLO, type RunningExample } from './running-example.ts';

/** Whose example a statement of the REPL is about. */
type Which = 's-op' | 'selector' | 'both';

export class SessionExamples {
  sop: RunningExample = HELLO;
  selector: RunningExample = HELLO;
  shows = { sop: true, selector: true };
  /** Whether sequences are written out in full. */
  isFull = false;

  set(which: Which, example: RunningExample): void {
    if (which !== 'selector') this.sop = example;
    if (which !== 's-op') this.selector = example;
  }

  toggle(which: Which, on: boolean): void {
    this.shows = { sop: which === 'selector' ? this.shows.sop : on, selector: which === 's-op' ? this.shows.selector : on };
  }

  /** What a display asks for; it sees what is set later too. */
  shownBy(nodes: Pick<DisplaySource, 'nameOf' | 'evaluate'>): DisplaySource {
    const examples = this;
    return {
      get sopExample() {
        return examples.sop;
      },
      get selectorExample() {
        return examples.selector;
      },
      get showsSopExamples() {
        return examples.shows.sop;
      },
      get showsSelectorExamples() {
        return examples.shows.selector;
      },
      get fullDisplay() {
        return examples.isFull;
      },
      ...nodes,
    };
  }
}
