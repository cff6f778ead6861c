/**
 * How byte-level tokenizers write bytes: each of the 256 as one printable character (GPT-2's table). What enters are such texts or plain ones, what
 * leaves the other.
 */

/** Bytes that stand for themselves: printable Latin-1 without spaces and the soft hyphen. The others follow in order from U+0100 on. */
const OWN: readonly (readonly [number, number])[] = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
];
const MOVED = 0x100;

/** By byte. */
export const BYTE_CHARACTERS: readonly string[] = characters();
const BYTES: ReadonlyMap<string, number> = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

function characters(): string[] {
  let next = MOVED;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(OWN.some(([first, last]) => byte >= first && byte <= last) ? byte : next++),
  );
}

/** The bytes of a text in UTF-8, one character each. */
export function writtenAsBytes(text: string): string {
  let written = '';
  for (const byte of new TextEncoder().encode(text)) written += BYTE_CHARACTERS[byte];
  return written;
}

/** What a token says; bytes that are no whole character say U+FFFD. A text with a character that is no byte says itself. */
export function readAsBytes(written: string): string {
  const bytes: number[] = [];
  for (const character of written) {
    const byte = BYTES.get(character);
    if (byte === undefined) return written;
    bytes.push(byte);
  }
  return utf8Text(bytes);
}

/** Text of bytes in UTF-8, U+FFFD where they are none. */
export function utf8Text(bytes: readonly number[]): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
