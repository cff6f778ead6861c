/** What a name that is not there was probably to be. */
import { nearest } from '../../../diagnostics/nearest.ts';

/** As values are shown, by the word that says them in a program. */
const SHOWN: Readonly<Record<string, string>> = { T: 'True', F: 'False' };

export function suggestName(name: string, known: Iterable<string>): string | null {
  return SHOWN[name] ?? nearest(name, known);
}
