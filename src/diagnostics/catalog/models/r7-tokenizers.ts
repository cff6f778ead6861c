/** R773x, tokenizers: programs that are about what the tokens of a real tokenizer say. */
import { entry } from '../../catalog-entry.ts';

const SHOWN = 6;

function some(texts: readonly string[]): string {
  const shown = texts
    .slice(0, SHOWN)
    .map((text) => `\`${text}\``)
    .join(' ');
  return texts.length > SHOWN ? `${shown} and ${texts.length - SHOWN} more` : shown;
}

export const TOKENIZERS = {
  R7731: entry<{ tokens: number; rows: number }>({
    message: ({ tokens, rows }) => `the tokenizer has ${tokens} tokens, and the model an embedding of ${rows} rows`,
    help: ({ tokens, rows }) =>
      tokens > rows ? 'give the tokenizer of this model, or a config.json with as many rows' : 'give the tokenizer of this model',
    explanation:
      'What a token says decides where its row of the embedding lies, so the tokenizer has to be the one that the model is used with. A model may have some rows more than there are tokens (up to one in sixteen), which fill it up to a round number and say nothing; one that has fewer, or many more, belongs to another tokenizer.',
    bad: { kind: 'text', text: '$ raspc seed in_number.rasp --like configs/gpt2-small --tokenizer llama/tokenizer.json --plan' },
    good: { kind: 'text', text: '$ raspc seed in_number.rasp --like configs/gpt2-small --tokenizer gpt2/tokenizer.json --plan' },
  }),
  R7732: entry<{ lacking: readonly string[] }>({
    severity: 'warning',
    message: ({ lacking }) => `the tokenizer has no token that says ${some(lacking)}`,
    help: () => 'tokens keep the space before them: `" Monday"`; words that it cuts into several tokens are none of its tokens',
    explanation:
      'A program over `@vocab tokenizer` compares what tokens say with texts. Where no token of the tokenizer says such a text, that case never comes: the program is right, and does less than its writer may mean. A long word is often several tokens, and the same word at the beginning of a text is another token than after a space.',
    bad: { kind: 'text', text: 'is_day = tokens in [" Monday", " Donnerstag"];    # two tokens: " Donn" "erstag"' },
    good: { kind: 'text', text: 'is_day = tokens in [" Monday", "Monday"];' },
  }),
  R7733: entry<object>({
    message: () => 'no token of the tokenizer is in this class',
    help: () => 'tokens keep the space before them, so that a pattern for words begins `^ ?`',
    explanation:
      'A question about the text of a token that none of the tokens answers with yes is a constant, and a circuit for it would do nothing. Most often it forgets the space that tokens have in front.',
    bad: { kind: 'text', text: '@vocab tokenizer;\nis_page = matches(tokens, "^page [0-9]{4}$");' },
    good: { kind: 'text', text: '@vocab tokenizer;\nis_page = matches(tokens, "^ ?page$");' },
  }),
  R7734: entry<object>({
    message: () => 'this asks which token it is in a way that no code of tokens answers',
    help: () => [
      'tokens may be moved (`aggregate(…, tokens)`), chosen (`a if … else b`) and compared for being the same (`a == b`, `select(a, b, ==)`)',
      'or ask for a function of one token, as `matches(tokens, …)` or `tokens in […]`: it may be compared and moved',
    ],
    explanation:
      'A seed over the tokens of a tokenizer sorts them into classes by what they say, a dimension a class. Which token it is among tens of thousands is kept by a code of some sixty dimensions: it can be moved, said to the output, chosen by a condition (one of two tokens, or `-` for none), and compared with another one, at the same position or elsewhere; a function of one moved token is one of what is moved. What asks for more (which of two tokens comes first in the alphabet, whether one ends as another begins) has no circuit. The token of the input itself needs none.',
    bad: {
      kind: 'text',
      text: '@vocab tokenizer;\nprevious = aggregate(select(indices, indices - 1, ==), tokens, "-");\nsorted = starts_with(tokens, " ") and previous < tokens;',
    },
    good: {
      kind: 'text',
      text: '@vocab tokenizer;\nopened = rightmost(select(starts_with(tokens, " "), True, ==));\nword = aggregate(opened, tokens, "-");',
    },
  }),
  R7735: entry<{ least: number }>({
    message: ({ least }) => `nothing follows a token ${least} times in this text`,
    help: () => 'give a longer text, or a smaller `--least`',
    explanation:
      'A table of n-grams has what follows one or two tokens most often. In a short text nothing comes often enough to be more than chance.',
    bad: { kind: 'text', text: '$ raspc ngrams sentence.txt --tokenizer gpt2/tokenizer.json -o bigrams.rasp' },
    good: { kind: 'text', text: '$ raspc ngrams sentence.txt --tokenizer gpt2/tokenizer.json --least 1 -o bigrams.rasp' },
  }),
} as const;
