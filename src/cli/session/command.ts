/** What a command is to the dispatcher: its command line as data for commander, and what it does. */
import { type Command, Option } from 'commander';
import { fail } from '../../diagnostics/catalog.ts';
import type { ExitCode } from '../terminal/exit-codes.ts';
import type { Session } from './session.ts';

export interface CommandDefinition<Options = Record<string, never>> {
  /** One real command line, shown at the end of the help and run by a test. */
  readonly example: string;
  /** Forms of output besides text and JSON. */
  readonly formats?: readonly string[];
  /** Adds arguments and options of its own; those that all commands have are there already. */
  readonly configure: (command: Command) => Command;
  readonly run: (session: Session, args: readonly string[], options: Options) => Promise<ExitCode>;
}

/** More than this is listed with the description. */
const LONG_CHOICES = 24;

/** An option with a fixed set of values. */
export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  const inline = choices.join('|');
  const short = inline.length <= LONG_CHOICES;
  const option = new Option(`${flags} <${short ? inline : 'name'}>`, short ? description : `${description}: ${choices.join(', ')}`);
  return option.argParser((value: string) => {
    if (!choices.includes(value)) fail('R8004', { option: longFlag(flags), value, expected: listChoices(choices) });
    return value;
  });
}

/** An option that is a whole number of at least `least`. */
export function countOption(flags: string, description: string, least: number): Option {
  const option = new Option(`${flags} <n>`, description);
  return option.argParser((value: string) => {
    const count = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(count >= least && Number.isSafeInteger(count))) {
      fail('R8004', { option: longFlag(flags), value, expected: `a whole number${least > 0 ? ` of at least ${least}` : ''}` });
    }
    return count;
  });
}

function longFlag(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function listChoices(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `\`${choice}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
