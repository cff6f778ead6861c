/**
 * JSON Schemas (2020-12) of raspc.json, made of the shapes by which raspc itself reads it: what is published is what is asked. Each member has
 * a description, which the reference page shows as well.
 */
import type { JsonSchema, Shape } from '../json/json-shape.ts';
import { MAP_SCHEMA } from './circuit-map.ts';
import { mapShape } from './read-circuit-map.ts';
import { seedShape } from './seed/seed-map-schema.ts';

export interface MapForm {
  readonly title: string;
  readonly description: string;
  readonly shape: Shape<unknown>;
  /** What each member says, by its path: `outputs[].name`. */
  readonly members: Readonly<Record<string, string>>;
}

const HASH = 'its SHA-256, in hexadecimal';
const SPAN = 'where it stands in the source: `file:line:column-line:column`';

const FILES = {
  files: 'every file of the folder but this one',
  'files[].path': 'its name',
  'files[].sha256': HASH,
  'files[].bytes': 'its size',
};

const NODES = (at: string) => ({
  [`${at}`]: 'the simplified program as a list: a node comes after those it reads',
  [`${at}[].kind`]: 'what the node is',
  [`${at}[].operator`]: 'of an elementwise node or a comparison, its operation',
  [`${at}[].args`]: 'the nodes that it reads, by index',
  [`${at}[].values`]: 'constants of the node: its value, a table, a default',
  [`${at}[].name`]: 'what the source calls it',
  [`${at}[].span`]: SPAN,
});

const HOOKS = (at: string, what: string) => ({
  [at]: what,
  [`${at}[].transformers`]: 'the path of the module in the stock model',
  [`${at}[].output`]: "whether it is the module's output or its (first) input",
  [`${at}[].columns`]: 'the first of its columns, and the one after the last',
  [`${at}[].transformerLens`]: 'the canonical name there; absent where there is none',
  [`${at}[].index`]: 'of that tensor, axis by axis: null for all of an axis, one index, or several',
});

