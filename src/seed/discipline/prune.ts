/** A circuit without what nobody reads. */
import type { Circuit, Component, Form } from '../../circuit/circuit.ts';

/** Keeps the registers as they are: a feature that is no longer written is one that nobody reads. */
export function prune(circuit: Circuit, exported: readonly Form[]): Circuit {
  let components = circuit.components;
  for (let before = -1; before !== sizeOf(components); ) {
    before = sizeOf(components);
    const read = featuresRead([...components.flatMap(formsOf), ...exported]);
    components = components.flatMap((component): Component[] => {
      if (component.kind === 'head') {
        const values = component.values.filter(({ write }) => read.has(keyOf(write)));
        return values.length === 0 ? [] : [{ ...component, values }];
      }
      const steps = component.steps.flatMap((step) => {
        const writes = step.writes.filter((write) => read.has(keyOf(write)));
        return writes.length === 0 ? [] : [{ ...step, writes }];
      });
      const base = component.base.filter((write) => read.has(keyOf(write)));
      return steps.length + base.length === 0 ? [] : [{ ...component, steps, base }];
    });
  }
  return { ...circuit, components };
}

/** `register.feature` of every term. */
export function featuresRead(forms: readonly Form[]): Set<string> {
  return new Set(forms.flatMap(({ terms }) => terms.map(keyOf)));
}

export function keyOf({ register, feature }: Form['terms'][number]): string {
  return `${register.id}.${feature}`;
}

export function formsOf(component: Component): Form[] {
  if (component.kind === 'neurons') return component.steps.map(({ input }) => input);
  return [...component.scores.flatMap(({ query, key }) => [query, key]), ...component.values.map(({ form }) => form)];
}

function sizeOf(components: readonly Component[]): number {
  return components.reduce(
    (sum, c) => sum + 1 + (c.kind === 'head' ? c.values.length : c.steps.reduce((n, step) => n + step.writes.length, c.base.length)),
    0,
  );
}
