/** Starts a page: reads the data that it carries, and draws what it is about, or says what is wrong where that would be. */
import { type JSX, render } from 'preact';
import { palette, pictureStyle } from '../../draw/picture/palette.ts';
import type { PageData } from '../data/page-data.ts';
import { APP_ID } from '../data/page-file.ts';
import { MeasuredPage } from './measured/measured-page.tsx';
import { ModelPage } from './model/model-page.tsx';
import './page.css';
import { readData } from './read-data.ts';
import { SeededPage } from './seeded/seeded-page.tsx';

function start(): void {
  const root = document.getElementById(APP_ID);
  if (root === null) return;
  const style = document.createElement('style');
  style.textContent = palette(':root') + pictureStyle('.raspc-picture');
  document.head.append(style);
  root.replaceChildren();
  const data = readData();
  if (data === null)
    render(
      <main>
        <p class="fault" role="alert">
          The data of this page is not whole: its file was cut off when it was copied. Write it again with raspc show.
        </p>
      </main>,
      root,
    );
  else render(pageOf(data), root);
}

function pageOf(data: PageData): JSX.Element {
  switch (data.kind) {
    case 'model':
      return <ModelPage data={data} />;
    case 'seeded':
      return <SeededPage data={data} />;
    case 'measured':
      return <MeasuredPage data={data} />;
  }
}

// the data stands after the program
document.addEventListener('DOMContentLoaded', start);
