/** Colours, by what they mean. The only user of chalk. */
import { Chalk } from 'chalk';
import type { Severity } from '../../diagnostics/diagnostic.ts';
import type { Theme as DiagnosticTheme } from '../../diagnostics/render.ts';

export interface Theme extends DiagnosticTheme {
  success(text: string): string;
  failure(text: string): string;
  /** Names and headings. */
  strong(text: string): string;
  /** What should stand back. */
  faint(text: string): string;
}

export type ColorChoice = 'auto' | 'always' | 'never';

export function createTheme(colored: boolean): Theme {
  const chalk = new Chalk({ level: colored ? 1 : 0 });
  const bySeverity = (severity: Severity) => (severity === 'error' ? chalk.red : severity === 'warning' ? chalk.yellow : chalk.cyan);
  return {
    severity: (text, severity) => bySeverity(severity).bold(text),
    message: (text) => chalk.bold(text),
    frame: (text) => chalk.blue(text),
    primary: (text, severity) => bySeverity(severity).bold(text),
    secondary: (text) => chalk.blue(text),
    help: (text) => chalk.bold(text),
    success: (text) => chalk.green.bold(text),
    failure: (text) => chalk.red.bold(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
  };
}

/** `auto`: a terminal gets colour unless NO_COLOR or TERM=dumb asks for none; FORCE_COLOR asks for it anywhere. */
export function wantsColor(choice: ColorChoice, isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (environment.NO_COLOR) return false;
  const force = environment.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTerminal && environment.TERM !== 'dumb';
}
