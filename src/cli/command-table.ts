/** Every command: its line in the overview, and how to load it. A command's code is loaded only when that command runs. */
import type { CommandDefinition } from './session/command.ts';

export interface CommandEntry {
  readonly summary: string;
  // What the options are is each command's own business: commander makes them from what the command configures.
  readonly load: () => Promise<CommandDefinition<never>>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  check: { summary: 'find the faults of programs, and run their examples', load: async () => (await import('./commands/check.ts')).check },
  run: { summary: 'interpret a program on inputs', load: async () => (await import('./commands/run.ts')).run },
  repl: { summary: 'talk RASP, with every value shown at once', load: async () => (await import('./commands/repl.ts')).repl },
  compile: { summary: 'write a transformer that computes a program', load: async () => (await import('./commands/compile.ts')).compile },
  seed: {
    summary: 'write a random model of a real architecture with circuits in place',
    load: async () => (await import('./commands/seed.ts')).seed,
  },
  graft: {
    summary: 'grow a trained model by circuits, with all that it computes kept',
    load: async () => (await import('./commands/graft.ts')).graft,
  },
  ngrams: {
    summary: 'write what most often follows in a text as a program',
    load: async () => (await import('./commands/ngrams.ts')).ngrams,
  },
  eval: { summary: 'run a compiled checkpoint on inputs', load: async () => (await import('./commands/eval.ts')).evaluate },
  generate: { summary: 'run a compiled checkpoint on its own output', load: async () => (await import('./commands/generate.ts')).generate },
  verify: { summary: 'compare a checkpoint with its program', load: async () => (await import('./commands/verify.ts')).verify },
  drift: {
    summary: 'say what training made of the circuits of a seeded model',
    load: async () => (await import('./commands/drift.ts')).drift,
  },
  match: {
    summary: 'find which known functions the heads of any checkpoint compute',
    load: async () => (await import('./commands/match.ts')).match,
  },
  dataset: {
    summary: 'write many random programs with their models, no two alike',
    load: async () => (await import('./commands/dataset.ts')).dataset,
  },
  disguise: {
    summary: 'hide what a compiled checkpoint is, and write the key to it',
    load: async () => (await import('./commands/disguise.ts')).disguise,
  },
  challenge: {
    summary: 'set riddles about models with sealed answers, and judge those who try',
    load: async () => (await import('./commands/challenge.ts')).challenge,
  },
  export: {
    summary: 'write a checkpoint as the file of another engine',
    load: async () => (await import('./commands/export.ts')).exportModel,
  },
  lock: {
    summary: 'write down what checkpoints are compiled from, and their hashes',
    load: async () => (await import('./commands/lock.ts')).lock,
  },
  inspect: { summary: 'show what is in a checkpoint, and where', load: async () => (await import('./commands/inspect.ts')).inspect },
  draw: {
    summary: 'draw what a program or a model does on an input',
    load: async () => (await import('./commands/draw.ts')).draw,
  },
  show: { summary: 'write a page that shows a model at work', load: async () => (await import('./commands/show.ts')).show },
  fmt: { summary: 'put programs into the one style', load: async () => (await import('./commands/fmt.ts')).fmt },
  lsp: { summary: 'serve an editor: help, warnings and fixes as one types', load: async () => (await import('./commands/lsp.ts')).lsp },
  explain: { summary: 'tell more about a diagnostic', load: async () => (await import('./commands/explain.ts')).explain },
};
