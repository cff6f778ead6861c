/** The names that are known at a place of a program, and the terms that they stand for. */
import { Scope } from './scope.ts';
import type { Term } from './term.ts';

export { FAILED } from './scope.ts';

export class Environment extends Scope<Term> {}
