/** `npm run demo`: interprets a program, compiles it, verifies the checkpoint and shows what it computes, by the commands themselves. */
import process from 'node:process';
import { main } from '../src/cli/main.ts';
import { processIo } from '../src/cli/terminal/process-io.ts';

const STEPS = [
  'run programs/hist.rasp --input hello',
  'compile programs/hist.rasp --target gpt2 -o out/hist --force',
  'verify out/hist --samples 2000',
  'eval out/hist --input hello --input banana',
];

const io = processIo();
for (const step of STEPS) {
  io.stdout.write(`$ raspc ${step}\n`);
  const code = await main(step.split(' '), io);
  io.stdout.write('\n');
  if (code !== 0) {
    process.exitCode = code;
    break;
  }
}
if (!process.exitCode) {
  io.stdout.write("out/hist is a stock GPT-2: in Python, AutoModelForCausalLM.from_pretrained('out/hist') loads it.\n");
}
