/** An integer program as text, in CPLEX's LP format, and who solves it: a solver is handed to the compiler, since loading one is not pure. */

/** Solves a program, always the same way. Null where no solution was found within the solver's limits. */
export type IntegerSolver = (program: string) => IntegerSolution | null;

export interface IntegerSolution {
  /** Of every variable that is not 0. */
  readonly values: ReadonlyMap<string, number>;
  /** No solution has a smaller objective than this. */
  readonly bound: number;
}

export type Term = readonly [weight: number, variable: string];

export class IntegerProgram {
  readonly #rows: string[] = [];
  readonly #binaries: string[] = [];
  readonly #counts: string[] = [];

  /** A variable that is 0 or 1. */
  binary(name: string): string {
    this.#binaries.push(name);
    return name;
  }

  /** A variable that is a whole number from 0 up. */
  count(name: string): string {
    this.#counts.push(name);
    return name;
  }

  /** `Σ weight × variable`, compared with a number. */
  require(terms: readonly Term[], operator: '<=' | '=', right: number): void {
    // A term a line, since readers of the format have limits on lines.
    const sum = terms.map(([weight, variable]) => `${weight < 0 ? '-' : '+'} ${Math.abs(weight)} ${variable}`).join('\n  ');
    if (terms.length > 0) this.#rows.push(` r${this.#rows.length}: ${sum} ${operator} ${right}`);
  }

  /** The program that makes one variable as small as it can be, with others at most so large. */
  minimizing(objective: string, held: ReadonlyMap<string, number>): string {
    const bounds = [...held].map(([variable, most]) => ` ${variable} <= ${most}`);
    return [
      ...['Minimize', ` least: ${objective}`, 'Subject To', ...this.#rows, 'Bounds', ...bounds],
      ...['General', ...this.#counts.map((name) => ` ${name}`), 'Binary', ...this.#binaries.map((name) => ` ${name}`), 'End', ''],
    ].join('\n');
  }
}
