/** Writes messages of Protocol Buffers: fields one after the other, as pieces that are joined once at the end. */

/** What a field or a message consists of. */
export type Pieces = readonly Uint8Array[];

/** How a field's value is laid out (protobuf.dev, "Encoding"). */
const WIRE = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** Seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

function key(field: number, wire: number): number[] {
  return varint(field * 8 + wire);
}

/** A whole number from 0 on. */
export function numberField(field: number, value: number): Pieces {
  return [Uint8Array.from([...key(field, WIRE.varint), ...varint(value)])];
}

export function floatField(field: number, value: number): Pieces {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [Uint8Array.from([...key(field, WIRE.fixed32), ...bytes])];
}

export function textField(field: number, text: string): Pieces {
  return messageField(field, [new TextEncoder().encode(text)]);
}

/** Bytes, or another message. */
export function messageField(field: number, content: Pieces): Pieces {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...key(field, WIRE.bytes), ...varint(length)]), ...content];
}

export function joined(pieces: Pieces): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
