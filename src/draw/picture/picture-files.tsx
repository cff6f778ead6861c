/** Scenes as files: an SVG, and a page that holds nothing else. Neither runs anything, and what a program calls its things stays text. */
import { renderToString } from 'preact-render-to-string';
import type { Scene } from '../scene/scene.ts';
import { palette } from './palette.ts';
import { Picture } from './picture.tsx';

export function svgFile(scene: Scene): string {
  return `${clean(renderToString(<Picture scene={scene} withStyle={true} />))}\n`;
}

export function htmlFile(scene: Scene): string {
  const page = renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>{scene.title}</title>
        <style>{`${palette(':root')}body{margin:0;background:var(--paper);overflow-x:auto}`}</style>
      </head>
      <body>
        <Picture scene={scene} withStyle={true} />
      </body>
    </html>,
  );
  return `<!doctype html>\n${clean(page)}\n`;
}

/** XML has no way to hold most control characters, not even as references. */
function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, (found) => (found === '\n' || found === '\t' ? found : '\u{fffd}'));
}
