/** How the documentation is indexed and searched: the same for the build, which makes the index, and for the page, which reads it. */
import type { Options } from 'minisearch';

/** A section of a page. */
export interface Section {
  readonly id: number;
  /** The title of its page, and its own. */
  readonly page: string;
  readonly title: string;
  /** From the site's folder, with its anchor. */
  readonly place: string;
  readonly text: string;
  /** How it begins. */
  readonly lead: string;
}

export const SEARCH_OPTIONS: Options<Section> = {
  fields: ['title', 'page', 'text'],
  storeFields: ['page', 'title', 'place', 'lead'],
  // names of RASP and options of the command line are words, and so are their parts
  tokenize: (text) => text.split(/[^\p{L}\p{N}_-]+/u).flatMap((word) => (/[_-]/.test(word) ? [word, ...word.split(/[_-]+/)] : [word])),
  searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: 'AND' },
};
