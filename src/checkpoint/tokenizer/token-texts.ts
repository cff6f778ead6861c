/** What each token of a compiled model looks like as text: inputs as themselves, outputs that are no inputs behind a mark, and BOS. */
import type { CircuitMap, MapOutput } from '../map/circuit-map.ts';
import type { MapValue } from '../map/map-value.ts';

/** A value as Python prints it, which is how RASP shows it. */
export function valueText(value: MapValue): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return String(value);
    default:
      return floatText(value);
  }
}

/** Python's `repr` of a float: shortest digits, an exponent below 1e-4 and from 1e16 on. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e16)) {
    const digits = String(value);
    return digits.includes('.') ? digits : `${digits}.0`;
  }
  const [significand, exponent] = value.toExponential().split('e') as [string, string];
  return `${significand}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** Whether some character of `text` occurs in none of the others, so that `text` cannot come about by joining them. */
function standsOut(text: string, others: readonly string[]): boolean {
  return [...text].some((character) => !others.some((other) => other.includes(character)));
}

/** The first of `candidates`, or of the characters from U+E000 on (which no alphabet uses), that cannot be made from `texts`. */
function chooseMark(candidates: readonly string[], texts: readonly string[], around: (mark: string) => string): string {
  for (const mark of candidates) {
    const text = around(mark);
    if (standsOut(text, texts)) return text;
  }
  for (let code = 0xe000; code < 0xf900; code++) {
    const text = around(String.fromCharCode(code));
    if (standsOut(text, texts)) return text;
  }
  throw new Error('every private character is a token');
}

/** A name for BOS (`name` is `bos`) or another special token that no input can spell: `<bos>` unless the vocabulary has those characters. */
export function specialTokenText(name: string, vocabulary: readonly MapValue[]): string {
  const texts = vocabulary.map(valueText);
  return chooseMark([`<${name}>`, `[${name.toUpperCase()}]`, `<|${name}|>`, `⟨${name}⟩`], texts, (mark) =>
    mark.length > 1 ? mark : `${mark}${name}${mark}`,
  );
}

export interface TokenTexts {
  /** By id, all different. */
  readonly texts: readonly string[];
  /** What outputs that are no inputs start with, so that no input can spell them; decoding takes it away again. */
  readonly mark: string;
  /** Whether tokens follow each other without a space: single characters, or tokens that carry their own spaces. */
  readonly fused: boolean;
  /** Texts that an input is cut into, longest first. */
  readonly inputs: readonly string[];
}

function isOneCharacter(text: string): boolean {
  // what most tokens are: the segmenter takes longer to load than a small program to compile
  if (text.length === 1) return true;
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length === 1;
}

/** Gives every id a text of its own: the first wanted of several that no other id has, and that numbered where all are taken. */
class TextTable {
  readonly #byId = new Map<number, string>();
  readonly #taken = new Set<string>();

  name(id: number, ...wanted: readonly [string, ...string[]]): void {
    if (this.#byId.has(id)) return;
    const free = wanted.find((text) => !this.#taken.has(text));
    let text = free ?? wanted[0];
    for (let n = 2; this.#taken.has(text); n++) text = `${wanted[0]}#${n}`;
    this.#taken.add(text);
    this.#byId.set(id, text);
  }

  nameOutputs(outputs: readonly MapOutput[], mark: string): void {
    for (const output of outputs) {
      if (output.kind === 'numeric') this.name(output.logit, mark + output.name);
      else for (const { id, value } of output.logits) this.name(id, mark + valueText(value), `${mark}${output.name}=${valueText(value)}`);
    }
  }

  texts(count: number): string[] {
    return Array.from({ length: count }, (_, id) => this.#byId.get(id) as string);
  }
}

/** Names of a classifier's outputs by id: the values, and for a number the output's own name. */
export function labelTexts(outputs: readonly MapOutput[], count: number): string[] {
  const table = new TextTable();
  table.nameOutputs(outputs, '');
  for (let id = 0; id < count; id++) table.name(id, `unused${id}`);
  return table.texts(count);
}

/** Texts for every id of a model with `vocab` tokens; `pad` is the id of the padding token, or null. */
export function tokenTexts(map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs'>, vocab: number, pad: number | null): TokenTexts {
  const inputs = map.vocabulary.map(({ value }) => valueText(value));
  const mark = chooseMark(['→', '⇒', '▷'], inputs, (text) => text);
  const table = new TextTable();
  table.name(map.bos.id, map.bos.token);
  if (pad !== null)
    table.name(
      pad,
      specialTokenText(
        'pad',
        map.vocabulary.map(({ value }) => value),
      ),
    );
  for (const [index, { id }] of map.vocabulary.entries()) table.name(id, inputs[index] as string);
  table.nameOutputs(map.outputs, mark);
  for (let id = 0; id < vocab; id++) table.name(id, `${mark}unused${id}`);
  const fused = inputs.every(isOneCharacter) || inputs.some((text) => text === '' || text !== text.trim());
  return {
    texts: table.texts(vocab),
    mark,
    fused,
    inputs: inputs.filter((text) => text !== '').toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1)),
  };
}
