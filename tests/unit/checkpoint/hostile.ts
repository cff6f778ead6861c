/** Files as a stranger might send them: a sound one, damaged or forged in a way that a seed decides. */
import { randomNumbers } from './random-model.ts';

/** Edits of the header's text that keep its length, so that what is tested is the rule and not the length. */
const FORGERIES: readonly [RegExp, readonly string[]][] = [
  [/"data_offsets":\[(\d+),/, ['"data_offsets":[-', '"data_offsets":[9', '"data_offsets":[ ']],
  [/"shape":\[\d/, ['"shape":[9', '"shape":[-', '"shape":[.', '"shape":["', '"shape":[,', '"shape":[]']],
  [/"dtype":"F32"/, ['"dtype":"F64"', '"dtype":"F16"', '"dtype":"f32"', '"dtype":"I64"', '"dtype":["x"]']],
  [/"dtype"/, ['"shape"', '"dtypf"', '"\\u064"']],
  [/\.ln_1\./, ['.ln_2.']],
  [/h\.1\./, ['h.0.']],
  [/__metadata__/, ['__metadatb__']],
  [/"pt"/, ['1234', '{  }', 'null']],
  [/\{/, ['[', ' ', '"', '\0']],
  [/\}/, [']', ',', '}}']],
  [/"/, ['\\', ' ', '\u0001', '\u007f']],
];

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** One of the places where the pattern occurs, replaced. */
function replaceOne(text: string, pattern: RegExp, replacement: string, random: () => number): string {
  const places = [...text.matchAll(new RegExp(pattern, 'g'))];
  if (places.length === 0) return text;
  const place = pick(places, random);
  return text.slice(0, place.index) + replacement + text.slice(place.index + place[0].length);
}

/** The header's text, edited; the length before it is corrected, or on purpose not. */
function forgeHeader(bytes: Uint8Array, random: () => number): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  let header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  for (let edits = 1 + Math.floor(random() * 2); edits > 0; edits--) {
    const [pattern, replacements] = pick(FORGERIES, random);
    header = replaceOne(header, pattern, pick(replacements, random), random);
  }
  const json = new TextEncoder().encode(header);
  const forged = new Uint8Array(8 + json.length + bytes.length - 8 - length);
  forged.set(json, 8);
  forged.set(bytes.subarray(8 + length), 8 + json.length);
  new DataView(forged.buffer).setBigUint64(0, BigInt(random() < 0.9 ? json.length : length), true);
  return forged;
}

const DAMAGES: readonly ((bytes: Uint8Array, random: () => number) => Uint8Array)[] = [
  // cut off, often near the beginning, or with something after the end
  (bytes, random) => bytes.slice(0, Math.floor(random() ** 4 * bytes.length)),
  (bytes, random) => {
    const longer = new Uint8Array(bytes.length + 1 + Math.floor(random() * 16));
    longer.set(bytes);
    return longer;
  },
  // another header length: any of 64 bits
  (bytes, random) => {
    const changed = Uint8Array.from(bytes);
    const bit = Math.floor(random() * 64);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    return changed;
  },
  // flipped bits in the header
  (bytes, random) => {
    const changed = Uint8Array.from(bytes);
    for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
      const at = 8 + Math.floor(random() * Math.min(4000, bytes.length - 8));
      changed[at] = (changed[at] as number) ^ (1 << Math.floor(random() * 8));
    }
    return changed;
  },
  // a piece moved, so that structure stays and meaning does not
  (bytes, random) => {
    const changed = Uint8Array.from(bytes);
    const from = Math.floor(random() * bytes.length);
    changed.copyWithin(8 + Math.floor(random() * 2000), from, from + Math.floor(random() * 64));
    return changed;
  },
  forgeHeader,
  forgeHeader,
  forgeHeader,
];

/** The file number `seed` made from a sound one. */
export function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  return pick(DAMAGES, random)(bytes, random);
}
