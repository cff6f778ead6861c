/** Writes JSON for people: short lists and objects on one line, and numbers exactly as asked. The same data always gives the same text. */

/** A number written as given: a float that keeps its point, an integer of any size. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonData = null | boolean | number | string | JsonNumber | readonly JsonData[] | { readonly [key: string]: JsonData };

/** A float, told from an integer by its point or exponent. JSON has no infinity, but readers make one of `1e999`. */
export function floatNumber(value: number): JsonNumber {
  if (Number.isNaN(value)) throw new Error('JSON has no NaN');
  if (!Number.isFinite(value)) return new JsonNumber(value < 0 ? '-1e999' : '1e999');
  const text = Object.is(value, -0) ? '-0' : String(value);
  return new JsonNumber(/[.e]/.test(text) ? text : `${text}.0`);
}

/** Lists and objects that fit into this many characters stay on one line. */
const LINE = 140;

/** The text of `data`, ending in a line break. */
export function jsonText(data: JsonData): string {
  return `${format(data, '')}\n`;
}

/** `data` on one line, without the line break. */
export function jsonLine(data: JsonData): string {
  if (data instanceof JsonNumber) return data.text;
  if (data === null || typeof data !== 'object') return JSON.stringify(data);
  if (Array.isArray(data)) return `[${data.map((item: JsonData) => jsonLine(item)).join(', ')}]`;
  return `{${Object.entries(data)
    .map(([key, value]) => `${JSON.stringify(key)}: ${jsonLine(value)}`)
    .join(', ')}}`;
}

function format(data: JsonData, indent: string): string {
  if (data instanceof JsonNumber) return data.text;
  if (data === null || typeof data !== 'object') return JSON.stringify(data);
  const deeper = `${indent}  `;
  const isList = Array.isArray(data);
  const items = isList
    ? data.map((item: JsonData) => format(item, deeper))
    : Object.entries(data).map(([key, value]) => `${JSON.stringify(key)}: ${format(value, deeper)}`);
  if (items.length === 0) return isList ? '[]' : '{}';
  const [open, close] = isList ? ['[', ']'] : ['{ ', ' }'];
  const line = `${open}${items.join(', ')}${close}`;
  if (indent.length + line.length <= LINE && !line.includes('\n')) return line;
  return `${open.trim()}\n${items.map((item) => deeper + item).join(',\n')}\n${indent}${close.trim()}`;
}
