/** R77xx, seeding: circuits inside a randomly initialised model. */
import { entry } from '../../catalog-entry.ts';

const INDUCTION = `@vocab any;
@causal;
previous = aggregate(select(indices, indices - 1, ==), tokens);
induction = aggregate(select(previous, tokens, ==), tokens);
@export induction;
`;

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

export const SEEDING = {
  R7701: entry<{ why: string }>({
    message: ({ why }) => `this cannot be seeded: ${why}`,
    help: () => '`raspc explain R7701` lists what can be; `raspc compile` takes the whole language, and makes a model of its own',
    explanation: `A seed is a circuit inside a random model that is to be trained, made of heads that hold whatever the rest of the model does. There are five:
tokens n positions back, \`aggregate(select(indices, indices - n, ==), tokens)\`; the first token; tokens where other tokens agree,
\`aggregate(select(previous, tokens, ==), tokens)\`, with \`and\`, \`rightmost\` and \`select(indices, indices, <)\` if wanted; whether there is such a
place, \`has_focus(...)\`; and, over a small alphabet, the mean of a number of each token.`,
    bad: { kind: 'text', text: `${INDUCTION}longer = selector_width(select(tokens, tokens, ==));\n@export longer;` },
    good: { kind: 'text', text: INDUCTION },
  }),
  R7702: entry<{ file: string }>({
    message: ({ file }) => `\`${file}\` exports nothing to seed`,
    help: () => 'add `@export NAME;`',
    explanation: 'The exports of a program are what its circuits compute; without one there is nothing to seed.',
    bad: { kind: 'text', text: INDUCTION.replace('@export induction;\n', '') },
    good: { kind: 'text', text: INDUCTION },
  }),
  R7703: entry<{ name: string }>({
    message: ({ name }) => `two programs export \`${name}\``,
    help: ({ name }) => `give one of them another name: \`other = ${name}; @export other;\``,
    explanation: 'Each circuit of a seeded model has a name of its own, since options, the circuit map and reports speak of it by name.',
    bad: { kind: 'text', text: '$ raspc seed induction.rasp induction.rasp --like config.json -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed induction.rasp duplicate_token.rasp --like config.json -o out/seeded' },
  }),
  R7704: entry<{ name: string; suggestion: string | null; known: readonly string[] }>({
    message: ({ name }) => `\`--place\` names \`${name}\`, which is no head of these programs`,
    help: ({ suggestion, known }) => (suggestion === null ? `there are ${listed(known)}` : `did you mean \`${suggestion}\`?`),
    explanation: 'Heads are called as the expressions that they compute; `--plan` lists them.',
    bad: { kind: 'text', text: '$ raspc seed induction.rasp --like config.json --place inductoin=1.5 -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed induction.rasp --like config.json --place induction=1.5 -o out/seeded' },
  }),
  R7705: entry<{ name: string; why: string }>({
    message: ({ name, why }) => `there is no place for \`${name}\`: ${why}`,
    help: () => 'a head stands behind those that it reads: another place (`--place NAME=LAYER.HEAD`), or a host with more layers or heads',
    explanation:
      'A head reads what earlier layers wrote, so it needs a layer after those of the heads it reads. Where keys and values serve a group of query heads, a circuit takes the whole group.',
    bad: { kind: 'text', text: '$ raspc seed induction.rasp --like config.json --place induction=0.3 -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed induction.rasp --like config.json --place induction=1.3 -o out/seeded' },
  }),
  R7706: entry<{ what: string; needed: number; available: number; of: string; instead: string }>({
    message: ({ needed, available, of }) => `the circuits need ${needed} ${of}, and there are ${available}`,
    help: ({ what, instead }) => [`needed are ${what}`, instead],
    explanation:
      'Circuits keep tokens in reserved dimensions of the residual stream and compare them in the dimensions of a head. Both are limited: half of the width stays with the rest of the model, and with rotary positions only what turns little within the context compares tokens.',
    bad: { kind: 'text', text: '$ raspc seed induction.rasp --like small.json --dims 400 -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed induction.rasp --like small.json --dims 32 -o out/seeded' },
  }),
  R7707: entry<{ architecture: string; trait: string; instead: string; known: readonly string[] }>({
    message: ({ architecture, trait }) => `raspc does not seed ${architecture}: seeds do not know ${trait}`,
    help: ({ known, instead }) => [`a new model can have ${instead}`, `seeds go into the families ${listed(known)}`],
    explanation:
      'Circuits are laid out for a causal language model. Where what sublayers write goes through a norm (OLMo 2, Gemma 2 and 3), they go into a new model, in which it is known how loud the other heads of a layer are, and not into one that is there. Where that is so, or where each head norms its queries and keys (Qwen3), programs over any token are seeded; those over an alphabet compare numbers, which such norms make equal. `graft` gives the heads of a trained Qwen3 dimensions of their own, in which that can be made up for.',
    bad: { kind: 'text', text: '$ raspc seed induction.rasp --like bert/config.json -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed induction.rasp --like gpt2/config.json -o out/seeded' },
  }),
  R7708: entry<{ name: string; what: string }>({
    message: ({ name, what }) => `\`${name}\` ${what}, and this model has no table of positions to tell it by`,
    help: () => 'a model with learned positions, such as GPT-2, can',
    explanation:
      'With a table of positions the first one has a mark of its own, and a slope over positions tells the last match from the first. With rotary positions a head only sees how far apart two positions are.',
    bad: { kind: 'text', text: '$ raspc seed first_token.rasp --like llama/config.json -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed first_token.rasp --like gpt2/config.json -o out/seeded' },
  }),
  R7709: entry<{ file: string }>({
    message: ({ file }) => `\`${file}\` is not causal`,
    help: () => 'add `@causal;`',
    explanation: 'Seeds go into causal language models: every selector sees the positions so far, which the program has to say.',
    bad: { kind: 'text', text: INDUCTION.replace('@causal;\n', '') },
    good: { kind: 'text', text: INDUCTION },
  }),
  R7710: entry<{ value: string; file: string }>({
    message: ({ value, file }) => `\`${file}\` does not say which token \`${value}\` is`,
    help: ({ value }) => `give its id, \`--token '${value}=ID'\`; one value of the alphabet may stand for all other tokens`,
    explanation:
      'A program over a small alphabet is about some tokens of a tokenizer. All values of its vocabulary but one need the id of a token; the one without stands for every other token.',
    bad: { kind: 'text', text: '$ raspc seed bracket_depth.rasp --like config.json -o out/seeded' },
    good: { kind: 'text', text: "$ raspc seed bracket_depth.rasp --like config.json --token '(=7' --token ')=8' -o out/seeded" },
  }),
  R7711: entry<{ name: string; accuracy: number; least: number }>({
    message: ({ name, accuracy, least }) => `\`${name}\` is right at ${accuracy.toFixed(4)} of its positions, below ${least}`,
    help: () => 'a larger `--margin`, more `--dims` or a shorter `--context` make it surer',
    explanation:
      'A seeded model whose weights are as raspc wrote them has to compute its circuits on sequences of random tokens that repeat. Once it is trained, `verify` only measures.',
    bad: { kind: 'text', text: '$ raspc verify out/seeded    (seeded with --margin 2)' },
    good: { kind: 'text', text: '$ raspc verify out/seeded    (seeded with the margin that raspc chooses)' },
  }),
  R7712: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `the block \`${file}\` cannot be placed: ${why}`,
    explanation:
      'A block holds rows and columns of the tensors of one architecture at one size, with their place in its metadata. It goes into checkpoints of exactly that architecture and those sizes.',
    bad: { kind: 'text', text: '$ raspc seed --apply block.safetensors --into other/ -o out/seeded    (other/ is wider)' },
    good: { kind: 'text', text: '$ raspc seed --apply block.safetensors --into checkpoint/ -o out/seeded' },
  }),
  R7713: entry<{ file: string; name: string; layer: number; found: number; most: number }>({
    message: ({ file, name, layer, found, most }) =>
      `\`${name}\` of \`${file}\` would not work there: the stream before layer ${layer} has a root mean square of ${found.toPrecision(3)}, and it is made for ${most.toPrecision(3)} at most`,
    help: () => 'make the circuits for that model instead, which measures its stream: `raspc seed FILE --into CHECKPOINT`',
    explanation:
      "Scores are divided by the square of the norm's scale, so a circuit that is made for one stream is nothing in a much larger one. A block is made for the stream that its model has when it is drawn by the architecture's own rules; what trained longer, or was drawn otherwise, has another. (Transformers 5.12 states GPT-2's rule for what writes into the stream and does not apply it: those weights are √(2·layers) times as large.)",
    bad: { kind: 'text', text: '$ raspc seed --apply block.safetensors --into drawn-otherwise/ -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed programs/seeds/induction.rasp --into drawn-otherwise/ -o out/seeded' },
  }),
  R7714: entry<{ name: string; input: string; position: number; found: string; expected: string }>({
    message: ({ name, input, position, found, expected }) =>
      `the circuit of \`${name}\` says ${found} at position ${position} of \`${input}\`, and the program ${expected}`,
    help: () => 'nothing has been written; this is a fault of raspc, please report the program',
    explanation:
      'Before a program is seeded its circuit is run by itself on some two thousand inputs (short and long, random, of few tokens, repeated, in runs, nested) beside the program. A circuit that differs anywhere is not seeded.',
    bad: { kind: 'text', text: '$ raspc seed program.rasp --like config.json -o out/seeded    (its circuit contradicts it)' },
    good: {
      kind: 'text',
      text: '$ raspc seed programs/seeds/bracket_depth.rasp --like config.json --token "(=7" --token ")=8" -o out/seeded',
    },
  }),
  R7715: entry<{ name: string; right: number; positions: number; least: number; context: number }>({
    message: ({ name, right, positions, least, context }) =>
      `\`${name}\` would be right at ${right} of ${positions} positions in this model over ${context} tokens, below ${least}`,
    help: ({ context }) => `a shorter context (\`--context ${Math.max(2, Math.floor(context / 2))}\`) or a wider model hold more`,
    explanation:
      'A seeded circuit shares its stream with what others write, whose scale differs from position to position. Counts over many positions and the last of many matches are told apart by small differences, which that blurs. The circuits are run in the first layers of the very model before it is written, and refused where they are wrong at more than one position in a hundred.',
    bad: { kind: 'text', text: '$ raspc seed counts.rasp --like config.json --context 1000 -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed counts.rasp --like config.json --context 64 -o out/seeded' },
  }),
  R7716: entry<{ architecture: string }>({
    message: ({ architecture }) => `a ${architecture} has no table of positions, so a token has to stand first in every window`,
    help: () => 'say which: `--bos ID`',
    explanation:
      'Without a table of positions a causal model computes the same at every position of a window of equal tokens: each average is over equal things, in every layer. So no function that counts, or that has a default where nothing comes before, can be right there, unless a token that the alphabet does not have marks the beginning. GPT-2 needs none: the first row of its position table marks it, whatever token stands there.',
    bad: { kind: 'text', text: '$ raspc seed counts.rasp --like llama/config.json --no-bos -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed counts.rasp --like llama/config.json --bos 1 -o out/seeded' },
  }),
  R7717: entry<{ name: string; place: string; why: string }>({
    message: ({ name, place, why }) => `\`--export ${name}=${place}\` cannot be: ${why}`,
    help: () => 'without `--export` tokens score at the output and everything else is a feature',
    explanation:
      'An export of a seed is a feature, which stays in reserved dimensions of the stream, or it raises the logits of the tokens that its values name, or both. Logits need values that tokens say: a day, a bracket, a letter. True, a count or a share name no token. Which tokens there are is said by `--token` for a small alphabet, and by `--tokenizer`.',
    bad: { kind: 'text', text: "$ raspc seed depth.rasp --like gpt2 --token '(=7' --token ')=8' --export depth=logits -o out/seeded" },
    good: {
      kind: 'text',
      text: '$ raspc seed days.rasp --like gpt2 --tokenizer gpt2 --export next=logits --strength next=6 -o out/seeded',
    },
  }),
  R7741: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` is no list of token ids: ${why}`,
    help: () => [
      'ids are a window a line, as a JSON list or with spaces between: `[464, 2068, 7586]`',
      'if it is a text, give the tokenizer that cuts it, `--tokenizer PATH`, or put tokenizer.json beside the weights',
    ],
    explanation:
      '`--text` of `drift`, `match` and `seed --into` takes a text, which needs the tokenizer of the model, or the ids that a tokenizer made: with the tokenizers package, `Tokenizer.from_file("tokenizer.json").encode(text).ids`. Each line of ids is one window, BOS included where the model was trained with one.',
    bad: { kind: 'text', text: '$ raspc drift out/seeded/raspc.json checkpoint-100 --text book.txt' },
    good: { kind: 'text', text: '$ raspc drift out/seeded/raspc.json checkpoint-100 --text book.txt --tokenizer gpt2/tokenizer.json' },
  }),
  R7742: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` is no checkpoint of this seeded model: ${why}`,
    help: () => 'give folders with config.json and weights of the same sizes, or a folder of `checkpoint-N` folders',
    explanation:
      'What became of a circuit is found by comparing a checkpoint with the seeded model that it started from, entry by entry, so both need the same architecture and the same sizes.',
    bad: { kind: 'text', text: '$ raspc drift out/seeded/raspc.json another-model/' },
    good: { kind: 'text', text: '$ raspc drift out/seeded/raspc.json trained/checkpoint-100 trained/checkpoint-200' },
  }),
  R7751: entry<{ name: string }>({
    message: ({ name }) => `\`${name}\` selects nothing, so that no head can be compared with it`,
    help: () => 'export an aggregate, or the width of a selector: what it selects is the pattern that heads are compared with',
    explanation:
      'For `match` a program is a detector: the selector of its export, evaluated on the tokens, says where a perfect head would attend. A number computed from values alone has no such selector.',
    bad: { kind: 'text', text: '@vocab any;\n@causal;\nn = indices + 1;\n@export n;\n' },
    good: { kind: 'text', text: '@vocab any;\n@causal;\nn = aggregate(select(indices, indices - 4, ==), tokens);\n@export n;\n' },
  }),
  R7752: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` cannot be matched: ${why}`,
    help: () => 'give the folder of a decoder: config.json and weights in float32, bfloat16 or float16, in one file or in shards',
    explanation:
      'What heads do is measured by running the model, from its own bytes. That takes a causal model of the families, whole: adapters (LoRA) hold only what is added to the weights of another folder, and have to be merged into them first; quantised weights have to be dequantised.',
    bad: { kind: 'text', text: '$ raspc match adapter/    (adapter_config.json and adapter_model.safetensors alone)' },
    good: { kind: 'text', text: '$ raspc match merged/    (after `model.merge_and_unload().save_pretrained("merged")`)' },
  }),
  R7753: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` does not go with the model: ${why}`,
    help: () => 'take the tokenizer that the model was trained with, and the ids that it makes of a text of some hundred words',
    explanation:
      "Statistics over heads need tokens that the model knows, and enough of them: programs that read what tokens say need the texts of the model's own tokenizer, a text of another tokenizer is noise to it, and a handful of tokens tells a head from chance only by luck.",
    bad: { kind: 'text', text: '$ raspc match model/ --text other-tokenizer.ids' },
    good: { kind: 'text', text: '$ raspc match model/ --text book.ids' },
  }),
  R7754: entry<{ found: string; limit: number }>({
    message: ({ found, limit }) => `${found}: more than ${limit} nats are not taken from a model that is there`,
    help: () => [
      'seed a new model (`--like`), take fewer `--dims`, or insist with `--force`',
      '`raspc graft` makes room of their own for circuits, so that a model keeps what it knows',
    ],
    explanation:
      "Circuits are written over dimensions of the embedding, heads and gains that a trained model uses. What that costs is measured before anything is written: with `--text FILE` (token ids, a window a line) by the loss on that text, which is refused where it rises too much; otherwise by how far what the model says on random tokens moves, the circuits' own answers included, which is only told.",
    bad: { kind: 'text', text: '$ raspc seed induction.rasp --into trained/ --text book.ids -o out/seeded' },
    good: { kind: 'text', text: '$ raspc seed induction.rasp --into trained/ --text book.ids -o out/seeded --force' },
  }),
  R7755: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` holds no measurements that a page can show here: ${why}`,
    help: () => 'give what `raspc drift … --format json` or `raspc match … --format json` wrote, of the same model',
    explanation:
      "`show` makes a page of a model's folder, of what `drift` or `match` measured, or of both: `--drift FILE` and `--match FILE` lay the measurements over the page of the model that they are of. The files are the JSON of those commands, whole; circuits and heads in them have to be those of the model.",
    bad: { kind: 'text', text: '$ raspc show raspc.json -o page.html' },
    good: {
      kind: 'text',
      text: '$ raspc drift out/seeded/raspc.json trained/ --format json > drift.json\n$ raspc show drift.json -o page.html',
    },
  }),
  R7756: entry<{ path: string; names: readonly string[] }>({
    message: ({ path, names }) => `\`${path}\` has circuits already (${names.join(', ')}), which a second seed would write over`,
    help: ({ path }) => [
      'seed all programs at once: `raspc seed FIRST.rasp SECOND.rasp --like CONFIG -o DIR`',
      `put the second beside it in new room: \`raspc graft SECOND.rasp --into ${path} -o DIR\``,
      'insist with `--force`, where the first may be lost',
    ],
    explanation:
      'Every seed reserves dimensions from the end of the stream, so that a second one takes those of the first, and the raspc.json that it writes knows of itself alone. Programs that are seeded together get dimensions of their own, and share what they have in common. `raspc graft` makes the model larger for the second, and the first computes what it computed; the raspc.json of the larger model knows of the second alone.',
    bad: { kind: 'text', text: '$ raspc seed bracket_depth.rasp --like gpt2/ -o one\n$ raspc seed induction.rasp --into one -o both' },
    good: { kind: 'text', text: '$ raspc seed bracket_depth.rasp induction.rasp --like gpt2/ -o both' },
  }),
  R7719: entry<{ name: string; state: string; why: string }>({
    message: ({ name, state, why }) => `\`${name}\` ${state === 'works' ? state : `is ${state}`}: ${why}`,
    help: () =>
      'where it was just seeded, a larger `--margin`, more `--dims` or a shorter `--context` make it surer; `--report-only` tells it without failing',
    explanation:
      'A seeded model promises its circuits: that they compute their programs inside the whole model. `verify` measures that again, in a model as it was written, changed, or trained further. A circuit that is weaker or lost says by what: the scale of the stream beyond what its norms bear, the scores of its heads, what they move, or what reads it; one that is not there was never seeded into these weights.',
    bad: { kind: 'text', text: '$ raspc verify trained --map out/seeded/raspc.json    (after training that drove the circuit away)' },
    good: { kind: 'text', text: '$ raspc verify trained --map out/seeded/raspc.json --report-only' },
  }),
  R7720: entry<{ file: string; why: string }>({
    message: ({ file, why }) => `\`${file}\` ${why}`,
    help: () => 'seed the model again, or take the mask that was written with it',
    explanation:
      'The mask says which entries of a seeded model training has to hold. One that is zeroed, or of another model, would hold nothing or the wrong things, and no training loop could tell.',
    bad: { kind: 'text', text: '$ raspc verify out/seeded    (after its freeze.safetensors was set to zero)' },
    good: { kind: 'text', text: '$ raspc verify out/seeded    (as it was written)' },
  }),
} as const;
