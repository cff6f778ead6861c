/** What bundles of pages take by the name of ndarray, whose views are code made of text: a page's content policy forbids that. */
export const PLAIN_VIEWS = { ndarray: './src/tensor/plain-views.ts' };
