/**
 * R7, checkpoints. R70xx: safetensors files. R71xx: config.json. R72xx: tensors against the architecture. R73xx: shards.
 * R74xx: raspc.json. R75xx: what a checkpoint can store or be asked. R76xx: what it computes.
 */
import { entry } from '../../catalog-entry.ts';

const STOCK = { kind: 'text', text: 'a file that `save_pretrained` of transformers or raspc wrote' } as const;

/** A tensor of a file, for messages. */
export interface InTensor {
  readonly file: string;
  readonly tensor: string;
}

function list(shape: readonly (number | bigint)[]): string {
  return `[${shape.join(', ')}]`;
}

const DEQUANTISE =
  'the weights are quantised: dequantise them first (with transformers `model.dequantize()` and `model.save_pretrained(DIR)`)';

/** Tensors that other software writes beside the weights of a model, and what to do about them. */
const BESIDE_WEIGHTS: readonly { readonly name: RegExp; readonly help: string }[] = [
  { name: /\.(SCB|qweight|qzeros|scales|g_idx|absmax|quant_map|weight_scale|weight_scale_inv|weight_format)\b/, help: DEQUANTISE },
  {
    name: /\blora_/,
    help: 'it belongs to an adapter (LoRA): merge it into the weights first (`model.merge_and_unload()` of peft, then `save_pretrained`)',
  },
];

