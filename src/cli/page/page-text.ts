/** The text of a page: its data with the program and the style that the build made. */
import type { PageData } from '../../page/data/page-data.ts';
import { pageFile } from '../../page/data/page-file.ts';
import { packagePath } from '../files/package-path.ts';
import { readText } from '../files/read-source.ts';

export function pageText(data: PageData, directory: string): string {
  const bundled = (file: string): string => readText(packagePath('dist', 'bundle', file), directory);
  return pageFile({ script: bundled('page.js'), style: bundled('page.css'), data });
}
