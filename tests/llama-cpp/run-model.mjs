/**
 * Runs a GGUF file in llama.cpp: `node run-model.mjs JOB RESULT`. A process of its own, since llama.cpp ends the process that gives it
 * a file it cannot read. What is called here is the native half of node-llama-cpp, whose JavaScript half brings a build system along.
 *
 * JOB is a JSON list of { file, vocab, inputs: token ids of each input, texts: strings to cut into tokens, prompts: { ids, most } to go on
 * from, exact }. RESULT becomes the logits of every position of every input, float32, one after the other; standard output is a JSON list of
 * { bos, addsBos, ids: those of each text, back: the ids as text, written: the ids behind each prompt }.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

const [packageName, jobFile, resultFile] = process.argv.slice(2);
const { binsDir } = (await import(packageName)).getBinsDir();
const folder = join(binsDir, readdirSync(binsDir)[0]);
const addon = createRequire(import.meta.url)(join(folder, 'llama-addon.node'));
const ERRORS = 2;
addon.setLogger((_, message) => process.stderr.write(message));
addon.setLoggerLogLevel(ERRORS);
addon.loadBackends(folder);
await addon.init();

const jobs = JSON.parse(readFileSync(jobFile, 'utf8'));
const positions = ({ inputs }) => inputs.reduce((sum, ids) => sum + ids.length, 0);
const logits = new Float32Array(jobs.reduce((sum, job) => sum + positions(job) * job.vocab, 0));
let at = 0;

/** Greedy, by llama.cpp's own cache and sampler, until a token that ends what is generated. */
async function goOn(context, model, sampler, { ids, most }) {
  context.disposeSequence(0);
  const written = [];
  let [next, at] = [ids, 0];
  while (written.length < most) {
    context.initBatch(next.length);
    const [place] = context.addToBatch(0, at, Uint32Array.from(next), Uint32Array.of(next.length - 1));
    await context.decodeBatch();
    at += next.length;
    const token = await context.sampleToken(place, sampler);
    if (model.isEogToken(token)) break;
    written.push(token);
    next = [token];
  }
  return written;
}

async function run({ file, vocab, inputs, texts, prompts, exact }) {
  const model = new addon.AddonModel(file, { gpuLayers: 0, useMmap: false, addonExports: addon });
  if (!(await model.init())) throw new Error(`llama.cpp does not load ${file}`);
  const longest = Math.max(1, ...inputs.map((ids) => ids.length), ...prompts.map(({ ids, most }) => ids.length + most));
  // exact: no flash attention, and keys and values kept as float32 (type 0); else llama.cpp's own choice, float16 (type 1)
  const context = new addon.AddonContext(model, {
    contextSize: longest,
    batchSize: longest,
    sequences: 1,
    flashAttention: !exact,
    logitsAll: true,
    threads: 1,
    kvCacheKeyType: exact ? 0 : 1,
    kvCacheValueType: exact ? 0 : 1,
  });
  if (!(await context.init())) throw new Error('llama.cpp makes no context');
  const sampler = new addon.AddonSampler(model);
  sampler.applyConfig({ temperature: 0 });
  for (const ids of inputs) {
    context.disposeSequence(0);
    context.initBatch(ids.length);
    const places = context.addToBatch(0, 0, Uint32Array.from(ids), Uint32Array.from(ids.keys()));
    await context.decodeBatch();
    for (const place of places) {
      const [, , , pairs] = await context.sampleToken(place, sampler, false, false, true);
      for (let i = 0; i < pairs.length; i += 2) logits[at + pairs[i]] = pairs[i + 1];
      at += vocab;
    }
  }
  const ids = texts.map((text) => [...model.tokenize(text, false)]);
  const back = ids.map((list) => model.detokenize(Uint32Array.from(list), false));
  const written = [];
  for (const prompt of prompts) written.push(await goOn(context, model, sampler, prompt));
  const told = { bos: model.tokenBos(), addsBos: model.shouldPrependBosToken(), ids, back, written };
  await context.dispose();
  await model.dispose();
  return told;
}

const told = [];
for (const job of jobs) told.push(await run(job));
writeFileSync(resultFile, new Uint8Array(logits.buffer));
process.stdout.write(JSON.stringify(told));
