/** The index of the documentation's search: a section a heading, made when the site is built, and read by the page's own minisearch. */
import { lexer, type Token } from 'marked';
import MiniSearch from 'minisearch';
import { SEARCH_OPTIONS, type Section } from '../../playground/search/options.ts';
import type { Page } from '../documents/pages.ts';
import { placeOf, slugOf } from './document-page.ts';

/** A script that hands the index over: files that are opened from a disk may load scripts, and nothing else. */
export function searchIndex(pages: readonly Page[]): string {
  const index = new MiniSearch<Section>(SEARCH_OPTIONS);
  index.addAll(pages.flatMap(sectionsOf).map((section, id) => ({ ...section, id, lead: leadOf(section.text) })));
  const text = JSON.stringify(index).replace(/</g, '\\u003c');
  return `globalThis.raspcSearchIndex = ${JSON.stringify(text)};\n`;
}

function sectionsOf({ path, text }: Page): Omit<Section, 'id' | 'lead'>[] {
  const sections: { page: string; title: string; place: string; text: string }[] = [];
  const slugs = new Map<string, number>();
  let page = path;
  for (const token of lexer(text)) {
    if (token.type === 'heading') {
      const title = plainText(token);
      if (sections.length === 0) page = title;
      const hash = sections.length === 0 ? '' : `#${slugOf(token.text as string, slugs)}`;
      if (sections.length === 0) slugOf(token.text as string, slugs);
      sections.push({ page, title, place: placeOf(path) + hash, text: '' });
    } else {
      const last = sections.at(-1);
      if (last !== undefined) last.text += ` ${plainText(token)}`;
    }
  }
  return sections;
}

const LEAD = 110;

function leadOf(text: string): string {
  const words = text.trim().replace(/\s+/g, ' ');
  return words.length <= LEAD ? words : `${words.slice(0, LEAD).replace(/\s\S*$/, '')} …`;
}

/** What a reader sees of a token; code too, for names are looked for. */
function plainText(token: Token): string {
  if ('tokens' in token && token.tokens !== undefined && token.tokens.length > 0) return token.tokens.map(plainText).join(' ');
  if (token.type === 'list') return (token.items as Token[]).map(plainText).join(' ');
  if (token.type === 'table') {
    const rows = [token.header, ...token.rows] as { text: string }[][];
    return rows.flatMap((row) => row.map(({ text }) => text.replace(/[`*[\]]/g, ''))).join(' ');
  }
  return 'text' in token && typeof token.text === 'string' ? token.text.replace(/[`*]/g, '') : '';
}
