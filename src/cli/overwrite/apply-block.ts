/** `raspc seed --apply BLOCK --into CHECKPOINT`: programmed entries that were written alone, placed into a model that is there. */
import { basename, dirname } from 'node:path';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../checkpoint/map/seed/seed-map-schema.ts';
import { readSafetensorsHeader } from '../../checkpoint/safetensors/safetensors-header.ts';
import { openTensorFile } from '../../checkpoint/safetensors/tensor-store.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Host } from '../../seed/draw/seed-tensors.ts';
import { measureStream } from '../../seed/stream/measure-stream.ts';
import { readBlock } from '../../seed/write/block.ts';
import { changedHost, checkpointHost } from '../../seed/write/checkpoint-host.ts';
import { freezeFile, withMap } from '../../seed/write/pack-seed.ts';
import { bytesSource } from '../../source/byte-source.ts';
import { openFolder } from '../files/model-folder.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import { writeFolder } from '../files/write-folder.ts';
import { dtypeOf, type OpenHost, tensorsOf } from '../seed/seed-host.ts';
import type { SeedCommandOptions } from '../seed/seed-options.ts';
import { changedCheckpoint } from '../session/seed-into.ts';
import type { Session } from '../session/session.ts';
import { withWindows } from '../verify/seeded/seed-windows.ts';
import { tellCost } from './tell-cost.ts';

/** Places a block's entries; the seed's map comes with it. */
export function applyBlock(session: Session, options: SeedCommandOptions, path: string, { folder, ...tied }: OpenHost): string {
  const { checkpoint } = tied;
  const { directory } = session.io;
  const blocks = openFolder(dirname(path), directory);
  try {
    const name = basename(path);
    const source = blocks.open(name) ?? fail('R7010', { file: name, folder: dirname(path) });
    const { metadata } = readSafetensorsHeader(source, name);
    const { changes, map } = readBlock(openTensorFile(source, name), metadata, checkpoint.config, tensorsOf(checkpoint.config));
    const text = new TextEncoder().encode(map);
    const facts =
      readSeedMap({ path: dirname(path), open: () => bytesSource(text) }) ??
      fail('R7712', { file: name, why: 'it carries no circuit map' });
    const host = changedHost(checkpointHost(checkpoint), changes);
    tellCost(session, options, { folder, ...tied }, changes, facts.bos?.id ?? null);
    checkStream(facts, host, name);
    const files = [...changedCheckpoint(folder, tied, changes, directory), freezeFile(checkpoint.config, changes)];
    const output = options.output as string;
    writeFolder(
      output,
      withMap(files, withWindows(session, { ...facts, dtype: dtypeOf({ checkpoint }, options) }, host, [], options.seed), newNodeSha256),
      {
        directory,
        force: options.force === true,
      },
    );
    return output;
  } finally {
    blocks.close();
  }
}

/** That every head of a block gets a stream that it can work in (R7713). */
function checkStream({ heads, bos }: SeedMap, host: Host, file: string): void {
  const last = Math.max(0, ...heads.map(({ layer }) => layer));
  const measured = measureStream(host, [], last, bos?.id ?? null);
  for (const { name, layer, streamAtMost } of heads) {
    const found = measured[layer]?.typical ?? 0;
    if (streamAtMost !== null && found > streamAtMost) fail('R7713', { file, name, layer, found, most: streamAtMost });
  }
}
