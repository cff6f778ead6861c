/** Repeats a measurement and gives the middle one, in milliseconds, so that one slow moment does not count. */
export function medianMilliseconds(times: number, work: () => void): number {
  const measured = Array.from({ length: times }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return measured.sort((a, b) => a - b)[times >> 1] as number;
}

/** Three significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
