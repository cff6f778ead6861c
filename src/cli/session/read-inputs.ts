/** The inputs of a command: those given with `--input`, and for `-` those on standard input, one a line. */
import { TextDecoder } from 'node:util';
import type { Command } from 'commander';
import { fail } from '../../diagnostics/catalog.ts';
import type { Value } from '../../graph/value.ts';
import { type InputLimits, parseInput } from '../../library/parse-input.ts';
import type { Io } from '../terminal/io.ts';

export interface InputOptions {
  readonly input?: readonly string[];
}

export function addInputOption(command: Command): Command {
  return command.option('--input <input...>', 'a string, or a JSON list of tokens; `-` reads one a line from standard input');
}

export async function readInputs(io: Io, command: string, { input }: InputOptions, limits: InputLimits): Promise<Value[][]> {
  if (input === undefined) return fail('R8003', { what: 'at least one `--input`', command });
  const texts: string[] = [];
  for (const text of input) {
    if (text === '-') texts.push(...(await lines(io)));
    else texts.push(text);
  }
  return texts.map((text) => parseInput(text, limits));
}

async function lines(io: Io): Promise<string[]> {
  const text = new TextDecoder('utf-8').decode(await io.stdin.read());
  const all = text.split(/\r?\n/);
  if (all.at(-1) === '') all.pop();
  return all;
}
