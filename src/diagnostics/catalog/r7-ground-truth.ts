/** R776x: datasets of programs. */
import { entry } from '../catalog-entry.ts';

export const GROUND_TRUTH = {
  R7761: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` holds another dataset: ${why}`,
    help: () => 'give the options with which it was begun, to go on with it, or another folder',
    explanation:
      'A dataset may be made in parts, by one machine after the other or by many at once, and all parts have to be of the same programs. `dataset.json` says which options they were begun with; shards that are there already are left as they are.',
    bad: { kind: 'text', text: '$ raspc dataset --count 1000 --seed 2 -o data    (after --seed 1 into the same folder)' },
    good: { kind: 'text', text: '$ raspc dataset --count 1000 --seed 1 -o data' },
  }),
} as const;
