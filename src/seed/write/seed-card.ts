/** README.md of a seeded model: what was put into it, where, and how to train it. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { SeedPlan } from '../program/seed-plan.ts';

const FENCE = '```';

/** The text of the model card. */
export function seedCard(map: Omit<SeedMap, 'files'>, { config, heads, outputs }: SeedPlan): string {
  const { target, sizes } = config;
  const where = heads.map(({ name, placed }) => `| \`${name}\` | ${placed.layer} | ${placed.queryHeads.join(', ')} |`).join('\n');
  const what = outputs
    .map(({ output, logit, probability }) =>
      logit === null
        ? `- \`${output.name}\`: a feature of the residual stream, not an output`
        : probability === null
          ? `- \`${output.name}\`: ${logit > 0 ? 'raises' : 'lowers'} the logit of its token by ${Math.abs(logit)} nats`
          : `- \`${output.name}\`: scores at the output, a right token at ${probability.toPrecision(3)} by the plan`,
    )
    .join('\n');
  const bos = map.bos === null ? '' : `- every input starts with the token ${map.bos.id}\n`;
  return `---
library_name: transformers
pipeline_tag: text-generation
tags:
- rasp
- raspc
---

# ${outputs.map(({ output }) => output.name).join(', ')}, seeded

A new \`${target.architecture}\`, not trained, with circuits in place that raspc ${map.raspc} wrote from RASP programs. Everything else is drawn as the
stock class draws it${map.drawn === null ? '' : ` (seed ${map.drawn.seed})`}.

${map.programs.map(({ file, source }) => `${FENCE}\n${source.trimEnd()}\n${FENCE}\n\nSource: \`${file}\`.`).join('\n\n')}

## What they do at step 0

${what}

| head | layer | heads |
|---|---|---|
${where}

- inputs of at most ${map.context} tokens
${bos}- width ${sizes.width}, of which ${map.variables.reduce((sum, { dims }) => sum + dims.length, 0)} dimensions are reserved

\`raspc verify\` on this folder, or on any later checkpoint of the same run with this \`raspc.json\` beside it, measures what the circuits do.

## Training

${FENCE}python
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained("path/to/this/folder")
${FENCE}

\`freeze.safetensors\` has a mask for each tensor with programmed entries, 1 where an entry is programmed. \`python/raspc_freeze.py\` of raspc keeps
them as they are under any optimizer; without it they train like everything else.

\`raspc.json\` lists every circuit with its dimensions and entries.
`;
}
