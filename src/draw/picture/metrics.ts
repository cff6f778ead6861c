/** Sizes of a picture, in pixels. Text is set in a fixed width, so that its room is known without a screen. */

/** Of a character of 12 pixels, a little wider than any common fixed-width font has it. */
export const CHARACTER = 7.4;
export const LINE = 18;
export const PADDING = 12;
export const GAP = 18;
/** Boxes of a layer stand side by side up to here. */
export const WIDEST = 1120;
/** Longer values are cut, with the whole in a title. */
const LONGEST_CELL = 8;
/** Grids of long inputs have smaller cells. */
const WIDEST_GRID = 760;

export function textWidth(text: string): number {
  return [...text].length * CHARACTER;
}

export function cut(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, Math.max(0, longest - 1)).join('')}…`;
}

export function cellText(text: string): string {
  return cut(text, LONGEST_CELL);
}

/** The sides of a cell of a grid over so many keys, that are to be read by these texts. */
export function cellSize(texts: readonly string[], keys: number): { readonly width: number; readonly height: number } {
  const widest = Math.max(...texts.map((text) => textWidth(cellText(text))), 0);
  const width = Math.max(20, Math.ceil(widest + 8));
  return { width: Math.min(width, Math.max(9, Math.floor(WIDEST_GRID / Math.max(1, keys)))), height: 20 };
}
