/** Starts the playground with the parts that its page carries. */
import { render } from 'preact';
import { palette, pictureStyle } from '../src/draw/picture/palette.ts';
import { APP_ID } from '../src/page/data/page-file.ts';
import { App } from './app.tsx';
import '../src/page/client/page.css';
import './playground.css';
import { PARTS_ID, type Parts } from './parts.ts';

document.addEventListener('DOMContentLoaded', () => {
  const root = document.getElementById(APP_ID);
  if (root === null) return;
  const style = document.createElement('style');
  style.textContent = palette(':root') + pictureStyle('.raspc-picture');
  document.head.append(style);
  root.replaceChildren();
  render(<App parts={JSON.parse(document.getElementById(PARTS_ID)?.textContent ?? '') as Parts} />, root);
});
