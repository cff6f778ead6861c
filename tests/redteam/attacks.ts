/** Ways to make a compiled folder lie: each changes files of a folder at random, so that something that its map says need not be so. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256HexOfText } from '../../src/source/sha256.ts';
import type { Json } from '../../src/targets/target.ts';
import { CONFIG_KEYS } from '../support/config-keys.ts';

/** A number below `count`. */
export type Draw = (count: number) => number;

export interface Attack {
  readonly kind: string;
  /** Changes the folder, and says how. */
  apply(folder: string, draw: Draw): string;
}

export function pick<Item>(draw: Draw, items: readonly Item[]): Item {
  return items[draw(items.length)] as Item;
}

type JsonObject = Record<string, Json>;

export function editJson(folder: string, file: string, change: (object: JsonObject) => string): string {
  const path = join(folder, file);
  const object = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
  const what = change(object);
  writeFileSync(path, JSON.stringify(object));
  return what;
}

interface Stored {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  get(index: number): number;
  set(index: number, value: number): void;
}

/** The float32 tensors of a folder, to be changed in place. */
export function editWeights(folder: string, change: (tensors: readonly Stored[]) => string): string {
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, { shape, data_offsets: offsets }]): Stored => {
      const at = (index: number) => 8 + length + offsets[0] + 4 * index;
      const columns = shape.at(-1) as number;
      return {
        ...{ name, columns, rows: (offsets[1] - offsets[0]) / 4 / columns },
        get: (index) => bytes.readFloatLE(at(index)),
        set: (index, value) => void bytes.writeFloatLE(value, at(index)),
      };
    });
  const what = change(tensors);
  writeFileSync(path, bytes);
  return what;
}

const sizeOf = ({ rows, columns }: Stored): number => rows * columns;

function scaleAll(tensors: readonly Stored[], name: RegExp, factor: number): void {
  for (const tensor of tensors) {
    if (name.test(tensor.name)) for (let i = 0; i < sizeOf(tensor); i++) tensor.set(i, tensor.get(i) * factor);
  }
}

const EMBEDDINGS = /(wte|wpe|embed_tokens|embed_in|word_embeddings|position_embeddings|token_type_embeddings)\.weight$/;
const GAINS = /(ln_[12]|layernorm|norm)\.weight$/i;
const QUERIES = /(q_proj|query)\.(weight|bias)$/;
const KEYS = /(k_proj|key)\.(weight|bias)$/;
const INTO_MLP = /(c_fc|gate_proj|up_proj|dense_h_to_4h|intermediate\.dense)\.(weight|bias)$/;

const nonzero = (tensor: Stored): number[] => Array.from({ length: sizeOf(tensor) }, (_, i) => i).filter((i) => tensor.get(i) !== 0);

