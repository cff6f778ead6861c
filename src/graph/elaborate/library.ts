/**
 * The library that is always there, in RASP itself. Its names, parameters and values are those of the reference's own library;
 * counting is `selector_width`, which is a node of the graph, and everything else is written with it.
 */
import { sourceFile } from '../../source/source-file.ts';

/** What spans of the library's own text name as their file. */
export const LIBRARY_PATH = '<library>';

export const LIBRARY = sourceFile(
  LIBRARY_PATH,
  `
# every position selects every position
full_s = select(1, 1, ==);

# the number of tokens
length = selector_width(full_s);

# whether a position selects anything
def has_focus(sel) { return selector_width(sel) > 0; }

# how often atom occurs in seq; where atom is an s-op, the number of positions at which the two agree
def count(seq, atom) { return selector_width(select(seq == atom, True, ==)); }
def contains(seq, atom) { return count(seq, atom) > 0; }

# of two values at each position the larger and the smaller
def max(a, b) { return a if a > b else b; }
def min(a, b) { return a if a < b else b; }

# the mean over the input
def average(a) { return aggregate(full_s, a); }

# the value of seq at the index location
def load_from_location(seq, location) { return aggregate(select(indices, location, ==), seq); }

# seq moved n positions to the right, filled up with filler
def shift(seq, n, filler) { return aggregate(select(indices + n, indices, ==), seq, filler); }

# whether this is the last (the first) position at which seq is val
def mark_last_instance(seq, val) {
  later = select(seq, val, ==) and select(indices, indices, >);
  return seq == val and not has_focus(later);
}
def mark_first_instance(seq, val) {
  earlier = select(seq, val, ==) and select(indices, indices, <);
  return seq == val and not has_focus(earlier);
}

# every position selects the last (the first) position at which seq is val
def select_from_last(seq, val) { return select(mark_last_instance(seq, val), True, ==); }
def select_from_first(seq, val) { return select(mark_first_instance(seq, val), True, ==); }

# the values of seq in ascending order of key; equal keys keep their order
def sort(seq, key) {
  before = select(key, key, <) or (select(key, key, ==) and select(indices, indices, <));
  return aggregate(select(selector_width(before), indices, ==), seq);
}

# every position selects the next one at which seq is the same
def select_next_identical(seq) {
  same = select(seq, seq, ==);
  number = selector_width(same and select(indices, indices, <));
  return same and select(number, number + 1, ==);
}
`.trimStart(),
);

/** What the library defines; `selector_width` is built in. */
export const LIBRARY_NAMES: ReadonlySet<string> = new Set([
  'selector_width',
  ...Array.from(LIBRARY.text.matchAll(/^(?:def )?([a-z_]+) ?[(=]/gm), (match) => match[1] ?? ''),
]);
