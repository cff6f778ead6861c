/** The playground: a program, what it does on an input, and the model that it becomes. Everything is computed in the page's own workers. */
import type { EditorView } from '@codemirror/view';
import { zipSync } from 'fflate';
import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Picture } from '../src/draw/picture/picture.tsx';
import type { Scene } from '../src/draw/scene/scene.ts';
import { Scroll } from '../src/page/client/scroll.tsx';
import { applyFix, openEditor, replaceText, showProblems } from './editor.ts';
import { exampleInput, fromFragment, type Shared, toFragment } from './link.ts';
import type { Example, Parts } from './parts.ts';
import type { Compiled, Problem, QuickFix } from './protocol.ts';
import { Stopped, WorkerDesk } from './worker-desk.ts';

/** Milliseconds without a key before the text is looked at. */
const PAUSE = 120;

/** Milliseconds that a question about an older text may hold up the next one. */
const PATIENCE = 3000;

interface Looked {
  /** What the problems are of. */
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly scene: Scene | null;
  /** Why there is no picture. */
  readonly fault: string | null;
}

type Making =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'making'; readonly stage: string }
  | { readonly kind: 'failed'; readonly fault: string }
  | { readonly kind: 'made'; readonly of: Shared; readonly compiled: Compiled };

export function App({ parts }: { readonly parts: Parts }): JSX.Element {
  const [state, setState] = useState<Shared>(() => fromFragment(location.hash) ?? sharedOf(parts.examples[0], parts.targets[0]));
  const [looked, setLooked] = useState<Looked>({ text: '', problems: [], scene: null, fault: null });
  const [making, setMaking] = useState<Making>({ kind: 'nothing' });
  const view = useRef<EditorView | null>(null);
  const wasLooked = useRef(false);
  const desks = useRef<{ quick: WorkerDesk; slow: WorkerDesk } | null>(null);
  const change = useCallback((changed: Partial<Shared>) => setState((before) => ({ ...before, ...changed })), []);
  if (desks.current === null) {
    const url = URL.createObjectURL(new Blob([parts.worker], { type: 'text/javascript' }));
    const { library, page } = parts;
    desks.current = { quick: new WorkerDesk(url, { library, page }), slow: new WorkerDesk(url, { library, page }) };
  }
  const { quick, slow } = desks.current;

  useEffect(() => {
    const follow = (): void => {
      const shared = fromFragment(location.hash);
      if (shared !== null) setState(shared);
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    if (view.current !== null) replaceText(view.current, state.text);
    history.replaceState(null, '', toFragment(state));
  }, [state]);
  useEffect(() => {
    let isCurrent = true;
    const pause = wasLooked.current ? PAUSE : 0;
    wasLooked.current = true;
    const timer = setTimeout(async () => {
      // what is still asked is of an older text; what is nearly done is cheaper to wait for than another worker
      if (quick.waits > PATIENCE) quick.stop();
      const found = await look(quick, state.text, state.input);
      if (!isCurrent || found === null) return;
      setLooked(found);
      if (view.current !== null) showProblems(view.current, state.text, found.problems);
    }, pause);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [quick, state.text, state.input]);

  const compile = async (): Promise<void> => {
    slow.stop();
    const of = { ...state, name: fileName(state.name) };
    const onStage = (stage: string): void => setMaking({ kind: 'making', stage });
    onStage('starting');
    try {
      setMaking({ kind: 'made', of, compiled: await slow.ask('compile', of, onStage) });
    } catch (fault) {
      if (!(fault instanceof Stopped)) setMaking({ kind: 'failed', fault: fault instanceof Error ? fault.message : String(fault) });
    }
  };
  const stop = (): void => {
    slow.stop();
    setMaking({ kind: 'failed', fault: 'Stopped.' });
  };
  const run = useRef(compile);
  run.current = compile;
  const openIn = useCallback(
    (parent: HTMLElement | null) => {
      if (parent === null || view.current !== null) return;
      view.current = openEditor({
        parent,
        text: state.text,
        onText: (text) => change({ text }),
        onRun: () => void run.current(),
        complete: (text, offset) => quick.ask('complete', { text, offset }),
        hover: (text, offset) => quick.ask('hover', { text, offset }),
      });
    },
    [quick, change, state.text],
  );

  return (
    <>
      <header>
        <h1>RASP playground</h1>
        <nav aria-label="Site">
          <a href="index.html">About raspc</a> <a href="docs/language.html">The language</a> <a href="docs/tutorial.html">Tutorial</a>{' '}
          <a href="programs/std/README.html">Library</a> <a href="docs/reference/diagnostics/README.html">Diagnostics</a>
        </nav>
      </header>
      <main>
        <section class="card" aria-label="Program">
          <div class="controls">
            <label>
              Example{' '}
              <select
                value={parts.examples.find(({ text }) => text === state.text)?.name ?? ''}
                onChange={({ currentTarget: { value } }) => {
                  const found = parts.examples.find(({ name }) => name === value);
                  if (found !== undefined) setState(sharedOf(found, state.target));
                }}
              >
                <option value="">(your own)</option>
                {parts.examples.map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Name{' '}
              <input type="text" class="short" value={state.name} onInput={({ currentTarget }) => change({ name: currentTarget.value })} />
            </label>
          </div>
          <div class="editor" ref={openIn} />
          <Problems
            problems={looked.problems}
            onGo={(place) => goTo(view.current, place)}
            onFix={(fix) => view.current !== null && applyFix(view.current, looked.text, fix)}
          />
          <p class="faint">Control and I at a name says what it is; Control and Enter compiles.</p>
        </section>
        <section class="card" aria-label="Running example">
          <label>
            Input{' '}
            <input
              type="text"
              id="input"
              value={state.input}
              spellcheck={false}
              autocomplete="off"
              onInput={({ currentTarget }) => change({ input: currentTarget.value })}
            />
          </label>
          {looked.fault === null ? null : (
            <p class="fault" role="status">
              {looked.fault}
            </p>
          )}
          {looked.scene === null ? null : (
            <Scroll label="what the program does on the input">
              <Picture scene={looked.scene} withStyle={false} />
            </Scroll>
          )}
        </section>
        <section class="card wide" aria-label="Model">
          <div class="controls">
            <label>
              Compile for{' '}
              <select value={state.target} onChange={({ currentTarget }) => change({ target: currentTarget.value })}>
                {parts.targets.map((target) => (
                  <option key={target} value={target}>
                    {target}
                  </option>
                ))}
              </select>
            </label>
            <button type="button" onClick={() => void compile()}>
              Compile
            </button>
            <button type="button" disabled={making.kind !== 'making'} onClick={stop}>
              Stop
            </button>
          </div>
          <Made making={making} />
        </section>
      </main>
      <footer>{`raspc ${parts.raspc}. Everything is computed here: nothing that you type leaves this page, but for the address that you share.`}</footer>
    </>
  );
}

interface ProblemsProps {
  readonly problems: readonly Problem[];
  readonly onGo: (place: Problem['place']) => void;
  readonly onFix: (fix: QuickFix) => void;
}

function Problems(props: ProblemsProps): JSX.Element {
  return (
    <ul class="problems" aria-live="polite" aria-label="Diagnostics">
      {props.problems.map((problem, at) => (
        <li key={at} class={problem.severity}>
          <button type="button" class="plain" disabled={problem.place === null} onClick={() => props.onGo(problem.place)}>
            {`${problem.code}: ${problem.message}`}
          </button>
          {problem.fixes.map((fix) => (
            <button key={fix.title} type="button" class="fix" onClick={() => props.onFix(fix)}>
              {fix.title}
            </button>
          ))}
          {problem.more.map((text) => (
            <p key={text} class="faint">
              {text}
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Made({ making }: { readonly making: Making }): JSX.Element | null {
  switch (making.kind) {
    case 'nothing':
      return null;
    case 'making':
      return <p role="status">{`${making.stage} …`}</p>;
    case 'failed':
      return (
        <p class="fault" role="alert">
          {making.fault}
        </p>
      );
    case 'made': {
      const { of, compiled } = making;
      const folder = `${of.name}-${of.target}`;
      return (
        <>
          <p role="status">
            {`${of.name} as ${of.target}: ${compiled.layers} ${compiled.layers === 1 ? 'layer' : 'layers'}, ${compiled.parameters.toLocaleString('en-US')} parameters.`}
          </p>
          <div class="controls">
            <button type="button" onClick={() => download(`${folder}.zip`, 'application/zip', zipOf(folder, compiled.files))}>
              Download the folder
            </button>
            <button type="button" onClick={() => download(`${folder}.html`, 'text/html', compiled.page)}>
              Download the page
            </button>
          </div>
          <iframe title={`The page of ${folder}`} sandbox="allow-scripts" srcdoc={compiled.page} />
        </>
      );
    }
  }
}

/** Null where the question was dropped for a newer one. */
async function look(desk: WorkerDesk, text: string, input: string): Promise<Looked | null> {
  try {
    const problems = await desk.ask('check', { text });
    if (problems.some(({ severity }) => severity === 'error')) {
      return { text, problems, scene: null, fault: 'What the program does is shown when it has no error.' };
    }
    const scene = await desk
      .ask('draw', { text, input })
      .catch((fault: Error) => (fault instanceof Stopped ? Promise.reject(fault) : fault));
    if (scene instanceof Error) return { text, problems, scene: null, fault: scene.message };
    return { text, problems, scene, fault: scene === null ? 'The program exports nothing yet: @export NAME; says what is drawn.' : null };
  } catch (fault) {
    if (fault instanceof Stopped) return null;
    return { text, problems: [], scene: null, fault: fault instanceof Error ? fault.message : String(fault) };
  }
}

/** An example, on the input of its own first `@example`. */
function sharedOf(example: Example | undefined, target: string | undefined): Shared {
  const { name = 'program', text = '' } = example ?? {};
  return { name, text, input: exampleInput(text), target: target ?? '' };
}

/** A name that any file system takes. */
function fileName(name: string): string {
  return name.replace(/[^\w-]+/g, '_').slice(0, 60) || 'program';
}

function goTo(view: EditorView | null, place: Problem['place']): void {
  if (view === null || place === null) return;
  const at = Math.min(place[0], view.state.doc.length);
  view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
  view.focus();
}

/** No time is written, so that the same model is the same archive. */
const NO_TIME = new Date(1980, 0, 1);

function zipOf(folder: string, files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const entries = [...files].map(([name, bytes]) => [`${folder}/${name}`, [bytes, { mtime: NO_TIME }]] as const);
  return zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0]);
}

function download(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // the browser has begun to read it by then
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
