/** The inputs of a command: those given with `--input`, and for `-` those on standard input, one a line. */
import { TextDecoder } from 'node:util';
import type { Command } from 'commander';
import { fail } from '../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Value } from '../../graph/value.ts';
import { type InputLimits, parseInput } from '../../library/parse-input.ts';
import { type Span, sourceFile } from '../../source/source-file.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';
import type { Session } from './session.ts';

export interface InputOptions {
  readonly input?: readonly string[];
}

export function addInputOption(command: Command): Command {
  return command.option('--input <input...>', 'a string, or a JSON list of tokens; `-` reads one a line from standard input');
}

/** What could be read: the inputs in front of the first that is faulty, if one is. */
export interface InputsSoFar {
  readonly inputs: readonly Value[][];
  readonly fault: DiagnosticError | null;
}

export async function readInputs(io: Io, command: string, options: InputOptions, limits: InputLimits): Promise<readonly Value[][]> {
  const { inputs, fault } = await readInputsSoFar(io, command, options, limits);
  if (fault !== null) throw fault;
  return inputs;
}

/** A faulty line of standard input takes none of the results of the lines before it. One that is faulty from the start is thrown. */
export async function readInputsSoFar(io: Io, command: string, { input }: InputOptions, limits: InputLimits): Promise<InputsSoFar> {
  if (input === undefined) return fail('R8003', { what: 'at least one `--input`', command });
  const inputs: Value[][] = [];
  for (const text of input) {
    for (const each of text === '-' ? await lines(io) : [{ text, span: null }]) {
      try {
        inputs.push(parseInput(each.text, limits));
      } catch (fault) {
        if (!(fault instanceof DiagnosticError) || each.span === null) throw fault;
        const { span } = each;
        const placed = fault.diagnostics.map((diagnostic) => ({ ...diagnostic, primary: { span, text: '' } }));
        if (inputs.length === 0) throw new DiagnosticError(placed);
        return { inputs, fault: new DiagnosticError(placed) };
      }
    }
  }
  return { inputs, fault: null };
}

/** Ends a command that has shown what it could: 0, or what the faulty input means. */
export function endWith(session: Session, { fault }: InputsSoFar): ExitCode {
  if (fault === null) return EXIT.done;
  session.report(fault.diagnostics);
  return exitCodeOf(fault.diagnostics);
}

/** The lines of standard input with their places. */
async function lines(io: Io): Promise<{ readonly text: string; readonly span: Span }[]> {
  const file = sourceFile('<stdin>', new TextDecoder('utf-8').decode(await io.stdin.read()));
  const all = [...file.text.matchAll(/(.*?)(?:\r?\n|$)/gs)].filter(({ index }) => index < file.text.length);
  return all.map(({ 1: text = '', index }) => ({ text, span: { file, start: index, end: index + text.length } }));
}
