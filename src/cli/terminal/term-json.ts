/** Plain values, lists and dictionaries of a program, as JSON and as text. */

import { describeTerm, isAtom, isDictionary, isList, isNode, type Term, termKind } from '../../graph/elaborate/terms/term.ts';
import { sourceText, valueText } from '../../graph/evaluate/values/python-text.ts';
import { typeOf } from '../../graph/value.ts';
import { type Json, valueJson } from './json.ts';

/** The type as the JSON of `run` names it. */
export function termTypeName(term: Term): string {
  return isAtom(term) ? typeOf(term) : termKind(term);
}

/** Keys of a dictionary become strings in JSON; an s-op, a selector or a function inside is shown in words. */
export function termJson(term: Term): { readonly json: Json; readonly shown: string } {
  if (isAtom(term)) return { json: valueJson(term), shown: sourceText(term) };
  if (isList(term)) {
    const items = term.items.map(termJson);
    return { json: items.map(({ json }) => json), shown: `[${items.map(({ shown }) => shown).join(', ')}]` };
  }
  if (isDictionary(term)) {
    const entries = [...term.entries.values()].map(([key, value]) => ({ key, ...termJson(value) }));
    return {
      json: Object.fromEntries(entries.map(({ key, json }) => [valueText(key), json])),
      shown: `{${entries.map(({ key, shown }) => `${sourceText(key)}: ${shown}`).join(', ')}}`,
    };
  }
  const words = isNode(term) && term.name !== null ? term.name : describeTerm(term);
  return { json: words, shown: words };
}
