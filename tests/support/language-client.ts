/** An editor, as far as a language server is concerned: starts the real process and speaks the protocol to it, byte for byte. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The protocol's own shapes, as they were parsed; each test looks at what it asked for. */
export type Answer = ReturnType<typeof JSON.parse>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Answer;
  readonly result?: Answer;
  readonly error?: { readonly code: number; readonly message: string };
}

export class LanguageClient {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { readonly fits: (message: Message) => boolean; readonly done: (message: Message) => void }[] = [];
  readonly ended: Promise<number | null>;
  #buffer = Buffer.alloc(0);
  #id = 0;
  #version = 0;

  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#child = spawn(process.execPath, [resolve('bin/raspc.js'), 'lsp', '--stdio'], { cwd: directory });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.stdin.on('error', () => {});
    this.ended = new Promise((done) => this.#child.on('close', done));
  }

  async start(): Promise<Message> {
    const answer = await this.request('initialize', { processId: process.pid, rootUri: this.uri('.'), capabilities: {} });
    this.notify('initialized', {});
    return answer;
  }

  uri(path: string): string {
    return pathToFileURL(resolve(this.directory, path)).href;
  }

  open(path: string, text: string): Promise<Answer> {
    const told = this.diagnostics(path);
    this.notify('textDocument/didOpen', { textDocument: { uri: this.uri(path), languageId: 'rasp', version: ++this.#version, text } });
    return told;
  }

  /** With a range, or in full. */
  change(path: string, ...contentChanges: readonly object[]): Promise<Answer> {
    const version = ++this.#version;
    const told = this.diagnostics(path, version);
    this.notify('textDocument/didChange', { textDocument: { uri: this.uri(path), version }, contentChanges });
    return told;
  }

  /** The next that are told of a document, of this version where one is given. */
  async diagnostics(path: string, version?: number): Promise<Answer> {
    const uri = this.uri(path);
    const { params } = await this.#next(
      (each) =>
        each.method === 'textDocument/publishDiagnostics' &&
        each.params.uri === uri &&
        (version ?? each.params.version) === each.params.version,
    );
    return params.diagnostics;
  }

  /** About a document, and a place in it where one is given. */
  async ask(method: string, path: string, place: object = {}): Promise<Answer> {
    const { result, error } = await this.request(`textDocument/${method}`, { textDocument: { uri: this.uri(path) }, ...place });
    if (error !== undefined) throw new Error(error.message);
    return result;
  }

  request(method: string, params?: object): Promise<Message> {
    const id = ++this.#id;
    const answer = this.#next((each) => each.id === id && each.method === undefined);
    this.raw(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }));
    return answer;
  }

  /** Of the requests but the newest one, the newest so many. */
  lastIds(count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.#id - count + i);
  }

  notify(method: string, params?: object): void {
    this.raw(JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) }));
  }

  /** Whatever text, in the frame of a message. */
  raw(body: string): void {
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  async stop(): Promise<number | null> {
    await this.request('shutdown');
    this.notify('exit');
    return this.ended;
  }

  hangUp(): void {
    this.#child.stdin.end();
  }

  #next(fits: (message: Message) => boolean): Promise<Message> {
    return new Promise((done) => this.#waiting.push({ fits, done }));
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, end).toString())?.[1]);
      if (this.#buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.#buffer.subarray(end + 4, end + 4 + length).toString()) as Message;
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      const at = this.#waiting.findIndex(({ fits }) => fits(message));
      if (at >= 0) this.#waiting.splice(at, 1)[0]?.done(message);
    }
  }
}
