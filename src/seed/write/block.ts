/**
 * A block: the programmed entries of a seed alone, as one safetensors file for code that places weights by itself. Its metadata says which rows
 * and columns of which tensor each of its tensors is, what has to be 0, and carries the circuit map.
 */
import type { SeedSlice } from '../../checkpoint/map/seed/seed-map.ts';
import type { TensorStore } from '../../checkpoint/safetensors/tensor-store.ts';
import { type FileContent, writeSafetensors } from '../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig, StoredTensor } from '../../targets/model-config.ts';
import { decode } from '../../tensor/dtype.ts';
import { float32Bytes } from '../draw/seed-tensors.ts';
import { type Change, coverage } from './changes.ts';

/** Metadata of a block; every value is JSON text. */
interface BlockMetadata {
  readonly target: string;
  /** The shape of each tensor that is changed. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** `name` is a tensor of the block. */
  readonly slices: readonly (SeedSlice & { readonly name: string })[];
  readonly cleared: readonly SeedSlice[];
  /** raspc.json of the seed. */
  readonly map: unknown;
}

/** @param map the text of raspc.json */
export function writeBlock(
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
  changes: readonly Change[],
  map: string,
): FileContent {
  const programmed = changes.flatMap((change, i) =>
    change.values === null ? [] : [{ change, values: change.values, name: `slice.${String(i).padStart(4, '0')}` }],
  );
  const place = ({ tensor, rows, cols }: SeedSlice): SeedSlice => ({ tensor, rows, cols });
  const metadata: BlockMetadata = {
    target: config.target.name,
    shapes: Object.fromEntries(changes.map(({ tensor }) => [tensor, (tensors.get(tensor) as StoredTensor).shape])),
    slices: programmed.map(({ change, name }) => ({ name, ...place(change) })),
    cleared: changes.filter(({ values }) => values === null).map(place),
    map: JSON.parse(map),
  };
  return writeSafetensors(
    programmed.map(({ change: { rows, cols }, values, name }) => ({
      name,
      dtype: 'F32' as const,
      shape: cols.length === 0 ? [coverage(rows)] : [coverage(rows), coverage(cols)],
      bytes: () => float32Bytes(values()),
    })),
    { format: 'raspc-block', ...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, JSON.stringify(value)])) },
  );
}

/** The changes that a block holds, checked against the model that is to take them (R7712), and the seed's raspc.json. */
export function readBlock(
  store: TensorStore,
  metadata: ReadonlyMap<string, string>,
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
): { readonly changes: Change[]; readonly map: string } {
  const refuse = (why: string): never => fail('R7712', { file: store.file, why });
  if (metadata.get('format') !== 'raspc-block') refuse('its metadata has no `format` of `raspc-block`');
  const block = parsed(metadata, refuse);
  if (block.target !== config.target.name) refuse(`it is for \`${block.target}\`, and the model is of \`${config.target.name}\``);
  for (const [tensor, shape] of Object.entries(block.shapes)) {
    const own = tensors.get(tensor)?.shape ?? refuse(`the model has no tensor \`${tensor}\``);
    if (own.join() !== shape.join()) refuse(`\`${tensor}\` is [${shape}] there and [${own}] in the model`);
  }
  const inside = ({ tensor, rows, cols }: SeedSlice): void => {
    const shape = block.shapes[tensor] ?? refuse(`\`${tensor}\` has no shape`);
    for (const [axis, ranges] of [rows, cols].entries()) {
      for (const [from = -1, to = -1] of ranges) {
        if (!(from >= 0 && from < to && to <= (shape[axis] ?? 0))) refuse(`[${from}, ${to}] lies outside of \`${tensor}\``);
      }
    }
  };
  const changes = block.slices.map(({ name, ...slice }): Change => {
    inside(slice);
    const located = store.tensors.get(name) ?? refuse(`it has no tensor \`${name}\``);
    const count = coverage(slice.rows) * (slice.cols.length === 0 ? 1 : coverage(slice.cols));
    if (located.dtype !== 'F32' || located.bytes !== 4 * count) refuse(`\`${name}\` is not of ${count} numbers in F32`);
    return { ...slice, values: () => decode('f32', store.read(located)) as Float32Array };
  });
  for (const slice of block.cleared) inside(slice);
  return { changes: [...changes, ...block.cleared.map((slice) => ({ ...slice, values: null }))], map: JSON.stringify(block.map) };
}

function parsed(metadata: ReadonlyMap<string, string>, refuse: (why: string) => never): BlockMetadata {
  try {
    const read = (key: string): unknown => JSON.parse(metadata.get(key) ?? '');
    return {
      target: read('target'),
      shapes: read('shapes'),
      slices: read('slices'),
      cleared: read('cleared'),
      map: read('map'),
    } as BlockMetadata;
  } catch {
    return refuse('its metadata is not that of a block');
  }
}
