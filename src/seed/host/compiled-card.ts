/** README.md of a model with compiled seeds: what was put into it, where it lies, and how right it is. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { ModelConfig } from '../../targets/model-config.ts';

const FENCE = '```';

export function compiledCard(map: Omit<SeedMap, 'files'>, { target, sizes }: ModelConfig): string {
  const dims = map.variables.reduce((sum, variable) => sum + variable.dims.length, 0);
  const heads = map.heads.map(({ name, layer, head }) => `| ${name} | ${layer} | ${head} |`).join('\n');
  const features = map.features
    .map(({ name, after, dims: own, kind }) => {
      const promise = map.circuits.find((circuit) => circuit.name === name)?.promise;
      const right =
        promise == null ? '' : `; right at ${promise.accuracy.toFixed(4)} of ${promise.positions} positions when it was written`;
      return `- \`${name}\`: ${kind}, in ${own.length} dimensions of \`hidden_states[${after}]\`${right}`;
    })
    .join('\n');
  const says = (map.says ?? [])
    .map(
      ({ name, strength, nats, values }) =>
        `- \`${name}\` ${strength > 0 ? 'raises' : 'lowers'} the logits of ${values.length} values by ${Math.abs(strength).toFixed(2)} nats, measured ${Math.abs(nats).toFixed(2)} when it was written`,
    )
    .join('\n');
  const output = says === '' ? '' : `\n## What they say to the output\n\n${says}\n`;
  const first =
    map.bos === null
      ? "the first position of a window is not read: a program's input begins behind it"
      : `every window starts with the token ${map.bos.id}, and a program's input begins behind it`;
  return `---
library_name: transformers
pipeline_tag: text-generation
tags:
- rasp
- raspc
---

# ${map.features.map(({ name }) => name).join(', ')}, seeded

A new \`${target.architecture}\`, not trained, with circuits in place that raspc ${map.raspc} compiled from RASP programs. Everything else is drawn as the
stock class draws it${map.drawn === null ? '' : ` (seed ${map.drawn.seed})`}.

${map.programs.map(({ file, source }) => `${FENCE}\n${source.trimEnd()}\n${FENCE}\n\nSource: \`${file}\`.`).join('\n\n')}

## What they leave in the stream

${features}

\`raspc.json\` says under \`features\` how each is read: a categorical value is that of the code with the largest cosine, a numeric one a quotient of two
linear forms.
${output}
| heads | layer | head |
|---|---|---|
${heads}

- inputs of at most ${map.context - 1} tokens; ${first}
- width ${sizes.width}, of which ${dims} dimensions are reserved

\`raspc verify\` on this folder measures every feature again.
`;
}
