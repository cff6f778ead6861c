/** Makes a failing input small: shorter first, then of tokens that come early in the vocabulary. */

/** Attempts after which it is good enough: a model may be slow. */
const ATTEMPTS = 2000;

export function shrink(input: Uint32Array, fails: (candidate: Uint32Array) => boolean): Uint32Array {
  let smallest = input;
  let attempts = 0;
  const accept = (candidate: Uint32Array): boolean => {
    if (attempts++ >= ATTEMPTS || !fails(candidate)) return false;
    smallest = candidate;
    return true;
  };
  for (let before: Uint32Array | null = null; before !== smallest && attempts < ATTEMPTS; ) {
    before = smallest;
    shorten(() => smallest, accept);
    simplifyTokens(() => smallest, accept);
  }
  return smallest;
}

/** Takes pieces out, large ones first. */
function shorten(current: () => Uint32Array, accept: (candidate: Uint32Array) => boolean): void {
  for (let piece = current().length >> 1; piece >= 1; piece >>= 1) {
    for (let at = current().length - piece; at >= 0; at = Math.min(at, current().length) - 1) {
      const now = current();
      if (at + piece > now.length || now.length <= piece) continue;
      const candidate = new Uint32Array(now.length - piece);
      candidate.set(now.subarray(0, at));
      candidate.set(now.subarray(at + piece), at);
      accept(candidate);
    }
  }
}

/** Gives each token, wherever it stands, the first place in the vocabulary at which the input still fails. */
function simplifyTokens(current: () => Uint32Array, accept: (candidate: Uint32Array) => boolean): void {
  for (const token of [...new Set(current())].sort((a, b) => a - b)) {
    for (let earlier = 0; earlier < Math.min(token, 8); earlier++) {
      if (accept(current().map((known) => (known === token ? earlier : known)))) break;
    }
  }
  for (let at = 0; at < current().length; at++) {
    for (let earlier = 0; earlier < Math.min(current()[at] as number, 8); earlier++) {
      if (accept(current().with(at, earlier))) break;
    }
  }
}
