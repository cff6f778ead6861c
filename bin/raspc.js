#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// Node 22 and later keep compiled code between runs.
module.enableCompileCache?.();

const bundle = new URL('../dist/bundle/', import.meta.url);
if (existsSync(bundle)) {
  const { main } = await import(new URL('main.js', bundle).href);
  const { processIo } = await import(new URL('process-io.js', bundle).href);
  process.exitCode = await main(process.argv.slice(2), processIo());
} else {
  process.stderr.write('raspc: not built yet; run `npm run build` (or `npm run demo`) in its folder first\n');
  process.exitCode = 3;
}
