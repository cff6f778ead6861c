/** What `raspc graft` can be asked. */
import type { CodeKind } from '../../seed/own/choose-codes.ts';
import type { CircuitOptions } from '../seed/seed-options.ts';
import type { TextSource } from '../texts/read-windows.ts';

export interface GraftCommandOptions extends CircuitOptions {
  readonly windows: number;
  /** Where codes of tokens come from. */
  readonly codes: CodeKind;
}

/** The text that is measured on; undefined where random tokens are. */
export function textOf({ text, tokenizer }: GraftCommandOptions, into: string): TextSource | undefined {
  return text === undefined ? undefined : { path: text, tokenizer, folders: [into] };
}
