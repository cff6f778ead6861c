/** Changes top-level numbers of a config.json and leaves every other character as it is. */

/** Where the value of a top-level key begins and ends; the end of the last one, and where the object closes. */
interface Places {
  readonly values: ReadonlyMap<string, readonly [from: number, to: number]>;
  readonly last: number;
}

/**
 * @param text a document that was read as one before, so that its form is right
 * @param changes by key, each the text of a JSON value; keys that are not there are added at the end
 */
export function editConfig(text: string, changes: ReadonlyMap<string, string>): string {
  const { values, last } = placesOf(text);
  const edits = [...changes].flatMap(([key, value]) => {
    const place = values.get(key);
    return place === undefined ? [] : [{ from: place[0], to: place[1], value }];
  });
  const added = [...changes].filter(([key]) => !values.has(key)).map(([key, value]) => `,\n  ${JSON.stringify(key)}: ${value}`);
  if (added.length > 0) edits.push({ from: last, to: last, value: added.join('') });
  let result = text;
  for (const { from, to, value } of edits.sort((a, b) => b.from - a.from)) result = result.slice(0, from) + value + result.slice(to);
  return result;
}

function placesOf(text: string): Places {
  const values = new Map<string, readonly [number, number]>();
  let at = text.indexOf('{') + 1;
  let last = at;
  const skipSpace = (): void => {
    while (/\s/.test(text.charAt(at))) at++;
  };
  for (;;) {
    skipSpace();
    if (text.charAt(at) === ',') {
      at++;
      continue;
    }
    if (text.charAt(at) !== '"') return { values, last };
    const keyFrom = at;
    at = endOfString(text, at);
    const key = JSON.parse(text.slice(keyFrom, at)) as string;
    skipSpace();
    at++;
    skipSpace();
    const from = at;
    at = endOfValue(text, at);
    values.set(key, [from, at]);
    last = at;
  }
}

/** @param at where the string opens */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (text.charAt(end) !== '"') end += text.charAt(end) === '\\' ? 2 : 1;
  return end + 1;
}

function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    const char = text.charAt(end);
    if (char === '"') {
      end = endOfString(text, end) - 1;
      if (depth === 0) return end + 1;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      if (depth === 0) return trimmed(text, at, end);
      depth--;
      if (depth === 0) return end + 1;
    } else if (char === ',' && depth === 0) return trimmed(text, at, end);
  }
  return text.length;
}

function trimmed(text: string, from: number, to: number): number {
  return from + text.slice(from, to).trimEnd().length;
}
