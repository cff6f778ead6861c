/** A placement as text: sizes, where each register lies, and what each layer holds. */
import { type Placement, referenceDimensions, type Slot } from './placement.ts';

export function printPlacement({ sizes, layers, dimensions, lifetimes, frame }: Placement): string {
  const lines = [
    `${layers.length} layers, width ${sizes.width}, ${sizes.heads} heads of ${sizes.dim}, hidden ${sizes.hidden}`,
    `frame: anchors ${range(frame.anchors)} at ${frame.amplitude}, norm divides by ${frame.sigma}, balance ${frame.balance ?? 'none'}, references ${range(referenceDimensions(frame))}`,
  ];
  for (const [register, { written, lastRead }] of lifetimes) {
    const read = lastRead === null ? 'never' : `${lastRead.sublayer} ${lastRead.layer}`;
    lines.push(
      `${register.name}#${register.id} at ${range(dimensions.get(register) ?? [])}: written by ${place(written)}, last read by ${read}`,
    );
  }
  for (const [layer, { heads, groups }] of layers.entries()) {
    for (const head of heads) {
      const names = head.components.map((c) => c.name).join(', ');
      lines.push(`layer ${layer} head ${head.index}: ${names} (${head.scores.length + 1} score, ${head.values.length} value dimensions)`);
    }
    for (const { group, from, to } of groups) lines.push(`layer ${layer} neurons ${from}..${to - 1}: ${group.name}`);
  }
  return `${lines.join('\n')}\n`;
}

function place(slot: Slot | 'embedding'): string {
  return slot === 'embedding' ? slot : `${slot.sublayer} ${slot.layer}`;
}

function range(dimensions: readonly number[]): string {
  if (dimensions.length === 0) return 'nothing';
  return dimensions.length === 1 ? String(dimensions[0]) : `${dimensions[0]}..${dimensions.at(-1)}`;
}
