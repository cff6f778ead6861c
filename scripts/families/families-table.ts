/** docs/reference/families.md: the families, and which of some public models raspc takes, by their config.json. */
import { readModelConfig } from '../../src/checkpoint/config/read-config.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { bytesSource } from '../../src/source/byte-source.ts';
import { widestReach } from '../../src/targets/model-config.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { seedObstacle } from '../../src/targets/seed-obstacle.ts';
import type { Json } from '../../src/targets/target.ts';

/** Configs by name of the model. */
export type PublicConfigs = Readonly<Record<string, Readonly<Record<string, Json>>>>;

export interface Acceptance {
  readonly type: string;
  readonly isRead: boolean;
  /** What `raspc seed` says: null where it takes the model as it is. */
  readonly seedNeeds: string | null;
  readonly why: string;
}

export function acceptanceOf(config: PublicConfigs[string]): Acceptance {
  const type = String(config.model_type ?? 'none');
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  try {
    const model = readModelConfig({ path: 'model', open: () => bytesSource(bytes) });
    const reach = widestReach(model);
    const needs = reach < model.sizes.positions ? `with \`--context ${reach}\` or less` : null;
    const obstacle = seedObstacle(model.target);
    if (obstacle === null) return { type, isRead: true, seedNeeds: needs, why: '' };
    return {
      type,
      isRead: true,
      seedNeeds: 'no',
      why: `R7707: seeds do not know ${obstacle.trait}; a new model can have ${obstacle.instead}`,
    };
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    const [first] = fault.diagnostics;
    return { type, isRead: false, seedNeeds: 'no', why: `${first?.code}: ${first?.message}`.replaceAll('|', '\\|') };
  }
}

export function familiesTable(configs: PublicConfigs): string {
  const families = TARGETS.map(({ name, architecture, traits, init, gguf, upstream }) => {
    const positions = traits.positions.kind === 'rotary' ? 'rotary' : 'table';
    const cells = [
      `\`${name}\``,
      architecture,
      traits.norm,
      positions,
      traits.activation,
      init === null ? 'no' : 'yes',
      gguf === null ? 'no' : 'yes',
    ];
    return `| ${[...cells, upstream.path.replace('src/transformers/models/', '')].join(' | ')} |`;
  });
  const models = Object.entries(configs).map(([name, config]) => {
    const { type, isRead, seedNeeds, why } = acceptanceOf(config);
    return `| ${name} | \`${type}\` | ${isRead ? 'yes' : 'no'} | ${seedNeeds ?? 'yes'} | ${why} |`;
  });
  const taken = Object.values(configs).filter((config) => acceptanceOf(config).isRead).length;
  return `# Families

Which models can be compiled to, seeded and read? This page is made by \`npm run families-table\` from the families' own
data (\`src/targets/families\`) and from the config.json of ${Object.keys(configs).length} public models
(\`tests/fixtures/public-configs.json\`); a test holds it against both.

## What there is

| target | class | norm | positions | activation | seeded | GGUF | modeling file |
|---|---|---|---|---|---|---|---|
${families.join('\n')}

A compiled model has no window, no scaled rotary positions, no cap, and multipliers of 1, whatever \`--like\` says: its
config.json says so. A model that has them is run, inspected and seeded with them, as transformers computes it; a
window that all layers have, or the length for which rotary positions are scaled, is compared with \`--context\` when a
seed is planned; where some layers see everything, heads that look further back than the others' window lie in those.

## Public models

${taken} of ${Object.keys(configs).length} are taken by \`compile --like\` and \`inspect\`. What is refused names what no trait says, or the key whose value
changes the arithmetic; a new model can leave that key at the value named.

| model | model_type | compile, inspect | seed | why not |
|---|---|---|---|---|
${models.join('\n')}
`;
}
