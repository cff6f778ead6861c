/** R776x: datasets of programs, challenges, and disguises. */
import { entry } from '../../catalog-entry.ts';

export const GROUND_TRUTH = {
  R7761: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` holds another dataset: ${why}`,
    help: () => 'give the options with which it was begun, to go on with it, or another folder',
    explanation:
      'A dataset may be made in parts, by one machine after the other or by many at once, and all parts have to be of the same programs. `dataset.json` says which options they were begun with; shards that are there already are left as they are.',
    bad: { kind: 'text', text: '$ raspc dataset --count 1000 --seed 2 -o data    (after --seed 1 into the same folder)' },
    good: { kind: 'text', text: '$ raspc dataset --count 1000 --seed 1 -o data' },
  }),
  R7762: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` cannot be used: ${why}`,
    help: () => 'docs/challenges.md shows what challenges, answers and leagues look like',
    explanation:
      'A challenge is a folder with `challenge.json` and `model/`; an answer is a program, or a JSON file in the form that the question asks for; a league is a JSON file of teams, challenges and submissions. What is none of these, or speaks of parts that the model has not, is refused and not scored.',
    bad: { kind: 'text', text: '$ raspc challenge check riddle answer.json    (with a head that the model has not)' },
    good: { kind: 'text', text: '$ raspc challenge check riddle answer.json' },
  }),
  R7763: entry<{ name: string; why: string }>({
    message: ({ name, why }) => `\`${name}\` makes no challenge of this form: ${why}`,
    help: () => 'ask another question, or about another output',
    explanation:
      'A challenge has to have an answer that the judge accepts: `challenge new` solves it itself before it writes anything. A value that no input gives has no trigger, and an output whose heads and neurons others use as well is in no place of its own.',
    bad: { kind: 'text', text: '$ raspc challenge new hist.rasp --form trigger --value 99 --secret s -o riddle --key riddle.key' },
    good: { kind: 'text', text: '$ raspc challenge new hist.rasp --form trigger --value 5 --secret s -o riddle --key riddle.key' },
  }),
  R7764: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` is no key of a disguise: ${why}`,
    help: () => 'give the file that `raspc disguise --key` wrote',
    explanation:
      'The key of a disguise is a JSON file with the plain model, whole, and with the recipe and the seed from which the disguised one can be made again. `raspc verify --key` makes it again and compares every byte; a file without all of that says nothing about a model.',
    bad: { kind: 'text', text: '$ raspc verify out/hidden --key out/hidden/config.json' },
    good: { kind: 'text', text: '$ raspc verify out/hidden --key out/hidden.key' },
  }),
  R7765: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` cannot be disguised: ${why}`,
    help: () => 'compile the program in float32, which is what `raspc compile` does unless told otherwise, and disguise that',
    explanation:
      'A disguise starts from a folder that `raspc compile` wrote, as it was written: its map says what must stay as it is. In half precision a turned stream would be rounded far beyond what circuits stand, so that only models that are stored and computed in float32 are disguised.',
    bad: {
      kind: 'text',
      text: '$ raspc compile programs/hist.rasp --dtype f16 -o out/hist && raspc disguise out/hist --seed s -o out/hidden --key out/hidden.key',
    },
    good: {
      kind: 'text',
      text: '$ raspc compile programs/hist.rasp -o out/hist && raspc disguise out/hist --seed s -o out/hidden --key out/hidden.key',
    },
  }),
} as const;
