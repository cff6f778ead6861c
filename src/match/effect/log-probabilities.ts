/** What a model says of the next token, of the stream after its last layer: log-probabilities at the positions that are looked at. */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { buildMatrix, LANES, multiply, rowMajor } from '../../runtime/float32/matrix.ts';
import { buildNorm } from '../../runtime/layer.ts';
import { normalize } from '../../runtime/norm.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { readModelRoles } from '../read-roles.ts';
import { allFeatures, type Block } from './block.ts';

/** Rows of the unembedding that are made ready at a time: all of them, twice over, would be most of a small model. */
const ROWS = 4096;

/** Of each stream: log-probabilities `[target, output]`, targets in the order of windows and of their `targets`. */
export function logProbabilities(checkpoint: OpenCheckpoint, block: Block, streams: readonly Float32Array[]): Float32Array[] {
  const { config } = checkpoint;
  const { width, outputs } = config.sizes;
  const columns = block.windows.flatMap(({ targets }, w) => targets.map((target) => numberAt(block.starts, w) + target));
  const tokens = Math.ceil(columns.length / LANES) * LANES;
  const roles = readModelRoles(checkpoint, ['finalNormGain', 'finalNormBias', 'tokenEmbedding', 'unembedding', 'unembeddingBias']);
  const said = (config.tied ? roles.tokenEmbedding : roles.unembedding) ?? new Float32Array(0);
  const norm = roles.finalNormGain === undefined ? null : buildNorm(config, 'f32', roles.finalNormGain, roles.finalNormBias);
  const inputs = streams.map((stream) => {
    const input = new Float32Array(width * tokens);
    for (let feature = 0; feature < width; feature++) {
      columns.forEach((column, at) => {
        input[feature * tokens + at] = stream[feature * block.tokens + column] ?? 0;
      });
    }
    if (norm !== null) normalize(norm, input, input, tokens, allFeatures(width));
    return input;
  });
  const results = streams.map(() => new Float32Array(columns.length * outputs));
  const { logits: factor, logitCap } = config.numbers;
  for (let from = 0; from < outputs; from += ROWS) {
    const rows = Math.min(ROWS, outputs - from);
    const bias = (row: number): number => roles.unembeddingBias?.[from + row] ?? 0;
    const matrix = buildMatrix('f32', rowMajor(said.subarray(from * width, (from + rows) * width), rows, width), bias);
    const output = new Float32Array(rows * tokens);
    inputs.forEach((input, s) => {
      multiply(matrix, input, output, tokens, false);
      const result = results[s] ?? new Float32Array(0);
      for (let row = 0; row < rows; row++) {
        for (let at = 0; at < columns.length; at++) {
          const logit = (output[row * tokens + at] ?? 0) * factor;
          result[at * outputs + from + row] = logitCap === null ? logit : logitCap * Math.tanh(logit / logitCap);
        }
      }
    });
  }
  for (const result of results) for (let at = 0; at < columns.length; at++) normalizeRow(result.subarray(at * outputs, (at + 1) * outputs));
  return results;
}

function normalizeRow(row: Float32Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of row) if (logit > most) most = logit;
  let total = 0;
  for (const logit of row) total += Math.exp(logit - most);
  const shift = most + Math.log(total);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) - shift;
}
