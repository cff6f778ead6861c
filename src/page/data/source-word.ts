/** A piece of a program's text that has a colour. */

/** A word of the source, to be coloured. */
export interface SourceWord {
  readonly start: number;
  readonly end: number;
  readonly kind: 'comment' | 'text' | 'number' | 'word' | 'keyword' | 'directive';
}
