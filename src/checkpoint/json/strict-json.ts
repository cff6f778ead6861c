/**
 * A JSON reader for files from strangers: RFC 8259 and nothing more, no duplicate keys, bounded depth. Integers stay exact (`bigint`)
 * and apart from numbers with a fraction or an exponent, as they do in Python.
 */

/** Objects are maps, so that a key such as `__proto__` is a key. */
export type JsonTree = null | boolean | bigint | number | string | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

export function isJsonObject(tree: JsonTree | undefined): tree is ReadonlyMap<string, JsonTree> {
  return tree instanceof Map;
}

export function isJsonList(tree: JsonTree | undefined): tree is readonly JsonTree[] {
  return Array.isArray(tree);
}

/** Deeper nesting than any file of a model needs; serde_json, which the official reader uses, stops at the same depth. */
const DEEPEST = 128;

/** What is wrong and where, in the words of a diagnostic. */
export class JsonError extends Error {
  constructor(why: string, line: number, column: number) {
    super(`${why} at line ${line}, column ${column}`);
    this.name = 'JsonError';
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the run of characters that JSON lets stand for themselves
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }),
);

/** Reads one JSON document. Throws {@link JsonError}. */
export function parseStrictJson(text: string): JsonTree {
  const { whole, value } = jsonReader(text);
  return whole(() => value(1));
}

/**
 * Reads a JSON document that is an object; each of its members becomes what `read` makes of it as soon as it is there, so that a long
 * document is never in memory as a whole. Throws {@link JsonError}.
 */
export function parseStrictMembers<Member>(text: string, read: (key: string, value: JsonTree) => Member): Map<string, Member> {
  const { whole, object } = jsonReader(text);
  return whole(() => object(1, read));
}

function jsonReader(text: string) {
  let at = 0;

  function fault(why: string, offset = at): never {
    const before = text.slice(0, offset).split('\n');
    throw new JsonError(why, before.length, (before.at(-1) as string).length + 1);
  }

  /** Goes past what a sticky pattern matches here. No match is ever made into an object: headers have hundreds of thousands. */
  function skip(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    const isThere = pattern.test(text);
    if (isThere) at = pattern.lastIndex;
    return isThere;
  }

  function plain(): string {
    const start = at;
    skip(PLAIN);
    return text.slice(start, at);
  }

  function found(): string {
    return at < text.length ? `\`${String.fromCodePoint(text.codePointAt(at) as number)}\`` : 'the end';
  }

  function expectCharacter(character: string): void {
    if (text[at] !== character) fault(`expected \`${character}\` and found ${found()}`);
    at++;
  }

  function string(): string {
    const start = at;
    expectCharacter('"');
    let value = plain();
    while (text[at] !== '"') {
      if (text[at] !== '\\')
        fault(at < text.length ? 'a control character in a string' : 'a string without an end', at < text.length ? at : start);
      const letter = text[at + 1] ?? '';
      const escaped = ESCAPES.get(letter);
      if (escaped !== undefined) {
        value += escaped;
        at += 2;
      } else {
        const digits = /^u([0-9a-fA-F]{4})/.exec(text.slice(at + 1, at + 6))?.[1];
        if (digits === undefined) fault('an unknown escape in a string');
        value += String.fromCharCode(Number.parseInt(digits, 16));
        at += 6;
      }
      value += plain();
    }
    at++;
    if (LONE_SURROGATE.test(value)) fault('half a surrogate pair in a string', start);
    return value;
  }

  function number(): bigint | number {
    const start = at;
    if (!skip(NUMBER)) fault(`expected a value and found ${found()}`);
    const digits = text.slice(start, at);
    // -0 is no integer: only a float has a sign on zero
    return /[.eE]/.test(digits) || digits === '-0' ? Number(digits) : BigInt(digits);
  }

  function word(name: string, meaning: null | boolean): null | boolean {
    if (!text.startsWith(name, at)) fault(`expected a value and found ${found()}`);
    at += name.length;
    return meaning;
  }

  function items(close: string, item: () => void): void {
    at++;
    skip(WHITESPACE);
    if (text[at] !== close) {
      for (;;) {
        item();
        skip(WHITESPACE);
        if (text[at] !== ',') break;
        at++;
        skip(WHITESPACE);
      }
    }
    expectCharacter(close);
  }

  function object<Member>(depth: number, read: (key: string, value: JsonTree) => Member): Map<string, Member> {
    const members = new Map<string, Member>();
    if (text[at] !== '{') fault(`expected \`{\` and found ${found()}`);
    items('}', () => {
      const start = at;
      const key = string();
      if (members.has(key)) fault(`the key \`${key}\` twice`, start);
      skip(WHITESPACE);
      expectCharacter(':');
      skip(WHITESPACE);
      members.set(key, read(key, value(depth + 1)));
    });
    return members;
  }

  function value(depth: number): JsonTree {
    if (depth > DEEPEST) fault(`more than ${DEEPEST} lists and objects inside each other`);
    switch (text[at]) {
      case '{':
        return object(depth, (_, member) => member);
      case '[': {
        const list: JsonTree[] = [];
        items(']', () => list.push(value(depth + 1)));
        return list;
      }
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return number();
    }
  }

  /** What `read` makes of the text, which has to end there. */
  function whole<Document>(read: () => Document): Document {
    skip(WHITESPACE);
    const document = read();
    skip(WHITESPACE);
    if (at < text.length) fault(`expected the end and found ${found()}`);
    return document;
  }

  return { whole, value, object };
}

/** The text of UTF-8 bytes, or null where they are not UTF-8. */
export function strictUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A value in a few words, for messages. */
export function describeJson(tree: JsonTree | undefined): string {
  if (tree === undefined) return 'missing';
  if (tree === null) return 'null';
  if (isJsonObject(tree)) return 'an object';
  if (isJsonList(tree)) return `a list of ${tree.length}`;
  const text = typeof tree === 'string' ? JSON.stringify(tree) : String(tree);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