export const COMPILED_MAP: MapForm = {
  title: 'raspc.json of a compiled model',
  description:
    'How to read the inputs and outputs of a model that `raspc compile` wrote, and which head, neurons and dimensions hold what.',
  shape: mapShape,
  members: {
    raspc: 'the version that wrote it',
    program: 'the program that the model computes',
    'program.file': 'the name of its file',
    'program.sha256': `of its source, ${HASH}`,
    'program.source': 'its text',
    target: 'the model family, as `--target` has it',
    dtype: 'what the weights are stored as',
    compute: 'what the model computes in; f32 where nothing is said',
    exactSchedule: 'whether the schedule was chosen by an integer program',
    effort: 'how many times the usual work was allowed for planning, as `--effort` has it; once where nothing is said',
    context: 'the longest input in tokens, BOS not counted',
    causal: 'whether positions see only what comes before',
    assumes: 'the expressions that hold on every input of the program (`@assume`)',
    generation: 'of a program that is run on its own output: what is appended, and what ends it',
    'generation.output': 'the output whose last value is appended (`@step`)',
    'generation.halt': 'the value that ends a run (`@halt`)',
    bos: 'the token that stands first',
    'bos.id': 'its id',
    'bos.token': 'its text',
    vocabulary: 'the tokens of inputs',
    'vocabulary[].id': 'the id of the token',
    'vocabulary[].value': 'its value: an int has no fraction, a float has one',
    outputs: 'what is read from the logits at each token',
    'outputs[].name': 'the export',
    'outputs[].type': 'the type of its values',
    'outputs[].kind': 'categorical: the value whose logit is largest; numeric: `scale * logits[logit] + offset`',
    'outputs[].logits': 'of a categorical output, the values and the ids of their logits',
    'outputs[].logits[].id': 'the id of the logit',
    'outputs[].logits[].value': 'the value that it stands for',
    'outputs[].logit': 'of a numeric output, the id of its logit',
    'outputs[].scale': 'of a numeric output, its scale',
    'outputs[].offset': 'of a numeric output, its offset',
    variables: 'what lies in the residual stream',
    'variables[].name': 'the nearest name in the source, else its text; of no two variables the same (`hist`, `hist#2`)',
    'variables[].span': SPAN,
    'variables[].encoding': 'how its values are encoded',
    'variables[].values': 'the values that it can have',
    'variables[].dims': 'the dimensions of the stream that hold it',
    'variables[].written': 'where it is written',
    'variables[].written.layer': 'the layer, from 0',
    'variables[].written.sublayer': 'the part of the layer',
    'variables[].lastRead': 'where it is read last; its dimensions may hold something else afterwards',
    'variables[].lastRead.layer': 'the layer, from 0',
    'variables[].lastRead.sublayer': 'the part of the layer',
    'variables[].codes': 'what each value is in the dimensions; absent where a one-hot code of many values says it itself',
    'variables[].codes[].value': 'the value',
    'variables[].codes[].code': 'a number for each dimension',
    'variables[].bosCode': 'what lies in the dimensions at BOS',
    'variables[].live': 'where the dimensions hold it; before and after they may hold something else',
    'variables[].live.from': 'the sublayer that writes it',
    'variables[].live.from.layer': 'the layer, from 0',
    'variables[].live.from.sublayer': 'the part of the layer',
    'variables[].live.to': 'the last sublayer that finds it in its input',
    'variables[].live.to.layer': 'the layer, from 0',
    'variables[].live.to.sublayer': 'the part of the layer',
    heads: 'the heads that compute something',
    'heads[].layer': 'the layer, from 0',
    'heads[].head': 'the head, from 0',
    'heads[].name': 'what it computes',
    'heads[].span': SPAN,
    'heads[].selects': 'the keys that it attends to, in words of the program',
    'heads[].bosShare': 'the share of its attention that BOS takes by construction, at queries that are tokens',
    'heads[].bosShare.least': 'on the input where it is least',
    'heads[].bosShare.most': 'on the input where it is most',
    neurons: 'groups of neurons that compute something',
    'neurons[].layer': 'the layer, from 0',
    'neurons[].from': 'the first neuron',
    'neurons[].to': 'the one after the last',
    'neurons[].name': 'what they compute',
    'neurons[].span': SPAN,
    clears: 'neurons that take a variable off the stream once nobody reads it any more',
    'clears[].layer': 'the layer, from 0',
    'clears[].from': 'the first neuron',
    'clears[].to': 'the one after the last',
    'clears[].variable': 'the variable, by index',
    edges: 'the circuit as a graph; what is no edge is not used on any input',
    'edges[].from': 'who writes: `embedding`, `a{layer}.h{head}` or `m{layer}`',
    'edges[].to': 'who reads: `a{layer}.h{head}<q>`, `<k>` or `<v>`, `m{layer}` or `logits`',
    'edges[].variable': 'the variable that goes along, by name',
    'edges[].clears': 'whether the reader takes it off the stream, and uses it for nothing else',
    hooks: 'where to read and patch what, in stock transformers and by the names of TransformerLens',
    ...HOOKS('hooks.variables', 'of each variable, the stream where it has been written; the index ends in its dimensions'),
    ...HOOKS('hooks.heads', 'of each head, what it gives before the output matrix'),
    ...HOOKS('hooks.neurons', 'of each group of neurons, their activations'),
    meaning: 'what the variables mean, so that the stream can be checked without the compiler',
    ...NODES('meaning.nodes'),
    'meaning.outputs': 'the node of each output',
    'meaning.variables': 'of each variable, its node and its code',
    'meaning.variables[].node': 'the node whose values it holds; null for BOS',
    'meaning.variables[].bos': 'what stands at BOS, a number for each dimension',
    'meaning.variables[].levels': 'for each dimension a number for each value',
    'meaning.variables[].unit': 'what 1 is in the stream, for a number that is averaged',
    'meaning.heads': 'which variables each head writes',
    'meaning.neurons': 'which variables each group of neurons writes',
    certificate: 'what the compiler claims; `raspc verify` says what is so',
    'certificate.holds': 'whether every decision keeps a margin, by the compiler',
    'certificate.worstMargin': 'the smallest margin, at most 1',
    'certificate.errorBound': 'the largest error of an output',
    ...FILES,
  },
};

const SLICES = (at: string, what: string) => ({
  [at]: what,
  [`${at}[].tensor`]: 'the tensor',
  [`${at}[].rows`]: 'ranges of its rows, `[from, to]`, the end not included',
  [`${at}[].cols`]: 'ranges of its columns; none for a vector',
});

