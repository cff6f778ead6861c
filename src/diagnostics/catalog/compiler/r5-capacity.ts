/** R5, capacity: what does not fit into the model that was asked for. */

import { withCommas } from '../../../source/with-commas.ts';
import { entry } from '../../catalog-entry.ts';

/** One of the largest consumers of what ran out. */
export interface Consumer {
  readonly name: string;
  readonly amount: number;
  readonly unit: string;
}

/** A size of a given model that is too small. */
export interface Shortage {
  /** The key of config.json. */
  readonly key: string;
  readonly has: number;
  readonly needed: number;
  readonly why: string;
}

export const CAPACITY = {
  R5001: entry<object>({
    message: () => 'the longest input of this program is not known',
    help: () => 'add `@context 32;` to the file, or give `--context`',
    explanation:
      'To compile a program, the compiler has to know how many tokens the longest input has: the positions and the counts it must tell apart.',
    bad: { kind: 'program', source: '@vocab "abc";\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
    good: { kind: 'program', source: '@vocab "abc";\n@context 8;\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
  }),
  R5002: entry<{ what: string; size: number; limit: number }>({
    message: ({ what, size, limit }) =>
      `a ${what} of ${withCommas(size)} is beyond what can be compiled (the limit is ${withCommas(limit)})`,
    help: ({ what }) => `make the ${what} smaller`,
    explanation: 'Tables of positions and tokens are enumerated, so both have to stay within reason.',
    bad: { kind: 'program', source: '@vocab "abc";\n@context 1000000000;\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
    good: { kind: 'program', source: '@vocab "abc";\n@context 512;\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
  }),
  R5003: entry<{ parameters: number; limit: number; sizes: string; consumers: readonly Consumer[] }>({
    message: ({ parameters, limit }) => `the model would have ${withCommas(parameters)} parameters (the limit is ${withCommas(limit)})`,
    help: ({ sizes, consumers }) => [
      `its sizes: ${sizes}`,
      `the largest consumers: ${consumers.map((c) => `\`${c.name}\` ${withCommas(c.amount)}`).join(', ')}`,
      'use values of which there are fewer, or shorten the context with `@context`',
    ],
    explanation:
      'Each value that is written as a category takes a dimension of the residual stream, and each change of a function two neurons; the model is their product.',
    bad: {
      kind: 'program',
      source:
        '@vocab range(0, 32);\n@context 32;\n@causal;\ndef repeats(n) { x = tokens * n + indices; return selector_width(select(x, x, <)); }\ny = repeats(37) + repeats(41) + repeats(43) + repeats(47) + repeats(53);\n@export y;',
      stage: 'compile',
    },
    good: {
      kind: 'program',
      source: '@vocab range(0, 20);\n@context 20;\n@causal;\nx = aggregate(rightmost(select(tokens, tokens, ==)), indices);\n@export x;',
      stage: 'compile',
    },
  }),
  R5004: entry<{ shortages: readonly Shortage[]; consumers: readonly Consumer[] }>({
    message: ({ shortages }) =>
      `the program does not fit into the model of \`--like\`: ${shortages.map(({ key, has, needed }) => `\`${key}\` is ${withCommas(has)}, and ${withCommas(needed)} are needed`).join('; ')}`,
    help: ({ shortages, consumers }) => [
      ...shortages.map(({ key, needed, why }) => `\`${key}\` of ${withCommas(needed)} would do: ${why}`),
      ...(consumers.length === 0
        ? []
        : [`the largest consumers: ${consumers.map((c) => `\`${c.name}\` ${withCommas(c.amount)} ${c.unit}`).join(', ')}`]),
    ],
    explanation:
      'With `--like` a program is compiled into a model of exactly the sizes of a given config.json; what is not used is zero. Each layer has so many heads and neurons, and the residual stream so many dimensions: a program that needs more of any is refused, with the smallest sizes that would hold it.',
    bad: {
      kind: 'command',
      line: 'raspc compile programs/induction.rasp --like out/hist -o out/another',
    },
    good: {
      kind: 'command',
      line: 'raspc compile programs/first_token.rasp --like out/hist -o out/another',
    },
  }),
  R5005: entry<{
    /** What most of the work was done for, empty where that has no name, and its part of all work. */
    name: string;
    part: number;
    /** With how much effort it may be found out. */
    more: number;
  }>({
    message: () => 'whether this program can be compiled takes too long to find out',
    help: ({ name, part, more }) => [
      `${Math.round(100 * part)}% of the work was done for ${name === '' ? 'this expression' : `\`${name}\``}: use values of which there are fewer, or shorten the context with \`@context\``,
      `\`--effort ${more}\` works ${more} times as long`,
    ],
    explanation:
      'What choosing heads and neurons and bounding their errors takes is counted as it is done, and has a limit: some five seconds of a processor. It is turns of loops that are counted, not seconds, so the same program is refused on any machine. `--effort N` multiplies the limit.',
    bad: {
      kind: 'program',
      source: '@vocab range(0, 40);\n@context 32;\n@causal;\nx = tokens * 34 - indices;\ny = has_focus(select(x, x, <));\n@export y;',
      stage: 'compile',
    },
    good: {
      kind: 'program',
      source: '@vocab range(0, 40);\n@context 6;\n@causal;\nx = tokens * 7 - indices;\ny = has_focus(select(x, x, <));\n@export y;',
      stage: 'compile',
    },
  }),
} as const;