export const ATTACKS: readonly Attack[] = [
  {
    kind: 'a row or column is flooded',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        const tensor = pick(draw, tensors);
        const value = pick(draw, [3e38, -3e38, 1e30, 1e20]);
        const byRow = draw(2) === 0;
        const line = draw(byRow ? tensor.rows : tensor.columns);
        const zerosOnly = draw(2) === 0;
        for (let i = 0; i < sizeOf(tensor); i++) {
          const isOn = (byRow ? Math.floor(i / tensor.columns) : i % tensor.columns) === line;
          if (isOn && (!zerosOnly || tensor.get(i) === 0)) tensor.set(i, value);
        }
        return `${byRow ? 'row' : 'column'} ${line} of ${tensor.name} is ${value}${zerosOnly ? ' where it was 0' : ''}`;
      }),
  },
  {
    kind: 'what no output hears is flooded',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        // neurons whose output is nothing, in either layout
        const into = pick(
          draw,
          tensors.filter(({ name }) => INTO_MLP.test(name) && name.endsWith('weight')),
        );
        const value = pick(draw, [3e38, 1e38, 1e25]);
        const quiet = Array.from({ length: sizeOf(into) }, (_, i) => i).filter((i) => into.get(i) === 0);
        for (const i of quiet) into.set(i, value);
        return `zeros of ${into.name} are ${value}`;
      }),
  },
  {
    kind: 'embeddings and gains are scaled',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        const power = pick(draw, [20, 40, 55, 60, -40, -60]);
        const other = pick(draw, [power, -power, 0]);
        scaleAll(tensors, EMBEDDINGS, 2 ** power);
        scaleAll(tensors, GAINS, 2 ** other);
        return `embeddings × 2^${power}, gains × 2^${other}`;
      }),
  },
  {
    kind: 'queries and keys are scaled',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        const [a, b] = [draw(70), draw(70)];
        scaleAll(tensors, QUERIES, 2 ** a);
        scaleAll(tensors, KEYS, 2 ** b);
        // where they are one tensor
        scaleAll(tensors, /(c_attn|query_key_value|qkv_proj)\.(weight|bias)$/, 2 ** pick(draw, [0, 10, 60]));
        return `queries × 2^${a}, keys × 2^${b}`;
      }),
  },
  {
    kind: 'a weight has one bit flipped',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        const tensor = pick(
          draw,
          tensors.filter((each) => nonzero(each).length > 0),
        );
        const at = pick(draw, nonzero(tensor));
        const word = new Uint32Array(1);
        const number = new Float32Array(word.buffer);
        number[0] = tensor.get(at);
        const bit = draw(32);
        word[0] = (word[0] as number) ^ (2 ** bit);
        tensor.set(at, number[0] as number);
        return `bit ${bit} of ${tensor.name}[${at}]`;
      }),
  },
  {
    kind: 'a zero becomes a number',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        const tensor = pick(draw, tensors);
        const at = draw(sizeOf(tensor));
        const value = pick(draw, [1, -1, 2 ** -8, 2 ** 9, 1e-30]);
        if (tensor.get(at) === 0) tensor.set(at, value);
        return `${tensor.name}[${at}] is ${value}`;
      }),
  },
  {
    kind: 'a weight is no number',
    apply: (folder, draw) =>
      editWeights(folder, (tensors) => {
        const tensor = pick(draw, tensors);
        const at = draw(sizeOf(tensor));
        const value = pick(draw, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
        tensor.set(at, value);
        return `${tensor.name}[${at}] is ${value}`;
      }),
  },
  {
    kind: 'a key of config.json that the class reads',
    apply: (folder, draw) =>
      editJson(folder, 'config.json', (config) => {
        const family = CONFIG_KEYS.families[config.model_type as string] as (typeof CONFIG_KEYS.families)[string];
        const key = pick(draw, [...new Set([...Object.keys(family.fields), ...Object.keys(family.aliases), ...family.read])]);
        const value = changed(config[key] ?? family.fields[key] ?? null, draw);
        config[key] = value;
        return `${key} is ${JSON.stringify(value)}`;
      }),
  },
  {
    kind: 'another name of a key of config.json',
    apply: (folder, draw) =>
      editJson(folder, 'config.json', (config) => {
        const keys: readonly (readonly [string, Json])[] = [
          ['num_hidden_layers', draw(3)],
          ['n_layer', draw(3)],
          ['hidden_size', 8],
          ['num_attention_heads', 1],
          ['max_position_embeddings', 2],
          ['num_labels', 1 + draw(5)],
          ['rope_scaling', { rope_type: 'linear', factor: 2 }],
          ['rope_theta', 10],
          ['partial_rotary_factor', 0.5],
          ['rotary_pct', 0.5],
          ['torch_dtype', 'float16'],
          ['dtype', 'bfloat16'],
          ['attribute_map', { rms_norm_eps: 'initializer_range', layer_norm_epsilon: 'initializer_range' }],
          ['is_causal', draw(2) === 0],
          ['is_decoder', draw(2) === 0],
          ['layer_types', ['sliding_attention']],
          ['quantization_config', { quant_method: 'bitsandbytes', load_in_8bit: true }],
          ['text_config', { model_type: 'gpt2' }],
          ['use_bidirectional_attention', true],
        ];
        const [key, value] = pick(draw, keys);
        config[key] = value;
        return `${key} is ${JSON.stringify(value)}`;
      }),
  },
  {
    kind: 'numbers of config.json',
    apply: (folder, draw) =>
      editJson(folder, 'config.json', (config) => {
        const numbers = Object.keys(config).filter((key) => typeof config[key] === 'number');
        const key = pick(draw, numbers);
        const value = (config[key] as number) * pick(draw, [2, 0.5, 0, 1.001, 1000]);
        config[key] = Number.isInteger(config[key]) ? Math.floor(value) : value;
        return `${key} is ${config[key]}`;
      }),
  },
  {
    kind: 'the source of another program',
    apply: (folder, draw) =>
      editJson(folder, 'raspc.json', (map) => {
        const program = map.program as { file: string; source: string; sha256: string };
        const source = pick(draw, [
          program.source.replace('==', '!='),
          program.source.replace('tokens, tokens', 'tokens, indices'),
          program.source.replace(/@export/, '# \n@export'),
          program.source.replace('@causal', '@bidirectional'),
        ]);
        const isStale = draw(2) === 0;
        map.program = { ...program, source, sha256: isStale ? program.sha256 : sha256HexOfText(source) };
        return `the source is changed, its hash ${isStale ? 'stale' : 'renewed'}`;
      }),
  },
  {
    kind: 'a smaller scope',
    apply: (folder, draw) =>
      editJson(folder, 'raspc.json', (map) => {
        switch (draw(3)) {
          case 0:
            map.context = Math.max(1, (map.context as number) - 1 - draw(2));
            return `context ${map.context}`;
          case 1:
            map.vocabulary = (map.vocabulary as Json[]).slice(0, 1);
            return 'one token';
          default:
            map.causal = !map.causal;
            return `causal ${map.causal}`;
        }
      }),
  },
  {
    kind: 'numbers of the certificate',
    apply: (folder, draw) =>
      editJson(folder, 'raspc.json', (map) => {
        const certificate = map.certificate as JsonObject;
        const key = pick(draw, ['worstMargin', 'errorBound', 'holds']);
        certificate[key] = key === 'holds' ? draw(2) === 0 : pick(draw, [5, -1, 0, 1, 1e-30, 1e30]);
        return `${key} is ${certificate[key]}`;
      }),
  },
  {
    kind: 'ids, names and values of the map',
    apply: (folder, draw) => {
      // a tokenizer would tell the ids
      if (draw(2) === 0) rmSync(join(folder, 'tokenizer.json'), { force: true });
      return editJson(folder, 'raspc.json', (map) => {
        const vocabulary = map.vocabulary as { id: number; value: Json }[];
        const outputs = map.outputs as { name: string; logits?: { id: number; value: Json }[] }[];
        const logits = outputs[0]?.logits ?? [];
        const swap = (items: { id: number }[]) => {
          const [a, b] = [items[0], items.at(-1)];
          if (a !== undefined && b !== undefined) [a.id, b.id] = [b.id, a.id];
        };
        switch (draw(5)) {
          case 0:
            swap(vocabulary);
            return 'tokens change their ids';
          case 1:
            swap(logits);
            return 'values change their logits';
          case 2:
            (map.bos as { id: number }).id = 3;
            return 'another BOS';
          case 3:
            logits.pop();
            return 'a value has no logit';
          default:
            for (const variable of map.variables as { name: string }[]) variable.name = 'x';
            return 'all variables have one name';
        }
      });
    },
  },
  {
    kind: 'the meaning of variables',
    apply: (folder, draw) =>
      editJson(folder, 'raspc.json', (map) => {
        const meaning = map.meaning as {
          nodes: JsonObject[];
          variables: { node: number | null; levels: number[][]; bos: number[] }[];
          outputs: number[];
        };
        switch (draw(4)) {
          case 0:
            for (const variable of meaning.variables)
              variable.levels = variable.levels.map((levels) => levels.map((level) => 2 * level + 1));
            return 'levels are others';
          case 1:
            meaning.outputs = meaning.outputs.map(() => draw(meaning.nodes.length));
            return 'outputs mean other nodes';
          case 2: {
            const node = pick(draw, meaning.nodes);
            node.operator = pick(draw, ['==', '!=', '<', 'binary +', 'str']);
            return `a node is ${node.operator}`;
          }
          default:
            for (const variable of meaning.variables) variable.node = draw(meaning.nodes.length);
            return 'variables hold other nodes';
        }
      }),
  },
];

/** Another value of the same kind, or of another one. */
function changed(value: Json, draw: Draw): Json {
  if (draw(4) === 0) return pick(draw, [null, 0, 1, true, false, 'x', [], {}]);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return Number.isInteger(value) ? value + pick(draw, [-1, 1, 8]) : value * pick(draw, [0.5, 2, 100]);
  if (value === null) return pick(draw, [1, 2, true, 'eager', 'sdpa', { a: 1 }]);
  return typeof value === 'string' ? pick(draw, ['relu', 'gelu', 'silu', 'float16', 'x']) : pick(draw, [null, {}, []]);
}
