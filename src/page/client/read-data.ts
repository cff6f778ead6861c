/** The data that a page carries. */
import type { PageData } from '../data/page-data.ts';
import { DATA_ID } from '../data/page-file.ts';

/** Null where the file holds no whole data. */
export function readData(): PageData | null {
  try {
    return JSON.parse(document.getElementById(DATA_ID)?.textContent ?? '') as PageData;
  } catch {
    return null;
  }
}
