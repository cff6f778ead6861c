/**
 * What the REPL prints and RASP does not read, as RASP reads it: Python's strings in single quotes, and numbers with an exponent. Only
 * asked where a text has faults, so that nothing else changes its meaning.
 */

const PRINTED = /"[^"\n]*"|#[^\n]*|'((?:[^'\\\n]|\\.)*)'|(?<![\w.])(\d+)(?:\.(\d+))?e([+-]\d+)(?![\w.])/g;

/** The text with the places of its lines kept; null where there is nothing of the kind in it. */
export function typedBack(text: string): string | null {
  const read = text.replace(PRINTED, (whole: string, string?: string, digits?: string, fraction?: string, exponent?: string) => {
    if (string !== undefined) return quoted(string) ?? whole;
    return digits === undefined ? whole : decimal(digits, fraction ?? '', Number(exponent));
  });
  return read === text ? null : read;
}

/** Null for what no string of RASP can hold: it has no escapes. */
function quoted(string: string): string | null {
  const plain = string.replace(/\\([\\'])/g, '$1');
  const escapes = string.replace(/\\[\\']/g, '').includes('\\');
  return escapes || plain.includes('"') ? null : `"${plain}"`;
}

/** Written out: the same number to the last digit. It stays a float, as everything with an exponent is. */
function decimal(digits: string, fraction: string, exponent: number): string {
  const point = digits.length + exponent;
  const all = digits + fraction;
  const whole = point <= 0 ? '0' : all.slice(0, point).padEnd(point, '0');
  const rest = point <= 0 ? '0'.repeat(-point) + all : all.slice(point);
  return `${whole}.${rest === '' ? '0' : rest}`;
}
