/** Pictures as files: they stand alone, run nothing, and what a program calls its things is text in them. */
import { expect, test } from 'vitest';
import { layoutFlow } from '../../../src/draw/picture/flow-layout.ts';
import { htmlFile, svgFile } from '../../../src/draw/picture/picture-files.tsx';
import { programScene } from '../../../src/draw/scene/program-scene.ts';
import type { Scene } from '../../../src/draw/scene/scene.ts';
import { Evaluation } from '../../../src/graph/evaluate/evaluate.ts';
import { loadText } from '../../../src/library/load-text.ts';

const HOSTILE = '</title><script>alert(1)</script>';

function sceneOf(text: string, input: readonly string[]): Scene {
  const program = loadText(text);
  return programScene({ title: HOSTILE, roots: program.exports, evaluation: new Evaluation(input, { causal: false }), causal: false });
}

const PROGRAM = `rank = selector_width(select(tokens, tokens, <));
x = aggregate(select(rank, indices, ==), tokens, "<i>") == "${HOSTILE}";
@export x;`;

test('hold hostile names, tokens and constants as text', () => {
  const scene = sceneOf(PROGRAM, [HOSTILE, '&"\'<', 'a\u0001b']);
  for (const file of [svgFile(scene), htmlFile(scene)]) {
    expect(file).not.toMatch(/<script|<i>|alert\(1\)</);
    expect(file).not.toContain('\u0001');
    expect(file).toContain('&lt;script');
    expect(file).not.toMatch(/(?:href|src)=|url\(|@import/);
    expect(file).toContain('prefers-color-scheme:dark');
  }
});

test('draw every head, with a line from what it reads', () => {
  const scene = sceneOf(PROGRAM, ['b', 'a', 'c']);
  const { boxes, links, width, height } = layoutFlow(scene);
  expect(boxes.map(({ kind }) => kind)).toEqual(['head', 'head', 'row', 'row']);
  const [rank] = scene.layers[0]?.heads[0]?.results ?? [];
  expect(links.filter(({ id }) => id === rank?.row.id)).toHaveLength(1);
  // boxes lie inside the picture and do not overlap
  for (const [at, a] of boxes.entries()) {
    expect(a.x + a.layout.width).toBeLessThanOrEqual(width);
    expect(a.y + a.layout.height).toBeLessThanOrEqual(height);
    for (const b of boxes.slice(at + 1)) {
      const apart =
        a.x + a.layout.width <= b.x || b.x + b.layout.width <= a.x || a.y + a.layout.height <= b.y || b.y + b.layout.height <= a.y;
      expect(apart).toBe(true);
    }
  }
});
