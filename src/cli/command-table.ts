/** Every command: its line in the overview, and how to load it. A command's code is loaded only when that command runs. */
import type { CommandDefinition } from './session/command.ts';

export interface CommandEntry {
  readonly summary: string;
  // What the options are is each command's own business: commander makes them from what the command configures.
  readonly load: () => Promise<CommandDefinition<never>>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  check: {
    summary: 'find the faults of programs, and run their examples',
    load: async () => (await import('./commands/programs/check.ts')).check,
  },
  run: { summary: 'interpret a program on inputs', load: async () => (await import('./commands/programs/run.ts')).run },
  repl: { summary: 'talk RASP, with every value shown at once', load: async () => (await import('./commands/programs/repl.ts')).repl },
  compile: {
    summary: 'write a transformer that computes a program',
    load: async () => (await import('./commands/models/compile.ts')).compile,
  },
  seed: {
    summary: 'write a random model of a real architecture with circuits in place',
    load: async () => (await import('./commands/seeds/seed.ts')).seed,
  },
  graft: {
    summary: 'grow a trained model by circuits, with all that it computes kept',
    load: async () => (await import('./commands/seeds/graft.ts')).graft,
  },
  ngrams: {
    summary: 'write what most often follows in a text as a program',
    load: async () => (await import('./commands/seeds/ngrams.ts')).ngrams,
  },
  eval: { summary: 'run a compiled checkpoint on inputs', load: async () => (await import('./commands/models/eval.ts')).evaluate },
  generate: {
    summary: 'run a compiled checkpoint on its own output',
    load: async () => (await import('./commands/models/generate.ts')).generate,
  },
  verify: { summary: 'compare a checkpoint with its program', load: async () => (await import('./commands/models/verify.ts')).verify },
  drift: {
    summary: 'say what training made of the circuits of a seeded model',
    load: async () => (await import('./commands/seeds/drift.ts')).drift,
  },
  match: {
    summary: 'find which known functions the heads of any checkpoint compute',
    load: async () => (await import('./commands/seeds/match.ts')).match,
  },
  dataset: {
    summary: 'write many random programs with their models, no two alike',
    load: async () => (await import('./commands/ground-truth/dataset.ts')).dataset,
  },
  disguise: {
    summary: 'hide what a compiled checkpoint is, and write the key to it',
    load: async () => (await import('./commands/ground-truth/disguise.ts')).disguise,
  },
  challenge: {
    summary: 'set riddles about models with sealed answers, and judge those who try',
    load: async () => (await import('./commands/ground-truth/challenge.ts')).challenge,
  },
  export: {
    summary: 'write a checkpoint as the file of another engine',
    load: async () => (await import('./commands/models/export.ts')).exportModel,
  },
  lock: {
    summary: 'write down what checkpoints are compiled from, and their hashes',
    load: async () => (await import('./commands/models/lock.ts')).lock,
  },
  inspect: { summary: 'show what is in a checkpoint, and where', load: async () => (await import('./commands/models/inspect.ts')).inspect },
  draw: {
    summary: 'draw what a program or a model does on an input',
    load: async () => (await import('./commands/programs/draw.ts')).draw,
  },
  show: { summary: 'write a page that shows a model at work', load: async () => (await import('./commands/models/show.ts')).show },
  fmt: { summary: 'put programs into the one style', load: async () => (await import('./commands/programs/fmt.ts')).fmt },
  lsp: {
    summary: 'serve an editor: help, warnings and fixes as one types',
    load: async () => (await import('./commands/programs/lsp.ts')).lsp,
  },
  explain: { summary: 'tell more about a diagnostic', load: async () => (await import('./commands/programs/explain.ts')).explain },
};
