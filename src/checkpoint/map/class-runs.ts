/** The class of every token as text, and back: `0*256 1 0*3` is 256 tokens of class 0, one of class 1 and three of class 0. */

export function writeRuns(classOf: ArrayLike<number>): string {
  const runs: string[] = [];
  for (let start = 0; start < classOf.length; ) {
    let end = start + 1;
    while (end < classOf.length && classOf[end] === classOf[start]) end++;
    runs.push(end - start === 1 ? `${classOf[start]}` : `${classOf[start]}*${end - start}`);
    start = end;
  }
  return runs.join(' ');
}

/** No model has as many tokens. */
const MOST = 2 ** 24;

/** Null where the text is no list of runs, or names a class that is not below `count`. */
export function readRuns(text: string, count: number): Int32Array | null {
  const classOf: number[] = [];
  for (const run of text === '' ? [] : text.split(' ')) {
    const [, own, times = '1'] = /^(\d+)(?:\*(\d+))?$/.exec(run) ?? [];
    if (own === undefined || Number(own) >= count || classOf.length + Number(times) > MOST) return null;
    for (let i = 0; i < Number(times); i++) classOf.push(Number(own));
  }
  return Int32Array.from(classOf);
}
