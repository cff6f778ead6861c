/**
 * Everything of the outside world that a command may touch, as one object, so that `main` runs in process in tests and the rest of
 * raspc stays pure. Files are read by the commands themselves, relative to {@link Io.directory}.
 */

export interface Output {
  readonly isTerminal: boolean;
  /** Characters in a line of the terminal; 80 where there is none. */
  readonly columns: number;
  write(text: string): void;
  /** The stream itself, for commands that talk. */
  readonly stream: NodeJS.WritableStream;
}

export interface Input {
  readonly isTerminal: boolean;
  /** The stream itself, for commands that talk. */
  readonly stream: NodeJS.ReadableStream;
  /** All of it, as bytes. */
  read(): Promise<Uint8Array>;
}

export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly directory: string;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
}