export const SEEDED_MAP: MapForm = {
  title: 'raspc.json of a seeded model',
  description: 'Where the circuits of a model that `raspc seed` wrote lie in its weights, and what they promise.',
  shape: seedShape,
  members: {
    raspc: 'the version that wrote it',
    programs: 'the programs whose circuits it has',
    'programs[].file': 'the name of its file',
    'programs[].sha256': `of its source, ${HASH}`,
    'programs[].source': 'its text',
    'programs[].meaning': 'what it computes, for those who evaluate it without raspc',
    ...NODES('programs[].meaning.nodes'),
    'programs[].classes': 'of a program over the tokens of a tokenizer: the classes into which it sorts them by what they say',
    'programs[].classes.values': 'what one token of each class says: the values of the program',
    'programs[].classes.runs':
      'the class of each token id in order, as runs: `0*256 1 0*3` is 256 tokens of class 0, one of class 1, three of 0',
    'programs[].meaning.outputs': 'what it exports',
    'programs[].meaning.outputs[].name': 'the export',
    'programs[].meaning.outputs[].node': 'its node, by index',
    target: 'the model family',
    dtype: 'what the weights are stored as',
    context: 'the longest window for which the circuits are made',
    causal: 'positions see only what comes before',
    bos: 'the token that has to stand first; null where none has to',
    'bos.id': 'its id',
    drawn: 'how the other weights were drawn; null where they were there before',
    'drawn.seed': 'the number that they follow from',
    'drawn.range': 'the standard deviation of the config',
    tokens: 'the tokens that the programs name',
    'tokens[].value': 'the value in the program',
    'tokens[].id': 'its id; null for all other tokens',
    code: 'the binary linear code that tells tokens apart',
    'code.bits': 'the bits of a token id',
    'code.columns': 'entry d of token t is the parity of the bits that t shares with column d',
    'code.file': 'where codes were read from the embedding: the file whose tensor `codes` has those of token t in row t',
    variables: 'the reserved dimensions of the residual stream',
    'variables[].name': 'what they hold',
    'variables[].encoding': 'how',
    'variables[].dims': 'which they are',
    'variables[].amplitude': 'the size of an entry',
    'variables[].written': 'the layer that writes them; -1 for the embedding',
    'variables[].lastRead': 'the layer that reads them last; -1 where none does',
    heads: 'the programmed heads',
    'heads[].layer': 'the layer, from 0',
    'heads[].head': 'the head, from 0',
    'heads[].name': 'what it computes',
    'heads[].span': SPAN,
    'heads[].after': 'how many positions come before the first that it is right at',
    'heads[].streamAtMost': 'how loud the stream before its norm may be',
    circuits: 'what is exported',
    'circuits[].name': 'the export',
    'circuits[].kind': 'what it does',
    'circuits[].span': SPAN,
    'circuits[].heads': 'its heads, by name',
    'circuits[].dims': 'its dimensions',
    ...SLICES('circuits[].slices', 'its entries of the weights'),
    'circuits[].strength': 'where it lowers the logits of its tokens, by how many nats: a negative number',
    'circuits[].promise': 'what was measured when it was written, on random inputs',
    'circuits[].promise.accuracy': 'the share of positions at which it was right',
    'circuits[].promise.positions': 'how many positions were tried',
    'circuits[].promise.context': 'up to which length',
    'circuits[].promise.windows': 'what was measured in windows of each kind, which `verify` measures again',
    'circuits[].promise.windows.seed': 'the number that the windows follow from',
    'circuits[].promise.windows.length': 'tokens of a window',
    'circuits[].promise.windows.sequences': 'windows of each kind',
    'circuits[].promise.windows.layers': 'how many layers were run, before the final norm and the output',
    'circuits[].promise.windows.among': 'how many tokens the windows are made of; answers are the likeliest of these',
    'circuits[].promise.windows.shares': 'how often it was right',
    'circuits[].promise.windows.shares[].kind':
      "random: random tokens, repeated once; no-bos: the same without BOS; text-like: a source of order two by Zipf's law, no text; packed: two such documents",
    'circuits[].promise.windows.shares[].accuracy': 'the share of right answers',
    'circuits[].promise.windows.shares[].positions': 'at how many positions the program has one',
    features: 'values that are left in the stream for the rest of the model to use',
    'features[].name': 'the export',
    'features[].type': 'the type of its values',
    'features[].kind':
      'categorical: the value whose code has the largest cosine; numeric: scale * (h . weights) / (h . per) + offset; tokens: the token whose `code` has the largest cosine with h[dims], less h[host.reference] where that is a dimension',
    'features[].after': 'read at hidden_states[after]; 0 is the embedding',
    'features[].dims': 'the dimensions that hold it',
    'features[].codes': 'of a categorical one, the values and their codes',
    'features[].codes[].value': 'the value',
    'features[].codes[].code': 'a number for each dimension',
    'features[].weights': 'of a numeric one, the form that is read',
    'features[].per': 'of a numeric one, the form that it is divided by; all zero for none',
    'features[].scale': 'of a numeric one, its scale',
    'features[].offset': 'of a numeric one, its offset',
    'features[].positions': '`all`, or `from N` where nothing is said of the first N positions of a window',
    'features[].code': 'of tokens, by which codes they are read where these are not those of the map, as after a further graft',
    'features[].code.bits': 'the bits of a token id',
    'features[].code.columns': 'entry d of token t is the parity of the bits that t shares with column d',
    'features[].code.file': 'as `code.file`',
    'features[].bound':
      "for which scales of the stream it holds on every input, as long as nobody else writes into the circuits' dimensions; absent where nothing is proven",
    'features[].bound.scale':
      'by what factor the stream may be louder or quieter, at every place that reads it, than the weights were written for',
    'features[].bound.margin': 'by how much the right value leads every other one then, of 1',
    'features[].bound.moved': 'by what factor it moved at most when it was measured',
    scales: "the root mean square of the stream for which a compiled circuit's weights were written, by layer",
    'scales.attention': 'before attention',
    'scales.attention[].first': 'at the first position',
    'scales.attention[].typical': 'elsewhere',
    'scales.mlp': 'before neurons',
    'scales.mlp[].first': 'at the first position',
    'scales.mlp[].typical': 'elsewhere',
    beside: 'where compiled circuits lie beside heads over any token, which `scales` is of then; absent where there is one kind',
    'beside.end': 'dimensions from here on are those of the heads over any token',
    'beside.kvHead': 'key-value heads before this one are theirs, in every layer',
    'beside.scales': "the root mean square of the stream for which the compiled circuits' weights were written, by layer",
    'beside.scales.attention': 'before attention',
    'beside.scales.attention[].first': 'at the first position',
    'beside.scales.attention[].typical': 'elsewhere',
    'beside.scales.mlp': 'before neurons',
    'beside.scales.mlp[].first': 'at the first position',
    'beside.scales.mlp[].typical': 'elsewhere',
    says: 'exports that move the logits of the tokens that their values name',
    text: 'what was measured on a text that the user gave when it was seeded; absent where none was given',
    'text.sha256': 'of the text as it was read',
    'text.length': 'tokens of a window at most, what stands first counted',
    'text.windows': 'windows, from the beginning of the text on',
    'text.shares': 'of each circuit whose program has a meaning on a text',
    'text.shares[].name': 'the circuit',
    'text.shares[].accuracy': 'how often it was right, at the positions where its program has an answer',
    'text.shares[].positions': 'how many these were',
    'text.says': 'of each export that moves logits',
    'text.says[].name': 'the export',
    'text.says[].nats': 'by how much the named tokens rose where the program says so, above where it does not; 0 where it never does',
    'text.says[].accuracy': 'the share of positions with every named token on its side of half of the strength',
    'text.says[].positions': 'how many positions there were',
    'text.loss': 'in nats, over as many tokens as the text has and some that stand for the others',
    'text.loss.seeded': 'of the model with its circuits',
    'text.loss.twin': 'of the same model without circuits',
    'says[].name': 'the export',
    'says[].dims': 'a dimension for each value, or for each entry of the code, which only the output reads',
    'says[].strength': 'nats by which a named token is to rise; negative: to fall',
    'says[].nats': 'by how many it did when it was written, where the program says so, above where it does not',
    'says[].accuracy': 'the share of positions at which each named token was on its side of half of the strength',
    'says[].positions': 'how many positions were tried',
    'says[].values': 'what is said, in the order of `dims`; with a code some of the tokens',
    'says[].code': 'the code in which any token is said, null or absent where each value has a dimension',
    'says[].code.bits': 'the bits of a token id',
    'says[].code.columns': 'entry d of token t is the parity of the bits that t shares with column d',
    'says[].values[].value': 'the value',
    'says[].values[].ids': 'the tokens that it names',
    ...SLICES('cleared', 'entries that are zero so that nothing else writes there'),
    host: 'the checkpoint that circuits were grafted onto; absent or null where nothing was widened',
    'host.files': 'its config and weights',
    'host.files[].path': 'the file',
    'host.files[].sha256': 'its hash',
    'host.files[].bytes': 'its size',
    'host.sizes': 'its sizes before',
    'host.sizes.width': 'the stream',
    'host.sizes.heads': 'query heads of a layer',
    'host.sizes.kvHeads': 'key and value heads of a layer',
    'host.sizes.hidden': 'neurons of a layer',
    'host.reference': 'where norms take a mean off, a new dimension that holds the mean of the old ones and nothing else; null elsewhere',
    'host.widened': 'tensors that became larger',
    'host.change': 'what the graft changed in what the model says, answers at the output left out',
    'host.change.on': '`text`, or `random tokens`',
    'host.change.positions': 'positions that were compared',
    'host.change.largest': 'the largest change of a logit, in standard deviations of the logits at its position',
    'host.change.lossBefore': 'mean loss of the model that was there, in nats',
    'host.change.lossAfter': 'mean loss of the larger one',
    'host.change.agreement': 'the share of positions at which the likeliest token is the same',
    stream: 'the axis of each tensor that is the residual stream',
    'stream[].tensor': 'the tensor',
    'stream[].axis': 'its axis',
    ...FILES,
  },
};

