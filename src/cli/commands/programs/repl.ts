/** `raspc repl [FILE]`: talks RASP, line by line. In a terminal with history, completion and colour; from a pipe as the reference does. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describeDomain } from '../../../compiler/describe/describe-domain.ts';
import { nodeLabel } from '../../../draw/scene/node-text.ts';
import { programScene } from '../../../draw/scene/program-scene.ts';
import { drawText } from '../../../draw/text/draw-text.ts';
import { type GraphNode, isSelector } from '../../../graph/graph.ts';
import type { KnownInputs, ReplCompiler } from '../../../repl/repl-options.ts';
import { ReplSession } from '../../../repl/session/repl-session.ts';
import { TARGETS } from '../../../targets/registry.ts';
import { compileSource } from '../../compile/compile-file.ts';
import { loadablePaths } from '../../files/loadable-paths.ts';
import { readSource } from '../../files/read-source.ts';
import { sourceLoader } from '../../files/source-loader.ts';
import type { CommandDefinition } from '../../session/command.ts';
import type { Session } from '../../session/session.ts';
import { drawTheme } from '../../terminal/draw-theme.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import type { Io } from '../../terminal/io.ts';
import { editText } from '../../terminal/text/edit-text.ts';
import { pageText } from '../../terminal/text/page-text.ts';
import { showInput } from '../../terminal/text/show-values.ts';

const HISTORY_LINES = 1000;

export const repl: CommandDefinition = {
  example: 'raspc repl programs/hist.rasp',
  configure: (command) => command.argument('[file]', 'a RASP program to start from'),
  async run(shell, [path]) {
    const { io, theme } = shell;
    const file = path === undefined ? undefined : await readSource(path, io);
    const session = new ReplSession({
      loader: sourceLoader(path ?? '', io.directory),
      loadable: (typed) => loadablePaths(path ?? '', io.directory, typed),
      compiler: compilerOf(shell),
      ...(isTalk(io) ? { edit: (text: string) => editText(text, io) } : {}),
      diagnosticTheme: theme,
      theme: { label: theme.faint, value: theme.strong },
      describeDomain: domainOf,
      draw: (given, node, evaluation, causal) => {
        const name = given ?? nodeLabel(node);
        const title = `${name} on ${showInput(evaluation.input)}`;
        // the tab before each line takes eight columns
        const columns = Math.max(40, Math.min(100, io.stdout.isTerminal ? io.stdout.columns : 100) - 8);
        return drawText(programScene({ title, roots: [{ name, node }], evaluation, causal }), { columns, theme: drawTheme(theme) });
      },
      ...(file === undefined ? {} : { file }),
    });
    io.stdout.write(session.banner);
    await (isTalk(io) ? talk(session, io) : answer(session, io));
    return EXIT.done;
  },
};

function isTalk({ stdin, stdout }: Io): boolean {
  return stdin.isTerminal && stdout.isTerminal;
}

const DEFAULT_TARGET = 'gpt2';

function compilerOf(shell: Session): ReplCompiler {
  const others = TARGETS.map(({ name }) => name).filter((name) => name !== DEFAULT_TARGET);
  return {
    targets: [DEFAULT_TARGET, ...others],
    compile(source, { target, exports, output }) {
      const folder = output === null ? { dryRun: true as const } : { output };
      const named = exports.length === 0 ? {} : { export: exports };
      compileSource(shell, source, { target, compute: 'f32', optimize: '2', ...folder, ...named }, null);
    },
  };
}

/** Needs what a compiler needs: `@vocab` and `@context`. */
function domainOf(node: GraphNode, { graph, vocabulary, context, causal }: KnownInputs): string | null {
  if (isSelector(node) || vocabulary?.kind !== 'tokens' || context === null) return null;
  return describeDomain(node, graph, { vocabulary: vocabulary.values, context, causal });
}

/** From a pipe: the prompt, then what the line prints; the line itself is not echoed. */
async function answer(session: ReplSession, io: Io): Promise<void> {
  io.stdout.write(session.prompt);
  for await (const line of createInterface({ input: io.stdin.stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    io.stdout.write(session.feed(line));
    if (session.finished) return;
    io.stdout.write(session.prompt);
  }
  io.stdout.write(session.end());
}

/** At a terminal. */
function talk(session: ReplSession, io: Io): Promise<void> {
  const historyFile = historyPath(io);
  const history = readHistory(historyFile);
  const terminal = createInterface({
    input: io.stdin.stream,
    output: io.stdout.stream,
    terminal: true,
    history: [...history],
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer(line: string): [string[], string] {
      const { words, prefix } = session.completions(line);
      return [[...words], prefix];
    },
  });
  const ask = () => {
    terminal.setPrompt(session.prompt);
    terminal.prompt();
  };
  let latest: readonly string[] = history;
  terminal.on('history', (lines: string[]) => {
    // The lines of one statement are one entry, so that it comes back whole; unless a comment in it would swallow the rest.
    const [line, before] = lines;
    if (session.isUnfinished && line !== undefined && before !== undefined && !before.includes('#'))
      lines.splice(0, 2, `${before} ${line.trim()}`);
    latest = [...lines];
  });
  terminal.on('line', (line) => {
    pageText(session.feed(line), io);
    if (session.finished) terminal.close();
    else ask();
  });
  // Ctrl-C drops what is typed, as a shell does; Ctrl-D ends.
  terminal.on('SIGINT', () => {
    session.cancel();
    io.stdout.write('\n');
    terminal.write(null, { ctrl: true, name: 'u' });
    ask();
  });
  ask();
  return new Promise((done) => {
    terminal.on('close', () => {
      io.stdout.write(session.end());
      writeHistory(historyFile, latest);
      done();
    });
  });
}

function historyPath({ environment }: Io): string | null {
  const state = environment.XDG_STATE_HOME ?? (environment.HOME === undefined ? null : join(environment.HOME, '.local', 'state'));
  return state === null ? null : join(state, 'raspc', 'history');
}

/** The newest line first. A history that cannot be read or kept is no reason to refuse to talk. */
function readHistory(path: string | null): string[] {
  if (path === null) return [];
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).slice(0, HISTORY_LINES);
  } catch {
    return [];
  }
}

function writeHistory(path: string | null, lines: readonly string[]): void {
  if (path === null) return;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  } catch {
    // as above
  }
}
