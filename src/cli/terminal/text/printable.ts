/**
 * Text for a terminal without surprises: control characters and marks that turn the direction of text, which can come from the input and from
 * files of strangers, are written as escapes. Line breaks, tabs and our own colours stay.
 */

const ESCAPE = String.fromCharCode(0x1b);
const COLOUR = `${ESCAPE}\\[[\\d;]*m`;
const HARMFUL = new RegExp(`${COLOUR}|[\\p{Cc}\\p{Bidi_Control}]`, 'gu');

export function printable(text: string): string {
  return text.replace(HARMFUL, (found) => {
    if (found === '\n' || found === '\t' || found.length > 1) return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
