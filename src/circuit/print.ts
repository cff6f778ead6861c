/** A circuit as text: registers, then one line for each part of each component. */
import type { Circuit, Form, Register, Write } from './circuit.ts';

export function printCircuit(circuit: Circuit): string {
  const lines: string[] = [];
  const registers = new Set<Register>();
  for (const { register, source } of circuit.embeddings) {
    registers.add(register);
    lines.push(`embedding ${registerName(register)} from ${source}, ${register.encoding}, ${register.features.length} dimensions`);
  }
  for (const component of circuit.components) {
    if (component.kind === 'head') {
      const { kind, selected, gap } = component.semantics;
      const { relative, recency = 0, order, bos } = component;
      lines.push(`head ${component.name}: ${kind}, selected ${number(selected)}, gap ${number(gap)}`);
      for (const { query, key } of component.scores) lines.push(`  score (${printForm(query)}) x (${printForm(key)})`);
      if (relative !== null) lines.push(`  score 0 at distance ${relative.offset}, else at most ${number(-relative.gap)}`);
      if (recency !== 0) lines.push(`  score ${number(-recency)} a position further back`);
      if (order !== undefined) lines.push(`  score at least ${number(order.step)} more a position, ${order.end} most`);
      lines.push(`  bos ${number(bos.score)}${bos.toItself === 0 ? '' : `, to itself ${number(bos.toItself)} more`}`);
      for (const { form, write } of component.values) lines.push(`  value ${printForm(form)} -> ${printWrite(write)}`);
    } else {
      lines.push(`neurons ${component.name}`);
      let input: Form | null = null;
      if (component.base.length > 0) lines.push(`  base ${component.base.map(printWrite).join(', ')}`);
      for (const step of component.steps) {
        if (step.input !== input) lines.push(`  of ${printForm(step.input)}`);
        input = step.input;
        lines.push(`  step ${number(step.low)}..${number(step.high)}: ${step.writes.map(printWrite).join(', ')}`);
      }
    }
  }
  for (const readout of circuit.readouts) {
    if (readout.kind === 'numeric')
      lines.push(`output ${readout.name} = ${printForm(readout.form)}${readout.per === undefined ? '' : ` / (${printForm(readout.per)})`}`);
    else
      for (const { value, form } of readout.logits)
        lines.push(`output ${readout.name} is ${JSON.stringify(String(value))}: ${printForm(form)}`);
  }
  return `${lines.join('\n')}\n`;
}

export function printForm({ constant, terms }: Form): string {
  const parts = terms.map((t) => `${t.weight === 1 ? '' : `${number(t.weight)}*`}${registerName(t.register)}[${t.feature}]`);
  if (constant !== 0 || parts.length === 0) parts.push(number(constant));
  return parts.join(' + ').replaceAll('+ -', '- ');
}

function printWrite({ register, feature, weight }: Write): string {
  return `${weight === 1 ? '' : `${number(weight)}*`}${registerName(register)}[${feature}]`;
}

function registerName({ name, id }: Register): string {
  return `${name}#${id}`;
}

function number(x: number): string {
  return Number.isInteger(x) ? String(x) : x.toPrecision(6).replace(/\.?0+($|e)/, '$1');
}
