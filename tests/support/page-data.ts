/** The data that a page carries, from its file. */
import { readFileSync } from 'node:fs';
import type { PageData } from '../../src/page/data/page-data.ts';

export function dataOfPage<Data extends PageData>(file: string): Data {
  const [, json = ''] = /id="raspc-data">(.*)<\/script>/.exec(readFileSync(file, 'utf8')) ?? [];
  return JSON.parse(json) as Data;
}
