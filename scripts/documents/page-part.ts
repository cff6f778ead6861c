/** Parts of a page that a command writes, between two comments that Markdown does not show; the rest is written by people. */

/** The page with `text` in place of what stood in its part `name`, which `npm run <command>` writes. */
export function withPart(page: string, { name, command }: PagePart, text: string): string {
  const start = `<!-- ${name}: written by npm run ${command} -->`;
  const end = `<!-- end of ${name} -->`;
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place between \`${start}\` and \`${end}\``);
  return `${page.slice(0, from)}${start}\n\n${text}\n\n${page.slice(to)}`;
}

export interface PagePart {
  readonly name: string;
  readonly command: string;
}

/** Rows of cells under a head, the first `left` columns on the left and the others, numbers, on the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  return [head, head.map((_, i) => (i < left ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
