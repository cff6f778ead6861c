/** What raspc.json says of a circuit for those who look at it without the compiler: readable names, codes, who reads what from whom, and what heads select. */
import type { MapEdge, MapHead, MapVariable, Place } from '../../checkpoint/map/circuit-map.ts';
import type { Component, Form, Head, Register } from '../../circuit/circuit.ts';
import { registersIn, registersRead } from '../../circuit/dataflow.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import type { Placement } from '../../placement/placement.ts';
import type { Span } from '../../source/source-file.ts';

/** Numbers of a variable's codes beyond which a one-hot code is left to its encoding. */
const LISTED_NUMBERS = 4096;
/** Characters of a source text that stands for a name. */
const LONGEST_NAME = 48;
/** Characters of the text of a selector. */
const LONGEST_SELECTOR = 160;
/** What registers and components are called whose s-op has no name. */
const NAMELESS: ReadonlySet<string> = new Set(['aggregate', 'value', 'selector_width']);

/** The source's name of a register or component, else its text. */
export function readableName({ name, spans }: Pick<Component, 'name' | 'spans'>): string {
  const [span] = spans;
  return NAMELESS.has(name) && span !== undefined ? textOf(span, LONGEST_NAME) : name;
}

/** A name for each register, of no two the same: `hist`, and `hist#2` for a second code of the same values. */
export function uniqueNames(registers: Iterable<Register>): ReadonlyMap<Register, string> {
  const taken = new Set<string>();
  const names = new Map<Register, string>();
  for (const register of registers) {
    const base = readableName(register);
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}#${i}`;
    taken.add(name);
    names.set(register, name);
  }
  return names;
}

function textOf({ file, start, end }: Span, longest: number): string {
  const text = file.text.slice(start, end).replaceAll(/\s+/g, ' ');
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** The codes of a register's values, and of BOS. */
export function describeCodes(
  { encoding, features }: Register,
  values: MapVariable['values'],
): Required<Pick<MapVariable, 'bosCode'>> & Pick<MapVariable, 'codes'> {
  const bosCode = features.map(({ bos }) => bos);
  const isLarge = encoding !== 'features' && values.length * features.length > LISTED_NUMBERS;
  const levels = features.flatMap((feature) => feature.levels ?? []);
  // what is not enumerated has one linear number, and no codes
  if (values.length === 0 || isLarge || features.some((feature) => feature.levels === null) || levels.length === 0) return { bosCode };
  const codes = values.map((value, v) => ({ value, code: features.map((feature) => feature.levels?.[v] ?? 0) }));
  return { codes, bosCode };
}

/** From where a register is written to the last sublayer that finds it: the one that clears it, or the output. */
export function describeLife(register: Register, written: Place, { lifetimes, layers }: Placement): NonNullable<MapVariable['live']> {
  const cleared = lifetimes.get(register)?.cleared ?? null;
  const to: Place = cleared === null ? { layer: layers.length - 1, sublayer: 'output' } : { layer: cleared, sublayer: 'mlp' };
  return { from: written, to };
}

/** What a head selects, and how much BOS takes of it. */
export function describeSelection(head: Head, facts: Facts): Pick<MapHead, 'selects' | 'bosShare'> {
  const node = head.values[0]?.write.register.node ?? null;
  const selector = node === null ? null : selectorOf(node);
  const [span] = selector?.spans ?? [];
  const text = span === undefined ? null : textOf(span, LONGEST_SELECTOR);
  return {
    // a position that is counted counts all that are seen
    ...(text === null ? (node?.kind === 'indices' ? { selects: 'all positions so far' } : {}) : { selects: text }),
    bosShare: bosShare(head, facts.assumptions.context, selector !== null && facts.selectionCount(selector).nonempty),
  };
}

function selectorOf(node: SOp) {
  return node.kind === 'aggregate' || node.kind === 'width' || node.kind === 'reduction' ? node.selector : null;
}

/** Where c keys share attention with BOS, which weighs W of them, BOS has W / (W + c); elsewhere it has nothing, or all where no key is selected. */
function bosShare({ semantics: { kind, bosWeight, counts } }: Head, context: number, isNeverEmpty: boolean) {
  if (kind !== 'width') return { least: 0, most: isNeverEmpty ? 0 : 1 };
  const [fewest, most] = counts === null ? [0, context] : [Math.min(...counts), Math.max(...counts)];
  return { least: bosWeight / (bosWeight + most), most: bosWeight / (bosWeight + fewest) };
}

/** Who reads which variable from whom, in the order of the readers. */
export function describeEdges({ circuit, layers, lifetimes, sizes }: Placement, names: ReadonlyMap<Register, string>): readonly MapEdge[] {
  const headName = (layer: number, index: number) => `a${layer}.h${index * (sizes.heads / sizes.kvHeads)}`;
  const writer = (register: Register): string => {
    const written = lifetimes.get(register)?.written ?? 'embedding';
    if (written === 'embedding') return 'embedding';
    return written.sublayer === 'mlp' ? `m${written.layer}` : headName(written.layer, written.index);
  };
  const edges = new Map<string, MapEdge>();
  const add = (registers: Iterable<Register>, to: string, clears?: true) => {
    for (const register of registers) {
      const edge = { from: writer(register), to, variable: names.get(register) as string, clears };
      // what is read as well as cleared is used
      const key = `${edge.from} ${to} ${edge.variable}`;
      if (!edges.has(key)) edges.set(key, edge);
    }
  };
  for (const [layer, { heads, groups, clears }] of layers.entries()) {
    for (const { index, components, scores, bos } of heads) {
      const at = headName(layer, index);
      add([...registersIn(scores.map(({ query }) => query)), ...(bos.toItself === 0 ? [] : [circuit.bos])], `${at}<q>`);
      // every head tells BOS from tokens by its keys
      add([...registersIn(scores.map(({ key }) => key)), circuit.bos], `${at}<k>`);
      add(registersIn(components.flatMap(({ values }) => values.map(({ form }) => form))), `${at}<v>`);
    }
    for (const { group } of groups) add(registersRead(group), `m${layer}`);
    for (const { register } of clears) add([register], `m${layer}`, true);
  }
  add(registersIn(circuit.readouts.flatMap(formsOf)), 'logits');
  return [...edges.values()];
}

function formsOf(readout: Placement['circuit']['readouts'][number]): readonly Form[] {
  if (readout.kind === 'categorical')
    return [...readout.logits.map(({ form }) => form), ...(readout.nearest ?? []).map(({ number }) => number)];
  return readout.per === undefined ? [readout.form] : [readout.form, readout.per];
}
