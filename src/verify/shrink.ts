/** Makes a failing input small: shorter first, then of tokens that come early in the vocabulary. */

/** Attempts after which it is good enough: a model may be slow. */
const ATTEMPTS = 2000;

export async function shrink(input: Uint32Array, fails: (candidate: Uint32Array) => Promise<boolean>): Promise<Uint32Array> {
  let smallest = input;
  let attempts = 0;
  const accept = async (candidate: Uint32Array): Promise<boolean> => {
    if (attempts++ >= ATTEMPTS || !(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let before: Uint32Array | null = null; before !== smallest && attempts < ATTEMPTS; ) {
    before = smallest;
    await shorten(() => smallest, accept);
    await simplifyTokens(() => smallest, accept);
  }
  return smallest;
}

/** Takes pieces out, large ones first. */
async function shorten(current: () => Uint32Array, accept: (candidate: Uint32Array) => Promise<boolean>): Promise<void> {
  for (let piece = current().length >> 1; piece >= 1; piece >>= 1) {
    for (let at = current().length - piece; at >= 0; at = Math.min(at, current().length) - 1) {
      const now = current();
      if (at + piece > now.length || now.length <= piece) continue;
      const candidate = new Uint32Array(now.length - piece);
      candidate.set(now.subarray(0, at));
      candidate.set(now.subarray(at + piece), at);
      await accept(candidate);
    }
  }
}

/** Gives each token, wherever it stands, the first place in the vocabulary at which the input still fails. */
async function simplifyTokens(current: () => Uint32Array, accept: (candidate: Uint32Array) => Promise<boolean>): Promise<void> {
  for (const token of [...new Set(current())].sort((a, b) => a - b)) {
    for (let earlier = 0; earlier < Math.min(token, 8); earlier++) {
      if (await accept(current().map((known) => (known === token ? earlier : known)))) break;
    }
  }
  for (let at = 0; at < current().length; at++) {
    for (let earlier = 0; earlier < Math.min(current()[at] as number, 8); earlier++) {
      if (await accept(current().with(at, earlier))) break;
    }
  }
}
