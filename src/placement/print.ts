/** A placement as text: sizes, where each register lies, and what each layer holds. */
import type { Placement, Slot } from './placement.ts';

export function printPlacement({ sizes, layers, dimensions, lifetimes, frame }: Placement): string {
  const lines = [
    `${layers.length} layers, width ${sizes.width}, ${sizes.heads} heads of ${sizes.dim}, hidden ${sizes.hidden}`,
    `frame: anchors ${range(frame.anchors)} at ${frame.amplitude}, norm divides by ${frame.sigma}, balance ${frame.balance ?? 'none'}, reference ${frame.reference ?? 'none'}`,
  ];
  for (const [register, { written, lastRead, cleared }] of lifetimes) {
    const read = lastRead === null ? 'never' : `${lastRead.sublayer} ${lastRead.layer}`;
    const end = cleared === null ? '' : `, cleared by mlp ${cleared}`;
    lines.push(
      `${register.name}#${register.id} at ${range(dimensions.get(register) ?? [])}: written by ${place(written)}, last read by ${read}${end}`,
    );
  }
  for (const [layer, { heads, groups, clears }] of layers.entries()) {
    for (const head of heads) {
      const names = head.components.map((c) => c.name).join(', ');
      lines.push(`layer ${layer} head ${head.index}: ${names} (${head.scores.length + 1} score, ${head.values.length} value dimensions)`);
    }
    for (const { group, from, to } of groups) lines.push(`layer ${layer} neurons ${from}..${to - 1}: ${group.name}`);
    for (const { register, from, to } of clears)
      lines.push(`layer ${layer} neurons ${from}..${to - 1}: clear ${register.name}#${register.id}`);
  }
  return `${lines.join('\n')}\n`;
}

function place(slot: Slot | 'embedding'): string {
  return slot === 'embedding' ? slot : `${slot.sublayer} ${slot.layer}`;
}

function range(dimensions: readonly number[]): string {
  if (dimensions.length === 0) return 'nothing';
  if (dimensions.length === 1) return String(dimensions[0]);
  const isRun = dimensions.every((dim, i) => dim === (dimensions[0] as number) + i);
  return isRun ? `${dimensions[0]}..${dimensions.at(-1)}` : dimensions.join(' ');
}
