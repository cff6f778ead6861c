/**
 * Rows of cells as lines, each column as wide as its widest cell. Columns of numbers (under a heading or not) stand on the right, all
 * others on the left.
 */

const NUMBER = /^-?[\d,.]+(e[+-]?\d+)?%?$/;

export function textTable(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const columns = Array.from({ length: count }, (_, column) => {
    const cells = rows.map((row) => row[column] ?? '');
    const filled = cells.slice(1).filter((cell) => cell !== '');
    return {
      width: Math.max(0, ...cells.map((cell) => [...cell].length)),
      numeric: filled.length > 0 && filled.every((cell) => NUMBER.test(cell)),
    };
  });
  return rows.map((row) =>
    columns
      .map(({ width, numeric }, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat(width - [...cell].length);
        return numeric ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}
