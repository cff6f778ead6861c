/** The colours of drawings, by the theme of the terminal. */
import type { DrawTheme } from '../../draw/text/draw-text.ts';
import type { Theme } from './theme.ts';

export function drawTheme({ strong, faint, failure }: Theme): DrawTheme {
  return { strong, faint, wrong: failure };
}
