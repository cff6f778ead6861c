/** `:target` and `:compile`: which family of models is meant, and a model of what was typed. */
import { nearest } from '../../diagnostics/nearest.ts';
import { sourceFile } from '../../source/source-file.ts';
import type { ReplCompiler } from '../repl-options.ts';
import type { SessionSource } from './session-source.ts';

const NOBODY = '\tthere is no compiler in this session\n';

export class SessionCompiler {
  readonly #compiler: ReplCompiler | null;
  readonly #source: SessionSource;
  /** Of the file that the session stands for: what `load` is relative to, and what messages name. */
  readonly #path: string;
  #target: string;

  constructor(compiler: ReplCompiler | null, source: SessionSource, path: string) {
    this.#compiler = compiler;
    this.#source = source;
    this.#path = path;
    this.#target = compiler?.targets[0] ?? '';
  }

  get targets(): readonly string[] {
    return this.#compiler?.targets ?? [];
  }

  /** Takes a family, or tells which is meant. */
  target(name: string): string {
    if (this.#compiler === null) return NOBODY;
    if (name === '') return `\ttarget: ${this.#target}, of ${this.targets.join(', ')}\n`;
    if (!this.targets.includes(name)) {
      const close = nearest(name, this.targets);
      return `\tthere is no target ${name}; ${close === null ? `there are ${this.targets.join(', ')}` : `is it ${close}?`}\n`;
    }
    this.#target = name;
    return `\ttarget: ${name}\n`;
  }

  /** Takes the words after `:compile`. Throws a DiagnosticError. */
  compile(words: string): string {
    if (this.#compiler === null) return NOBODY;
    const request = readRequest(words);
    if (request === null) return '\tafter -o there has to be a folder, and nothing else starts with -\n';
    this.#compiler.compile(sourceFile(this.#path, this.#source.text), { target: this.#target, ...request });
    return '';
  }
}

/** `[NAME…] [-o DIR]`, in any order; a `;` at the end is a habit. */
function readRequest(text: string): { readonly exports: readonly string[]; readonly output: string | null } | null {
  const words = text.replace(/;$/, '').split(/\s+/).filter(Boolean);
  const option = words.findIndex((word) => word === '-o' || word === '--output');
  const output = option < 0 ? null : (words[option + 1] ?? '');
  const exports = option < 0 ? words : words.toSpliced(option, 2);
  return output === '' || exports.some((word) => word.startsWith('-')) ? null : { exports, output };
}
