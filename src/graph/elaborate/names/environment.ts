/** The names that are known at a place of a program, and the terms that they stand for. */

import type { Term } from '../terms/term.ts';
import { Scope } from './scope.ts';

export { FAILED } from './scope.ts';

export class Environment extends Scope<Term> {}
