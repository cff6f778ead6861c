/** What `npm run site` puts into the page of the playground, which then needs nothing else. */
import type { Equipment } from './protocol.ts';

export const PARTS_ID = 'raspc-parts';

export interface Example {
  readonly name: string;
  readonly text: string;
}

export interface Parts extends Equipment {
  readonly raspc: string;
  /** The program of the worker. */
  readonly worker: string;
  readonly examples: readonly Example[];
  /** Families by the names that `--target` has. */
  readonly targets: readonly string[];
}
