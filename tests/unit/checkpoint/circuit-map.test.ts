import { describe, expect, test } from 'vitest';
import { floatNumber, JsonNumber, jsonText } from '../../../src/checkpoint/json/json-text.ts';
import { checkCircuitMap } from '../../../src/checkpoint/map/check-circuit-map.ts';
import type { CircuitMap } from '../../../src/checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../../../src/checkpoint/map/read-circuit-map.ts';
import { writeCircuitMapJson } from '../../../src/checkpoint/map/write-circuit-map.ts';
import { fileOfText } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { sha256HexOfText } from '../../../src/source/sha256.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { memoryFolder, smallSizes } from './random-model.ts';

const MAP: CircuitMap = {
  raspc: '0.1.0',
  program: { file: 'hist.rasp', sha256: 'ab', source: 'tokens; # "§"\n' },
  target: 'gpt2',
  dtype: 'bf16',
  compute: 'f32',
  context: 12,
  causal: true,
  bos: { id: 0, token: '<bos>' },
  vocabulary: [
    { id: 1, value: 'a' },
    { id: 2, value: 3n },
    { id: 3, value: 3 },
    { id: 4, value: true },
  ],
  outputs: [
    {
      name: 'hist',
      type: 'int',
      kind: 'categorical',
      logits: [
        { id: 5, value: 10n ** 30n },
        { id: 6, value: -0.5 },
      ],
    },
    { name: 'frac', type: 'float', kind: 'numeric', logit: 9, scale: 1, offset: -0.25 },
  ],
  variables: [
    {
      name: 'hist',
      span: 'programs/hist.rasp:4:8-4:50',
      encoding: 'one-hot',
      values: [1n, 2n, 1e21, -0, Number.POSITIVE_INFINITY],
      dims: [12, 13],
      written: { layer: 0, sublayer: 'mlp' },
      lastRead: { layer: 0, sublayer: 'output' },
    },
  ],
  heads: [{ layer: 0, head: 0, name: 'same_token', span: 's' }],
  neurons: [{ layer: 0, from: 0, to: 32, name: 'hist', span: 's' }],
  meaning: {
    nodes: [
      { kind: 'tokens', operator: 'asis', args: [], values: [], name: '', span: '' },
      { kind: 'elementwise', operator: 'member', args: [0], values: [1n, 0.5, 'a'], name: 'hist', span: 's' },
    ],
    outputs: [1, 1],
    variables: [{ node: 1, bos: [0, 0.5], levels: [[1, -0.25]], unit: 1 }],
    heads: [[0]],
    neurons: [[]],
  },
  certificate: { holds: true, worst: { margin: 0.5, path: [1, 'a', null] } },
  files: [{ path: 'model.safetensors', sha256: 'cd', bytes: 123 }],
};

const folder = (text: string) => memoryFolder([{ path: 'raspc.json', content: fileOfText(text) }]);

test('what is written is read again, ints as ints and floats as floats', () => {
  expect(readCircuitMap(folder(writeCircuitMapJson(MAP)))).toEqual(MAP);
});

test('the text is for people, and for readers that tell 3 from 3.0', () => {
  const text = writeCircuitMapJson(MAP);
  expect(text).toContain('  "schema": 1,\n  "raspc": "0.1.0",\n');
  expect(text).toContain('{ "id": 2, "value": 3 }');
  expect(text).toContain('{ "id": 3, "value": 3.0 }');
  expect(text).toContain('"logit": 9, "scale": 1.0, "offset": -0.25');
  expect(text).toContain('"values": [1, 2, 1e+21, -0.0, 1e999]');
  expect(Object.keys(JSON.parse(text))).toEqual([
    'schema',
    'raspc',
    'program',
    'target',
    'dtype',
    'context',
    'causal',
    'bos',
    'vocabulary',
    'outputs',
    'variables',
    'heads',
    'neurons',
    'meaning',
    'certificate',
    'files',
  ]);
});

test('a writer need not say what variables mean', () => {
  const { meaning: _, ...without } = MAP;
  expect(readCircuitMap(folder(writeCircuitMapJson(without)))).toEqual(without);
});

test('a later writer may add keys', () => {
  const text = writeCircuitMapJson(MAP).replace('"schema": 1,', '"schema": 1, "seeded": {"a": []},');
  expect(readCircuitMap(folder(text))).toEqual(MAP);
});

