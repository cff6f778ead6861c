/** Files that stand in another's place: what a version control or a download left instead of the file that was meant. */

export interface ForeignText {
  /** What the file is. */
  readonly what: string;
  /** How to get the one that was meant. */
  readonly remedy: string;
}

/** Characters of a file that {@link foreignText} has to see. */
export const FOREIGN_LENGTH = 64;

const KINDS: readonly (ForeignText & { readonly start: RegExp })[] = [
  {
    start: /^version https:\/\/git-lfs\.github\.com\/spec\//,
    what: 'a Git LFS pointer',
    remedy: '`git lfs pull`, in the clone that it is from, fetches the file that it stands for',
  },
  {
    start: /^\s*<(?:!doctype html|html|\?xml)\b/i,
    what: 'a web page',
    remedy: 'what was downloaded is a page about the file, an error, or one to log in: download the file itself',
  },
];

/** What a file is that is none of those which a program reads; null for all others. */
export function foreignText(start: string): ForeignText | null {
  return KINDS.find((kind) => kind.start.test(start)) ?? null;
}
