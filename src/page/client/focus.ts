/** What the reader points at: variables, by number. Everything on the page that has to do with one of them lights up. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export interface Focus {
  readonly variables: readonly number[];
  set(variables: readonly number[]): void;
}

export const FocusContext = createContext<Focus>({ variables: [], set: () => {} });

export interface FocusProps {
  readonly onMouseEnter: () => void;
  readonly onMouseLeave: () => void;
  readonly onFocus: () => void;
  readonly onBlur: () => void;
}

/** Handlers that light up these variables, by mouse and by keyboard. */
export function useFocus(): { props: (variables: readonly number[]) => FocusProps; isLit: (variables: readonly number[]) => boolean } {
  const focus = useContext(FocusContext);
  return {
    props(variables) {
      const on = () => focus.set(variables);
      const off = () => focus.set([]);
      return { onMouseEnter: on, onMouseLeave: off, onFocus: on, onBlur: off };
    },
    isLit: (variables) => variables.some((variable) => focus.variables.includes(variable)),
  };
}
