/** The real process as an {@link Io}. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { EXIT } from './exit-codes.ts';
import type { Io, Output } from './io.ts';

export function processIo(): Io {
  return {
    stdin: {
      isTerminal: process.stdin.isTTY === true,
      get stream() {
        return process.stdin;
      },
      async read() {
        const chunks: Buffer[] = [];
        for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
        return Buffer.concat(chunks);
      },
    },
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    environment: process.env,
    directory: workingDirectory(),
    now: () => performance.now(),
  };
}

/** The working directory can be gone; then relative paths lead nowhere, and absolute ones still work. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env.PWD ?? '/';
  }
}

function output(stream: NodeJS.WriteStream): Output {
  let closed = false;
  stream.on('error', (fault: NodeJS.ErrnoException) => {
    closed = true;
    // A reader that has seen enough (`| head`) is no failure. Anything else is: results were lost.
    if (fault.code === 'EPIPE') return;
    process.exitCode = EXIT.inputOutput;
    process.once('exit', () => {
      process.exitCode = EXIT.inputOutput;
    });
    if (stream !== process.stderr) process.stderr.write(`error[R8503]: cannot write the results: ${fault.message}\n`);
  });
  return {
    stream,
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
    write(text) {
      if (!closed) stream.write(text);
    },
  };
}