describe('refuses', () => {
  const valid = JSON.parse(writeCircuitMapJson(MAP)) as Record<string, unknown>;
  test.each([
    ['another schema', { schema: 2 }, 'R7402', 'is of schema 2, but this version of raspc reads schema 1'],
    ['a schema that is no number', { schema: '1' }, 'R7402', 'is of schema "1"'],
    ['no schema', { schema: undefined }, 'R7401', '`schema` in `raspc.json` is missing'],
    ['no outputs', { outputs: undefined }, 'R7401', '`outputs` in `raspc.json` is missing, but must be a list'],
    ['an output of another kind', { outputs: [{ name: 'x', kind: 'ordinal' }] }, 'R7401', '`outputs[0].kind` in `raspc.json` is "ordinal"'],
    [
      'a logit that is no id',
      { outputs: [{ name: 'x', type: 'int', kind: 'categorical', logits: [{ id: -1, value: 1 }] }] },
      'R7401',
      '`outputs[0].logits[0].id` in `raspc.json` is -1, but must be a whole number from 0',
    ],
    ['a value that is a list', { vocabulary: [{ id: 1, value: [] }] }, 'R7401', '`vocabulary[0].value` in `raspc.json` is a list of 0'],
    ['a BOS that is no object', { bos: 0 }, 'R7401', '`bos` in `raspc.json` is 0, but must be an object'],
    [
      'a scale that is text',
      { outputs: [{ name: 'x', type: 'float', kind: 'numeric', logit: 1, scale: '1', offset: 0 }] },
      'R7401',
      '`outputs[0].scale`',
    ],
    ['another dtype', { dtype: 'f8' }, 'R7401', '"f32" or "f16" or "bf16"'],
    ['causal that is a word', { causal: 'yes' }, 'R7401', 'true or false'],
    [
      'a sublayer that is none',
      { variables: [{ ...MAP.variables[0], values: [], written: { layer: 0, sublayer: 'norm' } }] },
      'R7401',
      '`variables[0].written.sublayer`',
    ],
    ['a certificate that is a list', { variables: [], certificate: [] }, 'R7401', '`certificate`'],
  ] as const)('%s', (_, change, code, text) => {
    const read = () => readCircuitMap(folder(JSON.stringify({ ...valid, ...change })));
    expect(read).toThrow(text);
    expect(read).toThrow(code);
  });

  test('what is no object, and no file', () => {
    expect(() => readCircuitMap(folder('[]'))).toThrow('`the document` in `raspc.json` is a list of 0');
    expect(() => readCircuitMap(folder('{'))).toThrow('R7101');
    expect(() => readCircuitMap(memoryFolder([]))).toThrow('R7010');
  });
});

