/** The search of the documentation, in the page itself: the index is loaded when somebody begins to type, from the site and from nowhere else. */
import MiniSearch from 'minisearch';
import { SEARCH_OPTIONS, type Section } from './options.ts';

/** Results that are shown. */
const SHOWN = 12;

function start(): void {
  const form = document.querySelector<HTMLFormElement>('form[role=search]');
  const field = form?.querySelector('input');
  const list = form?.querySelector<HTMLUListElement>('ul');
  const status = form?.querySelector('[role=status]');
  const root = form?.dataset.root ?? '';
  if (!form || !field || !list || !status) return;
  let index: MiniSearch<Section> | null = null;
  const show = (): void => {
    const words = field.value.trim();
    list.replaceChildren();
    list.hidden = words === '';
    status.textContent = '';
    if (words === '') return;
    if (index === null) {
      status.textContent = 'The index is being loaded.';
      return;
    }
    const found = index.search(words).slice(0, SHOWN);
    status.textContent = found.length === 0 ? 'Nothing was found.' : '';
    for (const { page, title, place, lead } of found)
      list.append(resultOf(root + place, title, page === title ? lead : `${page}: ${lead}`));
  };
  const load = (): void => {
    if (document.getElementById('search-index') !== null) return;
    const script = document.createElement('script');
    script.id = 'search-index';
    script.src = `${root}search-index.js`;
    script.onload = () => {
      index = MiniSearch.loadJSON<Section>(indexText(), SEARCH_OPTIONS);
      show();
    };
    script.onerror = () => {
      status.textContent = 'The index of the search could not be loaded.';
    };
    document.head.append(script);
  };
  field.addEventListener('focus', load);
  field.addEventListener('input', () => {
    load();
    show();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    list.querySelector('a')?.click();
  });
  form.addEventListener('keydown', (event) => move(event, field, list));
}

/** Arrow keys go through what was found, Escape leaves it. */
function move(event: KeyboardEvent, field: HTMLInputElement, list: HTMLUListElement): void {
  if (event.key === 'Escape') {
    field.value = '';
    list.hidden = true;
    field.focus();
  }
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const stops = [field, ...list.querySelectorAll('a')];
  const at = (stops as (Element | null)[]).indexOf(document.activeElement);
  stops[(at + step + stops.length) % stops.length]?.focus();
}

/** Names are set as text: nothing of a page is markup here. */
function resultOf(href: string, title: string, about: string): HTMLLIElement {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = href;
  link.textContent = title;
  item.append(link);
  const where = document.createElement('span');
  where.textContent = about;
  item.append(where);
  return item;
}

function indexText(): string {
  const found = (globalThis as { raspcSearchIndex?: unknown }).raspcSearchIndex;
  if (typeof found !== 'string') throw new Error('the index of the search is none');
  return found;
}

start();
