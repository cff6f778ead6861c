/**
 * Visual Studio Code, as far as an extension's start is concerned: loads a bundle as it does, with an API of which every name is there and
 * does nothing, and a `spawn` whose process speaks the language server protocol and notes what it is asked.
 */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';

export interface Host {
  readonly activate: () => Promise<void>;
  readonly deactivate: () => Promise<void>;
  /** The extension's commands, by name. */
  readonly commands: Map<string, () => unknown>;
  readonly spawned: { readonly command: string; readonly args: readonly string[]; readonly cwd: string | undefined }[];
  /** The methods that servers were asked, in order. */
  readonly asked: string[];
  readonly errors: string[];
}

interface Settings {
  readonly isTrusted: boolean;
  readonly path: string;
  readonly folder: string;
  /** Whether there is such a command. */
  readonly isInstalled: boolean;
}

export function loadExtension(bundle: string, { isTrusted, path, folder, isInstalled }: Settings): Host {
  const spawned: Host['spawned'] = [];
  const asked: string[] = [];
  const errors: string[] = [];
  const commands: Host['commands'] = new Map();
  const api = anything({
    version: '1.91.0',
    EventEmitter: Emitter,
    env: anything({ language: 'en', appName: 'host' }),
    commands: anything({ registerCommand: (name: string, action: () => unknown) => commands.set(name, action) }),
    window: anything({ showErrorMessage: async (message: string) => void errors.push(message) }),
    workspace: anything({
      isTrusted,
      textDocuments: [],
      workspaceFolders: [{ name: 'folder', uri: { scheme: 'file', fsPath: folder } }],
      getConfiguration: () => ({ get: (name: string, otherwise: unknown) => (name === 'raspc.path' ? path : otherwise) }),
    }),
  });
  const spawn = (command: string, args: readonly string[], options: { readonly cwd?: string }) => {
    spawned.push({ command, args: [...args], cwd: options.cwd });
    return isInstalled ? server(asked) : missing(command);
  };
  const nodeRequire = createRequire(import.meta.url);
  const module = { exports: {} as { activate(context: object): Promise<void>; deactivate(): Promise<void> } };
  new Function('require', 'module', 'exports', bundle)(
    (name: string) => {
      if (name === 'vscode') return api;
      // nothing else of it: the client ends processes by number, by commands of the system
      return /^(node:)?child_process$/.test(name) ? { spawn } : nodeRequire(name);
    },
    module,
    module.exports,
  );
  const { activate, deactivate } = module.exports;
  return { activate: () => activate({ subscriptions: [] }), deactivate, commands, spawned, asked, errors };
}

/** A value that is a class, a function and an object with every property; those that are named are what they are said to be. */
function anything(named: Readonly<Record<string, unknown>> = {}): unknown {
  const made = new Map<PropertyKey, unknown>();
  return new Proxy(class {}, {
    get(target, key) {
      if (typeof key === 'string' && key in named) return named[key];
      if (key === 'prototype') return target.prototype;
      // neither to be awaited nor iterated
      if (key === 'then' || typeof key === 'symbol') return undefined;
      if (!made.has(key)) made.set(key, anything());
      return made.get(key);
    },
    apply: () => anything(),
  });
}

/** The API's own: the protocol's client listens to itself by it. */
class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

function missing(command: string): EventEmitter {
  const child = new EventEmitter();
  queueMicrotask(() => child.emit('error', new Error(`spawn ${command} ENOENT`)));
  return child;
}

/** Beyond the numbers that any system gives: the client asks whether its server has ended, and this one has. */
const NO_PROCESS = 2 ** 30;

/** A process whose answers have nothing in them. */
function server(asked: string[]): EventEmitter {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let buffer = Buffer.alloc(0);
  stdin.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n/.exec(buffer.toString('latin1'));
      const end = head === null ? Number.POSITIVE_INFINITY : head[0].length + Number(head[1]);
      if (head === null || buffer.length < end) return;
      const { id, method } = JSON.parse(buffer.subarray(head[0].length, end).toString('utf8')) as { id?: number; method: string };
      buffer = buffer.subarray(end);
      asked.push(method);
      if (id === undefined) continue;
      const answer = JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? { capabilities: {} } : null });
      stdout.write(`Content-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`);
    }
  });
  return Object.assign(new EventEmitter(), { stdin, stdout, stderr: new PassThrough(), pid: NO_PROCESS });
}
