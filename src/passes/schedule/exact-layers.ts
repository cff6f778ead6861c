/**
 * The best layers for a circuit's components, proven so by an integer program: of all schedules with the fewest layers one with the fewest heads
 * a layer, of those one with the fewest neurons a layer, then the smallest heads.
 */
import type { Circuit, Component } from '../../circuit/circuit.ts';
import { GOALS, type ReachedGoal } from '../../placement/placement.ts';
import { grouped } from '../grouped.ts';
import { IntegerProgram, type IntegerSolver, type Term } from './integer-program.ts';
import { type Block, type Layers, neuronsOf, type Windows } from './layers.ts';
import { byAttention, measureLayers, valuesOf, writesBase } from './measure-layers.ts';

export interface ExactLayers {
  readonly layerOf: Layers;
  readonly goals: readonly ReachedGoal[];
}

/** Choices of a layer for a component, beyond which the program is not stated. */
const CHOICE_LIMIT = 20_000;
/** What a solver leaves of a whole number. */
const TOLERANCE = 1e-6;

/**
 * Makes each goal in turn as small as it can be while those before keep what they reached. Where nothing is better than the layers that
 * are given they are what is returned. Null where there are too many choices to state the problem.
 */
export function exactLayers(circuit: Circuit, block: Block, windows: Windows, given: Layers, solve: IntegerSolver): ExactLayers | null {
  const choices = choicesOf(windows);
  if (choices.length > CHOICE_LIMIT) return null;
  const program = state(block, windows, choices);
  let layerOf = given;
  const goals: ReachedGoal[] = [];
  for (const name of GOALS) {
    const found = solve(program.minimizing(name, new Map(goals.map((g) => [g.name, g.value]))));
    if (found !== null) {
      const made = choices.filter(({ name }) => (found.values.get(name) ?? 0) > 1 / 2);
      const other = new Map(made.map((c) => [c.component, c.layer]));
      if (measureLayers(circuit, block, other)[name] < measureLayers(circuit, block, layerOf)[name]) layerOf = other;
    }
    const value = measureLayers(circuit, block, layerOf)[name];
    goals.push({ name, value, bound: found === null ? 0 : Math.min(value, Math.ceil(found.bound - TOLERANCE)) });
  }
  return { layerOf, goals };
}

/** A layer that a component can stand in, and the variable that is 1 where it does. */
interface Choice {
  readonly component: Component;
  readonly layer: number;
  readonly name: string;
}

function choicesOf({ earliest, latest }: Windows): Choice[] {
  return [...earliest].flatMap(([component, from], index) => {
    const to = latest.get(component) as number;
    return Array.from({ length: to - from + 1 }, (_, i) => ({ component, layer: from + i, name: `x${index}_${from + i}` }));
  });
}

function state(block: Block, { waits }: Windows, choices: readonly Choice[]): IntegerProgram {
  const program = new IntegerProgram();
  for (const goal of GOALS) program.count(goal);
  for (const { name } of choices) program.binary(name);
  const ofComponent = grouped(choices, (c) => c.component);
  const own = (component: Component) => ofComponent.get(component) as readonly Choice[];
  for (const all of ofComponent.values()) program.require(ones(all.map((c) => c.name)), '=', 1);
  for (const { writer, reader, delay } of waits) {
    // Whatever layer the reader stands in up to here, the writer stands before it.
    for (const { layer } of own(reader).slice(0, -1)) {
      const by = (component: Component, last: number) => own(component).flatMap((c) => (c.layer <= last ? c.name : []));
      const before = by(writer, layer - delay);
      program.require([...ones(by(reader, layer)), ...ones(before, -1)], '<=', 0);
    }
  }
  let indicators = 0;
  /** A variable that is 1 where any of the choices is made. */
  const any = (some: readonly Choice[]): string => {
    if (some.length === 1) return (some[0] as Choice).name;
    const indicator = program.binary(`y${indicators++}`);
    for (const { name } of some) program.require([...ones([name]), ...ones([indicator], -1)], '<=', 0);
    return indicator;
  };
  for (const here of grouped(choices, (c) => c.layer).values()) {
    const heads = [...byAttention(here, block).values()];
    const biased = here.filter((c) => block.biasNeurons > 0 && writesBase(c.component));
    const neurons = here.map(({ component, name }): Term => [neuronsOf(component, block), name]);
    if (biased.length > 0) neurons.push([block.biasNeurons, any(biased)]);
    program.require([...heads.map((sharing): Term => [1, any(sharing)]), [-1, 'heads']], '<=', 0);
    program.require([...neurons.filter(([count]) => count > 0), [-1, 'neurons']], '<=', 0);
    for (const sharing of heads) {
      program.require([...sharing.map(({ component, name }): Term => [valuesOf(component), name]), [-1, 'values']], '<=', 0);
    }
  }
  return program;
}

function ones(variables: readonly string[], weight = 1): Term[] {
  return variables.map((name) => [weight, name]);
}
