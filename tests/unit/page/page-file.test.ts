/** A page's file: nothing that it carries can end the element it stands in. */
import { expect, test } from 'vitest';
import type { PageData } from '../../../src/page/data/page-data.ts';
import { DATA_ID, jsonText, pageFile } from '../../../src/page/data/page-file.ts';

const HOSTILE = '</script><script>alert(1)</script><!--\u2028';

test('data and names stay data', () => {
  const data = { title: HOSTILE, model: { name: HOSTILE, file: `"${HOSTILE}`, target: '' } } as unknown as PageData;
  const text = pageFile({ script: `const own = "</script>";`, style: 'b::after{content:"</style>"}', data });
  expect(text.match(/<script/g)).toHaveLength(2);
  expect(text.match(/<\/script>/g)).toHaveLength(2);
  expect(text.match(/<\/style>/g)).toHaveLength(1);
  const [, json = ''] = new RegExp(`id="${DATA_ID}">(.*)</script>`).exec(text) ?? [];
  expect(JSON.parse(json)).toEqual(data);
  expect(jsonText(HOSTILE)).not.toMatch(/[<\u2028]/);
});

test('nothing is loaded: the page says so to the browser', () => {
  const text = pageFile({ script: '', style: '', data: { title: 'a' } as unknown as PageData });
  expect(text).toContain("default-src 'none'");
  expect(text).not.toMatch(/https?:\/\//);
});
