/** README.md of a model folder: what the model computes, from which source, within which limits, and how to load it. */
import type { ModelConfig } from '../targets/model-config.ts';
import type { CircuitMap, MapOutput } from './map/circuit-map.ts';
import { valueText } from './tokenizer/token-texts.ts';

const AUTO_CLASSES = { 'language-model': 'AutoModelForCausalLM', 'token-classification': 'AutoModelForTokenClassification' } as const;
const PIPELINES = { 'language-model': 'text-generation', 'token-classification': 'token-classification' } as const;
const DTYPES = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' } as const;

/** Values shown of a long list. */
const SHOWN = 12;

/** A longer run of backticks than any in `text`, and at least `least`: a fence that the text cannot close. */
function fence(text: string, least: number): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(least, longest + 1));
}

/** A value as inline code, control characters as escapes. */
function inlineCode(value: string): string {
  const text = JSON.stringify(value).slice(1, -1);
  const around = fence(text, 1);
  const space = /^[` ]|[` ]$/.test(text) ? ' ' : '';
  return around + space + text + space + around;
}

function listed(values: readonly string[]): string {
  const shown = values.slice(0, SHOWN).map(inlineCode);
  return shown.join(' ') + (values.length > SHOWN ? ` … (${values.length} in all)` : '');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function outputLine(output: MapOutput): string {
  const reading =
    output.kind === 'categorical'
      ? `the value whose logit is largest, of ${listed(output.logits.map(({ value }) => valueText(value)))}`
      : `\`${output.scale} * logits[${output.logit}] + ${output.offset}\``;
  return `| \`${output.name}\` | ${output.type} | ${reading.replaceAll('|', '\\|')} |`;
}

/** TransformerLens has no head that labels tokens: its bridge loads a body, and puts a head that was never trained on it. */
function lensNote({ output }: ModelConfig['traits']): string {
  return output === 'token-classification'
    ? ` TransformerLens alone loads this model without its output head:
\`raspc.load(FOLDER).transformer_lens()\` of raspc's Python package gives its bridge with it.`
    : '';
}

/** The text of the model card. */
export function modelCard(map: Omit<CircuitMap, 'files'>, { target, sizes, traits }: ModelConfig): string {
  const auto = AUTO_CLASSES[traits.output];
  const around = fence(map.program.source, 3);
  const { holds } = map.certificate;
  const verified =
    holds === true
      ? 'raspc certified it: for every input within the limits, the margin of each decision exceeds the bound on all errors.'
      : 'It is not certified.';
  return `---
library_name: transformers
pipeline_tag: ${PIPELINES[traits.output]}
tags:
- rasp
- raspc
---

# ${map.outputs.map(({ name }) => name).join(', ')}

\`${target.architecture}\` with weights that were compiled from a RASP program by raspc ${map.raspc}; nothing was trained.

${around}
${map.program.source.trimEnd()}
${around}

Source: \`${map.program.file}\`, sha256 \`${map.program.sha256}\`.

## Outputs

For an input of n tokens the model reads BOS and the tokens; the output for token i is read from the logits at position i, BOS being
position 0.

| name | type | read as |
|---|---|---|
${map.outputs.map(outputLine).join('\n')}

## Limits

- at most ${counted(map.context, 'token')}
- vocabulary: ${map.vocabulary.length === 0 ? 'open' : listed(map.vocabulary.map(({ value }) => valueText(value)))}
- ${map.causal ? 'causal: each position depends on itself and those before' : 'each position may depend on all others'}
- weights stored as ${DTYPES[map.dtype]}, activations in ${DTYPES[map.compute]}; ${counted(sizes.layers, 'layer')}, width ${sizes.width}, ${counted(sizes.heads, 'head')} of ${sizes.dim}, ${counted(sizes.hidden, 'neuron')} a layer

## How it was checked

${verified} \`raspc verify\` on this folder runs the checkpoint from its bytes against the program.

## Loading

${'```'}python
from transformers import ${auto}, ${target.tokenizerClass}

model = ${auto}.from_pretrained("path/to/this/folder")
tokenizer = ${target.tokenizerClass}.from_pretrained("path/to/this/folder")
${'```'}

Tools that cut text themselves may leave BOS out, and the model then answers wrongly: give them the tokenizer's ids, or ask for BOS
(TransformerLens: \`prepend_bos=True\`).${lensNote(traits)}

\`raspc.json\` says which logit means what, and where in the model each part of the program lies.
`;
}
