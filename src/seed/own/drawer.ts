/** Whole numbers below a limit, the same ones everywhere. */
import { philox } from '../draw/philox.ts';

export function drawer(stream: number): (limit: number) => number {
  const words = new Uint32Array(4);
  let at = 0;
  return (limit) => {
    if (at % 4 === 0) philox(at / 4, 1, stream, words);
    return (words[at++ % 4] as number) % limit;
  };
}
