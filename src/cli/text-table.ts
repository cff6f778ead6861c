/** Rows of cells as lines, each column as wide as its widest cell. The first column's text is on the left, numbers are on the right. */

const NUMBER = /^-?[\d,.]+(e[+-]?\d+)?%?$/;

export function textTable(rows: readonly (readonly string[])[], gap = 2): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(0, ...rows.map((row) => [...(row[column] ?? '')].length)));
  const between = ' '.repeat(gap);
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat(width - [...cell].length);
        return NUMBER.test(cell) ? space + cell : cell + space;
      })
      .join(between)
      .trimEnd(),
  );
}
