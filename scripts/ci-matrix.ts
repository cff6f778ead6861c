/** Prints the workflow's matrix as the JSON that GitHub takes. */
import { matrixEntries } from './families/matrix-entries.ts';

console.log(JSON.stringify({ include: matrixEntries() }));
