/** R1, the layout of a program: what `raspc fmt --check` finds. */
import { entry } from '../../catalog-entry.ts';

export const STYLE = {
  R1033: entry<{ file: string; line: number }>({
    message: ({ file, line }) => `\`${file}\` is not in the style of \`raspc fmt\`, first at line ${line}`,
    help: ({ file }) => `\`raspc fmt ${file}\` puts it so`,
    explanation:
      'Programs have one layout, which `raspc fmt` gives them: a statement a line, two columns a block, lines of at most 100 columns. `--check` writes nothing and fails where a file has another, for use in continuous integration.',
    bad: { kind: 'text', text: '$ raspc fmt --check crowded.rasp    (a file with `x=tokens;y=indices;` on one line)' },
    good: { kind: 'command', line: 'raspc fmt --check programs/hist.rasp' },
  }),
} as const;
