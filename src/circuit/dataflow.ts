/** Who reads and writes which register, and the order that follows. */
import type { Circuit, Component, Form, Register } from './circuit.ts';

/** The components, each after those that write what it reads. */
export function inOrder(circuit: Circuit): Component[] {
  const writer = writers(circuit.components);
  const done = new Set<Component>();
  const order: Component[] = [];
  const visit = (component: Component) => {
    if (done.has(component)) return;
    done.add(component);
    for (const register of registersRead(component)) {
      const source = writer.get(register);
      if (source !== undefined) visit(source);
    }
    order.push(component);
  };
  for (const component of circuit.components) visit(component);
  return order;
}

/** The component that writes each register; none writes what is embedded. */
export function writers(components: Iterable<Component>): Map<Register, Component> {
  const writer = new Map<Register, Component>();
  for (const component of components) for (const register of registersWritten(component)) writer.set(register, component);
  return writer;
}

/** Every register a component reads. A group may have tens of thousands of steps, which read one form. */
export function registersRead(component: Component): Set<Register> {
  const forms =
    component.kind === 'neurons'
      ? new Set(component.steps.map((s) => s.input))
      : [...component.scores.flatMap(({ query, key }) => [query, key]), ...component.values.map((v) => v.form)];
  return registersIn(forms);
}

/** Every register a component writes. */
export function registersWritten(component: Component): Set<Register> {
  const registers = new Set<Register>();
  if (component.kind !== 'neurons') for (const { write } of component.values) registers.add(write.register);
  else {
    for (const { register } of component.base) registers.add(register);
    for (const { writes } of component.steps) for (const { register } of writes) registers.add(register);
  }
  return registers;
}

export function registersIn(forms: Iterable<Form>): Set<Register> {
  const registers = new Set<Register>();
  for (const { terms } of forms) for (const { register } of terms) registers.add(register);
  return registers;
}