export interface Member {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** Every member of a form, in order, with its path. */
export function membersOf({ shape }: MapForm): Member[] {
  return below(shape.schema, '');
}

function below(schema: JsonSchema, at: string): Member[] {
  const own = variantsOf(schema).flatMap((variant) => {
    if (variant.type === 'array') return below(variant.items as JsonSchema, `${at}[]`);
    if (variant.type !== 'object') return [];
    const required = new Set(variant.required as readonly string[]);
    return Object.entries(variant.properties as Record<string, JsonSchema>).flatMap(([key, member]) => {
      const path = at === '' ? key : `${at}.${key}`;
      return [{ path, schema: member, isRequired: required.has(key) }, ...below(member, path)];
    });
  });
  return own.filter(({ path }, index) => own.findIndex((other) => other.path === path) === index);
}

export function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : (schema.anyOf as readonly JsonSchema[]);
}

/** The form as a JSON Schema document. */
export function schemaOf(form: MapForm): JsonSchema {
  const body = described(form.shape.schema, '', form.members);
  const properties = { schema: { const: MAP_SCHEMA, description: 'the version of this form' }, ...(body.properties as JsonSchema) };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: form.title,
    description: form.description,
    ...body,
    properties,
    required: ['schema', ...(body.required as readonly string[])],
  };
}

function described(schema: JsonSchema, at: string, members: MapForm['members']): JsonSchema {
  const text = members[at];
  const about = text === undefined ? {} : { description: text };
  if (schema.anyOf !== undefined)
    return { ...about, anyOf: (schema.anyOf as readonly JsonSchema[]).map((each) => described(each, at, without(members, at))) };
  if (schema.type === 'array') return { ...about, ...schema, items: described(schema.items as JsonSchema, `${at}[]`, members) };
  if (schema.type !== 'object') return { ...about, ...schema };
  const properties = Object.entries(schema.properties as Record<string, JsonSchema>).map(([key, member]) => [
    key,
    described(member, at === '' ? key : `${at}.${key}`, members),
  ]);
  return { ...about, ...schema, properties: Object.fromEntries(properties) };
}

/** A description stands once, where a member has several forms. */
function without(members: MapForm['members'], at: string): MapForm['members'] {
  return Object.fromEntries(Object.entries(members).filter(([path]) => path !== at));
}