export const CHECKPOINTS = {
  R7001: entry<{ file: string; bytes: number }>({
    message: ({ file, bytes }) => `\`${file}\` has ${bytes} bytes, too few for a safetensors file`,
    help: () => 'the download or copy that made it was probably cut off',
    explanation:
      'A safetensors file starts with eight bytes that give the length of its header, then the header, then the tensors. This file ends before that.',
    bad: { kind: 'text', text: 'an empty file called model.safetensors' },
    good: STOCK,
  }),
  R7002: entry<{ file: string; header: bigint; available: number; limit: number }>({
    message: ({ file, header }) => `\`${file}\` claims a header of ${header} bytes`,
    help: ({ available, limit }) =>
      `after the length there are ${available} bytes in the file, and no header may have more than ${limit}: it is cut off, or no safetensors file`,
    explanation:
      'The first eight bytes of a safetensors file are the length of its header. The header must lie inside the file and within the limit of the format; nothing is read or allocated before that is checked.',
    bad: { kind: 'text', text: 'a file that starts with ff ff ff ff ff ff ff 7f' },
    good: STOCK,
  }),
  R7003: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `the header of \`${file}\` is not valid: ${why}`,
    explanation:
      'The header of a safetensors file is one JSON object in UTF-8 that starts with `{`: tensor names to `dtype`, `shape` and `data_offsets`, and perhaps `__metadata__`, an object of strings.',
    bad: { kind: 'text', text: '{"w": {"dtype": "F32", "shape": [1]' },
    good: { kind: 'text', text: '{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}' },
  }),
  R7004: entry<InTensor & { why: string }>({
    message: ({ file, tensor, why }) => `the entry of \`${tensor}\` in \`${file}\` is not valid: ${why}`,
    explanation:
      'Each tensor of a safetensors header has a known `dtype`, a `shape` of whole numbers and `data_offsets` of two whole numbers.',
    bad: { kind: 'text', text: '{"w": {"dtype": "F33", "shape": [-1], "data_offsets": [0, 4]}}' },
    good: { kind: 'text', text: '{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}' },
  }),
  R7005: entry<InTensor & { begin: number; expected: number; end: number }>({
    message: ({ file, tensor, begin, end, expected }) =>
      end < begin
        ? `\`${tensor}\` in \`${file}\` ends at byte ${end}, before it begins at ${begin}`
        : `\`${tensor}\` in \`${file}\` begins at byte ${begin} where ${expected} was expected: there is ${begin > expected ? 'a hole' : 'an overlap'}`,
    explanation:
      'The tensors of a safetensors file follow each other without holes and without overlaps. A file that breaks this could hide data or show one tensor as two.',
    bad: { kind: 'text', text: '{"a": {…, "data_offsets": [0, 8]}, "b": {…, "data_offsets": [4, 12]}}' },
    good: { kind: 'text', text: '{"a": {…, "data_offsets": [0, 8]}, "b": {…, "data_offsets": [8, 16]}}' },
  }),
  R7006: entry<InTensor & { dtype: string; shape: readonly bigint[]; bytes: number }>({
    message: ({ file, tensor, dtype, shape, bytes }) =>
      `\`${tensor}\` in \`${file}\` has ${bytes} bytes, which is not the size of ${dtype} ${list(shape)}`,
    explanation: 'The bytes that `data_offsets` gives a tensor must be exactly as many as its `dtype` and `shape` need.',
    bad: { kind: 'text', text: '{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}' },
    good: { kind: 'text', text: '{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}' },
  }),
  R7007: entry<{ file: string; expected: number; actual: number }>({
    message: ({ file, expected, actual }) =>
      actual < expected
        ? `\`${file}\` is cut off: its header describes ${expected} bytes and it has ${actual}`
        : `\`${file}\` goes on after its last tensor: its header describes ${expected} bytes and it has ${actual}`,
    explanation:
      'A safetensors file is exactly as long as its header says. A shorter one was cut off, a longer one carries something unknown.',
    bad: { kind: 'text', text: 'the first half of model.safetensors' },
    good: STOCK,
  }),
  R7008: entry<InTensor & { dtype: string }>({
    message: ({ file, tensor, dtype }) => `\`${tensor}\` in \`${file}\` is stored as ${dtype}, which raspc does not compute with`,
    help: () => 'weights are read from F64, F32, F16 and BF16',
    explanation: 'raspc reads weights stored in 64, 32 and 16 bits. Quantized weights have to be expanded first.',
    bad: { kind: 'text', text: 'a checkpoint whose weights are F8_E4M3' },
    good: STOCK,
  }),
  R7009: entry<InTensor & { value: string; index: readonly number[]; count: number }>({
    message: ({ file, tensor, value, index, count }) =>
      // of a model that is made in memory the tensor alone is known
      `\`${tensor}\`${file === '' ? '' : ` in \`${file}\``} holds ${value} at ${list(index)}${count > 1 ? ` and ${count - 1} more that are not finite` : ''}`,
    explanation:
      'A weight that is not a number, or infinite, spreads to every output. No compiled model has one, and a trained model that has one diverged or was damaged.',
    bad: { kind: 'text', text: 'a checkpoint with a NaN in `transformer.wte.weight`' },
    good: STOCK,
  }),
  R7010: entry<{ file: string; folder: string; instead?: string | null }>({
    message: ({ file, folder }) => `there is no \`${file}\` in \`${folder}\``,
    help: ({ file, instead }) => {
      if (file === 'raspc.json')
        return '`raspc compile` and `raspc seed` write it; of a model that was trained or saved since, `raspc verify DIR --map PATH` takes the one it began with';
      if (file === 'tokenizer.json')
        return 'give the tokenizer that the model was trained with, `--tokenizer PATH` (its tokenizer.json, or the folder of it), or put tokenizer.json beside the weights';
      if (instead != null)
        return `the weights are in \`${instead}\`, which is not read: write them as safetensors, with transformers \`model.save_pretrained(DIR)\``;
      return 'a model folder has config.json and model.safetensors (or model.safetensors.index.json with its shards)';
    },
    explanation: 'A model folder that HuggingFace or raspc wrote has config.json and the weights as safetensors.',
    bad: { kind: 'command', line: 'raspc eval . --input abc' },
    good: { kind: 'command', line: 'raspc eval out/hist --input abc' },
  }),

  R7011: entry<{ file: string; what: string; remedy: string }>({
    message: ({ file, what }) => `\`${file}\` is ${what}, and not the file itself`,
    help: ({ remedy }) => remedy,
    explanation:
      'Large files are often kept elsewhere: Git LFS leaves a text of three lines in their place until `git lfs pull`, and a download that fails may leave a web page. Such a file says so in its first bytes. The same is said of config.json where a model is named by it: a model is named by its folder.',
    bad: { kind: 'text', text: 'a model.safetensors that begins with: version https://git-lfs.github.com/spec/v1' },
    good: STOCK,
  }),
  R7101: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` is not valid JSON: ${why}`,
    explanation: 'The file has to be one JSON document in UTF-8, without duplicate keys.',
    bad: { kind: 'text', text: '{"model_type": "gpt2",}' },
    good: { kind: 'text', text: '{"model_type": "gpt2"}' },
  }),
  R7102: entry<{ file: string; found: string; known: readonly string[]; obstacle: string | null }>({
    message: ({ file, found, obstacle }) =>
      `\`${file}\` is of the architecture \`${found}\`, which raspc does not know${obstacle === null ? '' : `: ${obstacle}`}`,
    help: ({ known }) => `known are ${known.map((name) => `\`${name}\``).join(', ')}`,
    explanation:
      'raspc runs the model families that it has a target for; `model_type` and `architectures` of config.json say which one a folder is.',
    bad: { kind: 'text', text: '{"model_type": "mamba", "architectures": ["MambaForCausalLM"]}' },
    good: { kind: 'text', text: '{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}' },
  }),
  R7103: entry<{ file: string; key: string; expected: string }>({
    message: ({ file, key, expected }) => `\`${file}\` has no \`${key}\`, which must be ${expected}`,
    explanation: 'Without this key the sizes or the arithmetic of the model are unknown, and raspc does not guess them.',
    bad: { kind: 'text', text: '{"model_type": "gpt2", "n_embd": 64}' },
    good: { kind: 'text', text: '{"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 32, "vocab_size": 30}' },
  }),
  R7104: entry<{ file: string; key: string; found: string; expected: string }>({
    message: ({ file, key, found, expected }) => `\`${key}\` in \`${file}\` is ${found}, but must be ${expected}`,
    help: ({ key }) => (key === 'quantization_config' ? [DEQUANTISE] : []),
    explanation: 'The value of this key is of the wrong kind, or beyond what raspc and the architecture can compute.',
    bad: { kind: 'text', text: '{"model_type": "gpt2", "n_layer": "two"}' },
    good: { kind: 'text', text: '{"model_type": "gpt2", "n_layer": 2}' },
  }),
  R7105: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `the sizes in \`${file}\` do not fit together: ${why}`,
    explanation:
      'Heads must divide evenly: in some families the width is the number of heads times the size of one, and with grouped heads each key and value head serves the same number of query heads.',
    bad: { kind: 'text', text: '{"model_type": "gpt2", "n_embd": 64, "n_head": 5}' },
    good: { kind: 'text', text: '{"model_type": "gpt2", "n_embd": 64, "n_head": 4}' },
  }),

  R7201: entry<InTensor & { architecture: string }>({
    message: ({ file, tensor, architecture }) => `\`${file}\` has no tensor \`${tensor}\`, which ${architecture} needs`,
    explanation: 'Every tensor of the architecture must be in the checkpoint: a stock loader would fill a missing one with random numbers.',
    bad: { kind: 'text', text: 'a GPT-2 checkpoint without `transformer.h.0.attn.c_attn.weight`' },
    good: STOCK,
  }),
  R7202: entry<InTensor & { architecture: string }>({
    message: ({ file, tensor, architecture }) => `\`${file}\` has a tensor \`${tensor}\`, which ${architecture} does not have`,
    help: ({ tensor }) => BESIDE_WEIGHTS.flatMap(({ name, help }) => (name.test(tensor) ? [help] : [])),
    explanation:
      'A tensor that the architecture does not have would be dropped when loading, so the model would not be what the file holds.',
    bad: { kind: 'text', text: 'a GPT-2 checkpoint with a layer more than config.json says' },
    good: STOCK,
  }),
  R7203: entry<InTensor & { found: readonly number[]; expected: readonly number[]; axes: string }>({
    message: ({ file, tensor, found, expected, axes }) =>
      `\`${tensor}\` in \`${file}\` has the shape ${list(found)}, but config.json asks for ${list(expected)} (${axes})`,
    explanation:
      'The shape of every tensor follows from the sizes in config.json. One of the two was changed, or they belong to different models.',
    bad: { kind: 'text', text: 'n_embd is 64, and `transformer.ln_f.weight` has 32 entries' },
    good: { kind: 'text', text: 'n_embd is 64, and `transformer.ln_f.weight` has 64 entries' },
  }),

  R7301: entry<{ file: string; path: string }>({
    message: ({ file, path }) => `\`${file}\` names the shard \`${path}\`, which is not a file name`,
    help: () => 'shards lie in the same folder as their index',
    explanation:
      'An index of shards may only name files beside it. A path that leads elsewhere could make raspc read any file of the machine.',
    bad: { kind: 'text', text: '{"weight_map": {"w": "../../etc/passwd"}}' },
    good: { kind: 'text', text: '{"weight_map": {"w": "model-00001-of-00002.safetensors"}}' },
  }),
  R7302: entry<{ file: string; tensor: string; shard: string }>({
    message: ({ file, tensor, shard }) => `\`${file}\` puts \`${tensor}\` into \`${shard}\`, which does not have it`,
    explanation: 'The index says which shard holds each tensor, and the shard has to agree.',
    bad: { kind: 'text', text: 'an index of one model beside the shards of another' },
    good: STOCK,
  }),
  R7303: entry<{ file: string; tensor: string; shard: string; place: string | null }>({
    message: ({ file, tensor, shard, place }) =>
      place === null
        ? `\`${shard}\` has a tensor \`${tensor}\`, which \`${file}\` does not list`
        : `\`${shard}\` has a tensor \`${tensor}\`, which \`${file}\` puts into \`${place}\``,
    help: ({ shard }) => `\`${shard}\` belongs to another checkpoint, or the index does`,
    explanation: 'Every tensor of a shard must be in the index and in that shard alone; otherwise it is not clear which copy counts.',
    bad: { kind: 'text', text: 'two shards that both hold `lm_head.weight`' },
    good: STOCK,
  }),
  R7304: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` is not an index of shards: ${why}`,
    explanation: 'An index is a JSON object with `weight_map`, an object from tensor names to the file names of shards.',
    bad: { kind: 'text', text: '{"weight_map": []}' },
    good: { kind: 'text', text: '{"metadata": {}, "weight_map": {"w": "model-00001-of-00001.safetensors"}}' },
  }),
  R7305: entry<{ file: string; shard: string; folder: string; missing: number; shards: number; tensors: number }>({
    message: ({ file, shard, folder }) => `\`${file}\` names the shard \`${shard}\`, and \`${folder}\` has no such file`,
    help: ({ missing, shards, tensors }) =>
      `${missing} of ${shards} shards ${missing === 1 ? 'is' : 'are'} missing, with ${tensors} tensor${tensors === 1 ? '' : 's'}: the copy or download was not finished`,
    explanation: 'A checkpoint in shards is all of its shards: a stock loader would fill what the others held with random numbers.',
    bad: { kind: 'text', text: 'an index that names three shards, in a folder that has two of them' },
    good: STOCK,
  }),

  R7401: entry<{ file: string; at: string; found: string; expected: string }>({
    message: ({ file, at, found, expected }) => `\`${at}\` in \`${file}\` is ${found}, but must be ${expected}`,
    explanation:
      'raspc.json, the circuit map, says which program a checkpoint holds and how to read its outputs. It has a fixed form (schema 1), and is read strictly.',
    bad: { kind: 'text', text: '{"schema": 1, "bos": {"id": "zero"}}' },
    good: { kind: 'text', text: '{"schema": 1, "bos": {"id": 0, "token": "<bos>"}}' },
  }),
  R7402: entry<{ file: string; found: string; known: number }>({
    message: ({ file, found, known }) => `\`${file}\` is of schema ${found}, but this version of raspc reads schema ${known}`,
    help: () => 'it was written by another version of raspc, which can read it',
    explanation: 'The number `schema` counts incompatible changes of the circuit map.',
    bad: { kind: 'text', text: '{"schema": 2}' },
    good: { kind: 'text', text: '{"schema": 1}' },
  }),
  R7403: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` does not belong to this checkpoint: ${why}`,
    explanation: 'The circuit map and config.json have to describe the same model: its family, its vocabulary and its positions.',
    bad: { kind: 'text', text: 'an output at logit 40 of a model with 30 logits' },
    good: { kind: 'text', text: 'the raspc.json that was written with the checkpoint' },
  }),
  R7404: entry<{ file: string; bytes: number; limit: number }>({
    message: ({ file, bytes, limit }) => `\`${file}\` has ${bytes} bytes, more than the ${limit} that are read at most`,
    explanation: 'JSON files of a model folder are small. One this large is damaged, or meant to exhaust memory.',
    bad: { kind: 'text', text: 'a config.json of 2 GB' },
    good: { kind: 'text', text: 'a config.json of 2 kB' },
  }),

  R7405: entry<{ file: string; at: string; found: string; expected: string }>({
    message: ({ file, at, found, expected }) => `\`${at}\` in \`${file}\` ${found}, but \`raspc.json\` ${expected}`,
    help: ({ file }) => `\`${file}\` was changed, or is that of another model`,
    explanation:
      'The tokenizer turns text into ids, and the circuit map says which id stands for which value. Where they disagree, text given to the model would mean something else than the program says.',
    bad: { kind: 'text', text: 'the tokenizer.json of a model with another vocabulary' },
    good: { kind: 'text', text: 'the tokenizer.json that was written with the checkpoint' },
  }),

  R7406: entry<{ file: string }>({
    message: ({ file }) => `\`${file}\` does not say what its variables mean, so there is nothing to hold the model against`,
    help: () => 'compile the program again: maps of this version say it, but for programs with numbers that JSON cannot hold',
    explanation:
      'A drawing of a model shows what it should do beside what it does. What it should do is in the part `meaning` of the circuit map, which older versions did not write.',
    bad: { kind: 'text', text: 'a raspc.json without `meaning`' },
    good: { kind: 'text', text: 'the raspc.json that `raspc compile` writes' },
  }),

  R7407: entry<{ folder: string }>({
    message: ({ folder }) => `\`${folder}\` holds a seeded model, and this takes a compiled one`,
    help: ({ folder }) => [
      `\`raspc inspect ${folder}\` lists its circuits, \`raspc verify ${folder}\` measures them, and \`raspc drift\` follows them through training`,
      '`raspc compile` makes a model that is its program and nothing else',
    ],
    explanation:
      'A compiled model computes its program on every input, and has the vocabulary and the outputs of that program. A seeded one is a random model of a real architecture with circuits in a part of it: its raspc.json says where they lie, and there is no program that the whole of it computes.',
    bad: { kind: 'text', text: 'the folder that `raspc seed` wrote' },
    good: { kind: 'text', text: 'the folder that `raspc compile` wrote' },
  }),

  R7501: entry<{ tensor: string; value: number; largest: number; dtype: string }>({
    message: ({ tensor, value, largest, dtype }) =>
      Number.isFinite(value)
        ? `\`${tensor}\` needs the weight ${value}, but the largest number of ${dtype} is ${largest}`
        : `\`${tensor}\` needs the weight ${value}, which no checkpoint may hold`,
    help: () => 'store it with `--dtype f32` or `--dtype bf16`',
    explanation: 'A weight beyond the range of the stored numbers would become infinite. raspc refuses instead of storing that silently.',
    bad: { kind: 'text', text: '$ raspc compile programs/running_fraction.rasp --context 4096 --dtype f16 -o out/fraction' },
    good: { kind: 'text', text: '$ raspc compile programs/running_fraction.rasp --context 32 --dtype f32 -o out/fraction' },
  }),
  R7502: entry<{ tokens: number; positions: number }>({
    message: ({ tokens, positions }) => `the model is given ${tokens} tokens, but has ${positions} positions`,
    explanation: 'A model with a table of positions cannot read more tokens than the table has rows; BOS takes one of them.',
    bad: { kind: 'text', text: '$ raspc eval out/hist --input abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz' },
    good: { kind: 'text', text: '$ raspc eval out/hist --input abc' },
  }),
  R7503: entry<{ id: number; vocab: number }>({
    message: ({ id, vocab }) => `the model is given the token id ${id}, but its ids are 0 to ${vocab - 1}`,
    explanation: 'Every token id picks a row of the embedding, so it has to be less than the size of the vocabulary.',
    bad: { kind: 'text', text: 'the id 30 for a model with 30 tokens' },
    good: { kind: 'text', text: 'the id 29 for a model with 30 tokens' },
  }),
  R7505: entry<{ file: string; key: string; found: string; expected: string }>({
    message: ({ file, key, found, expected }) =>
      `a GGUF file cannot hold this model: \`${key}\` in \`${file}\` asks for ${found}, and must be ${expected}`,
    help: () => 'llama.cpp computes each family in one way of its own, and raspc exports the families that it has tried there',
    explanation:
      'A GGUF file names an architecture, and llama.cpp computes that architecture in one way: one activation, one kind of positions, no head of a classifier. A model that asks for something else would load and compute something else.',
    bad: { kind: 'text', text: '$ raspc export out/bert --format gguf -o bert.gguf' },
    good: { kind: 'text', text: '$ raspc export out/llama --format gguf -o llama.gguf' },
  }),
  R7506: entry<{ tensor: string; count: number; value: number; nearest: number; dtype: string }>({
    message: ({ tensor, count, value, nearest, dtype }) =>
      `\`${tensor}\` has ${count} weight${count === 1 ? '' : 's'} that ${dtype} cannot hold, such as ${value} (the nearest is ${nearest})`,
    help: ({ dtype }) =>
      `export as f32, or compile with \`--dtype ${dtype} --compute ${dtype}\`, which chooses weights that ${dtype} holds exactly`,
    explanation:
      'A compiled model decides by thresholds, and rounding its weights after the fact moves them. Weights are exported exactly or not at all.',
    bad: { kind: 'text', text: '$ raspc export out/hist --format gguf --dtype f16 -o hist.gguf    (compiled with --dtype f32)' },
    good: { kind: 'text', text: '$ raspc export out/hist --format gguf --dtype f32 -o hist.gguf' },
  }),
  R7507: entry<{ file: string; compute: string }>({
    message: ({ file, compute }) => `a GGUF file in f16 computes in f16, but \`dtype\` in \`${file}\` is ${compute}`,
    help: () => 'compile with `--dtype f16 --compute f16`, which proves the model for that arithmetic, or export as f32',
    explanation:
      'llama.cpp rounds what it multiplies with f16 matrices to 16 bits. A model that is compiled to compute in float32 may decide by differences that this loses; one compiled to compute in f16 is exact under it.',
    bad: { kind: 'text', text: '$ raspc export out/llama --format gguf --dtype f16 -o hist.gguf    (compiled with --compute f32)' },
    good: {
      kind: 'text',
      text: '$ raspc export out/llama --format gguf --dtype f16 -o hist.gguf    (compiled with --dtype f16 --compute f16)',
    },
  }),

  R7601: entry<{ path: string; failed: number; checked: number; input: string }>({
    message: ({ path, failed, checked }) => `\`${path}\` does not compute its program: it is wrong on ${failed} of ${checked} inputs`,
    help: ({ input }) => `the smallest input found is ${input}`,
    explanation:
      'The checkpoint was run from its bytes, its outputs were decoded by the circuit map, and they differ from what the program means. Either its weights were changed after it was compiled, or it is compared with another program.',
    bad: { kind: 'text', text: '$ raspc verify out/hist    (after a weight of it was changed)' },
    good: { kind: 'text', text: '$ raspc verify out/hist    (as it was compiled)' },
  }),
} as const;