describe('a map and its model', () => {
  const model = {
    config: { target: gpt2, sizes: smallSizes(gpt2), traits: gpt2.traits },
    loading: { dtype: 'float32', hasOwnCode: false },
  };
  /** Of values that one program can have, and nothing in places that the small model has not. */
  const OWN: CircuitMap = {
    ...MAP,
    program: { ...MAP.program, sha256: sha256HexOfText(MAP.program.source) },
    vocabulary: [
      { id: 1, value: 'a' },
      { id: 2, value: 'b' },
    ],
    variables: [],
    neurons: [],
    meaning: { ...(MAP.meaning as NonNullable<CircuitMap['meaning']>), variables: [], neurons: [] },
  };

  test('belong together', () => {
    expect(() => checkCircuitMap(OWN, model)).not.toThrow();
  });

  test('rows in front of the first position are none', () => {
    const skipping = { ...gpt2.traits, positions: { kind: 'learned' as const, skipped: 2 } };
    expect(() => checkCircuitMap(OWN, { ...model, config: { ...model.config, traits: skipping } })).toThrow(
      'need 13 positions, and the model has 11',
    );
  });

  test.each([
    ['another target', { target: 'llama' }, 'of the target `llama`, and config.json of `gpt2`'],
    ['another source', { program: { ...MAP.program, sha256: 'ab' } }, 'is not the one that its sha256 names ('],
    [
      'another arithmetic',
      { compute: 'f16' },
      'it is of a model that computes in float16, and config.json has stock loaders compute in float32',
    ],
    ['too long inputs', { context: 13 }, 'inputs of 13 tokens and BOS need 14 positions, and the model has 13'],
    ['a token outside', { vocabulary: [{ id: 11, value: 'a' }] }, 'the token id 11, and the model has 11 tokens'],
    ['a token twice', { vocabulary: [{ id: 0, value: 'a' }] }, 'two tokens have the id 0'],
    ['a logit outside', { outputs: [{ ...MAP.outputs[1], logit: 11 }] }, '`frac` reads the logit 11, and the model has 11'],
    ['a logit twice', { outputs: [MAP.outputs[1], { ...MAP.outputs[1], name: 'other' }] }, 'two values are read from the logit 9'],
    ['an output of nothing', { outputs: [{ ...MAP.outputs[0], logits: [] }] }, 'the output `hist` has no logits'],
    ['no output', { outputs: [] }, 'it has no output'],
    ['two outputs of one name', { outputs: [MAP.outputs[1], { ...MAP.outputs[1], logit: 8 }] }, 'two outputs are called `frac`'],
    ['a value twice', { outputs: [{ ...MAP.outputs[0], logits: [1n, 1].map((value, id) => ({ id, value })) }] }, '`hist` has 1 twice'],
    ['a number that reads nothing', { outputs: [{ ...MAP.outputs[1], scale: 0 }] }, 'the number `frac` is 0 times its logit'],
    ['no inputs', { context: 0 }, 'its context has no token'],
    ['no tokens', { vocabulary: [] }, 'its vocabulary is empty'],
    [
      'tokens of two types',
      {
        vocabulary: [
          { id: 1, value: 'a' },
          { id: 2, value: 3n },
        ],
      },
      'its vocabulary mixes strings and ints',
    ],
    [
      'an equal token',
      {
        vocabulary: [
          { id: 1, value: 'a' },
          { id: 2, value: 'a' },
        ],
      },
      'its vocabulary has "a" twice',
    ],
    ['a head that is not there', { heads: [{ ...MAP.heads[0], head: 99 }] }, '`same_token` is said to be head 99, and a layer has'],
    ['a layer that is not there', { heads: [{ ...MAP.heads[0], layer: 99 }] }, 'is said to be in layer 99, and there are'],
    [
      'neurons that are not there',
      { neurons: [{ ...MAP.neurons[0], to: 9999 }] },
      '`hist` is said to be neurons 0 to 9999, and a layer has',
    ],
    ['what clears nothing', { clears: [{ layer: 0, from: 0, to: 1, variable: 7 }] }, 'it clears variable 7, and has 0'],
    ['a meaning of other outputs', { outputs: [MAP.outputs[1]] }, '`meaning.outputs` has 2 entries, and `outputs` has 1'],
    ['a file elsewhere', { files: [{ path: '../a.json', sha256: '', bytes: 1 }] }, '`../a.json`, which is no file of its folder'],
  ])('do not, with %s', (_, change, why) => {
    expect(() => checkCircuitMap({ ...OWN, ...change } as CircuitMap, model)).toThrow(why);
  });
});

test('a model whose dtype the stored tensors decide, or that brings its own code', () => {
  const config = { target: gpt2, sizes: smallSizes(gpt2), traits: gpt2.traits };
  const map: CircuitMap = { ...MAP, program: { ...MAP.program, sha256: sha256HexOfText(MAP.program.source) } };
  const check = (dtype: string | null, hasOwnCode: boolean) => () => checkCircuitMap(map, { config, loading: { dtype, hasOwnCode } });
  expect(check(null, false)).toThrow('has stock loaders compute in bfloat16');
  expect(check('float32', true)).toThrow('`auto_map`');
});

test('JSON text', () => {
  expect(jsonText([])).toBe('[]\n');
  expect(jsonText({ a: {}, b: [1, [2]], c: null, d: new JsonNumber('12345678901234567890') })).toBe(
    '{ "a": {}, "b": [1, [2]], "c": null, "d": 12345678901234567890 }\n',
  );
  const long = jsonText({ list: Array.from({ length: 60 }, (_, i) => 100 + i), tail: [{ x: 'y'.repeat(200) }] });
  expect(JSON.parse(long)).toEqual({ list: Array.from({ length: 60 }, (_, i) => 100 + i), tail: [{ x: 'y'.repeat(200) }] });
  expect(long.split('\n')[1]).toBe('  "list": [');
  expect([1, -0, 0.1, 1e300, Number.NEGATIVE_INFINITY].map((value) => floatNumber(value).text)).toEqual([
    '1.0',
    '-0.0',
    '0.1',
    '1e+300',
    '-1e999',
  ]);
  expect(() => floatNumber(Number.NaN)).toThrow('NaN');
});
