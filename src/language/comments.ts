/** The comment that stands right above a place, as prose. */
import type { SourceFile } from '../source/source-file.ts';

const TAG = /^(Source|Example|Causal|Bidirectional|Cost|Vocabulary): /;

/** Its lines without the signs, up to the first that is tagged (`Source:`, `Example:`); a name and its signature in front are left out. */
export function commentAbove({ text }: SourceFile, offset: number): string {
  const lines = text
    .slice(0, text.lastIndexOf('\n', offset - 1) + 1)
    .split('\n')
    .slice(0, -1);
  let from = lines.length;
  while (from > 0 && lines[from - 1]?.startsWith('#')) from--;
  const said = lines.slice(from).map((line) => line.replace(/^#\s?/, ''));
  const end = said.findIndex((line) => TAG.test(line));
  const prose = said.slice(0, end < 0 ? said.length : end).join(' ');
  return prose.replace(/^\w+(\([^)]*\))?: /, '').trim();
}
