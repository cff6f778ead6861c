/** What `raspc graft` can be asked. */
import type { ExportPlace } from '../../seed/program/export-request.ts';
import type { RequestedPlace } from '../../seed/program/place-heads.ts';
import type { SeedMode } from '../../seed/program/seed-plan.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { TextSource } from '../texts/read-windows.ts';

export interface GraftCommandOptions {
  readonly into?: string;
  readonly output?: string;
  readonly plan?: true;
  readonly export?: ReadonlyMap<string, ExportPlace>;
  /** By name, or of all exports under the empty name. */
  readonly strength?: ReadonlyMap<string, number>;
  readonly dtype?: Dtype;
  readonly text?: string;
  readonly windows: number;
  readonly tokenizer?: string;
  readonly mode: SeedMode;
  readonly context?: number;
  readonly margin?: number;
  readonly dims?: number;
  readonly confidence: number;
  readonly place?: ReadonlyMap<string, RequestedPlace>;
  readonly bos?: number | boolean;
  readonly token?: ReadonlyMap<string, number>;
  readonly seed: number;
  readonly force?: true;
}

/** The text that is measured on; undefined where random tokens are. */
export function textOf({ text, tokenizer }: GraftCommandOptions, into: string): TextSource | undefined {
  return text === undefined ? undefined : { path: text, tokenizer, folders: [into] };
}
