/** What must hold of every circuit, whatever the program: an internal error where it does not. */
import type { Circuit } from './circuit.ts';
import { registersRead, registersWritten } from './dataflow.ts';
import { formAtBos } from './form.ts';

export function assertCircuit(circuit: Circuit): void {
  const written = new Set(circuit.embeddings.map((e) => e.register));
  for (const component of circuit.components) {
    for (const register of registersWritten(component)) {
      if (written.has(register)) throw new Error(`two components write ${register.name}`);
      written.add(register);
    }
  }
  for (const component of circuit.components) {
    for (const register of registersRead(component))
      if (!written.has(register)) throw new Error(`${component.name} reads ${register.name}, which nobody writes`);
    // BOS sees only itself, so a head's value there is what its register holds there.
    if (component.kind === 'head')
      for (const { form, write } of component.values) {
        const atBos = write.weight * formAtBos(form);
        const expected = write.register.features[write.feature]?.bos;
        if (expected === undefined || Math.abs(atBos - expected) > 1e-9)
          throw new Error(`${component.name} does not write at BOS what it says`);
      }
  }
}
