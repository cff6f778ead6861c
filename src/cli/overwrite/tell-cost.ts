/** What a seed that goes over a model costs it, told before anything is written. */
import type { Change } from '../../seed/write/changes.ts';
import { type HostCost, tellHostCost } from '../match/host-cost.ts';
import type { OpenHost } from '../seed/seed-host.ts';
import type { SeedCommandOptions } from '../seed/seed-options.ts';
import type { Session } from '../session/session.ts';

/** Where nothing goes over the model, it loses nothing. */
export function tellCost(
  session: Session,
  options: SeedCommandOptions,
  { checkpoint, folder }: OpenHost,
  changes: readonly Change[],
  bos: number | null,
): HostCost | null {
  if (options.output === undefined && !options.plan) return null;
  const { text: path, tokenizer } = options;
  const text = path === undefined ? undefined : { path, tokenizer, folders: [folder.path] };
  const tellOnly = options.plan === true || options.force === true;
  return tellHostCost(session, checkpoint, changes, { text, bos, seed: options.seed, tellOnly });
}
