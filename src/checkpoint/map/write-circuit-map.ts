/** Writes raspc.json. */

import { floatNumber, type JsonData, jsonText } from '../json/json-text.ts';
import { type CircuitMap, type Identified, MAP_SCHEMA, type MapOutput } from './circuit-map.ts';
import { meaningData } from './map-meaning.ts';
import { valueData } from './map-value.ts';

function identifiedData({ id, value }: Identified): JsonData {
  return { id, value: valueData(value) };
}

function outputData(output: MapOutput): JsonData {
  const { name, type } = output;
  return output.kind === 'categorical'
    ? { name, type, kind: output.kind, logits: output.logits.map(identifiedData) }
    : { name, type, kind: output.kind, logit: output.logit, scale: floatNumber(output.scale), offset: floatNumber(output.offset) };
}

function generationData({ output, halt }: NonNullable<CircuitMap['generation']>): JsonData {
  return halt === null ? { output } : { output, halt: valueData(halt) };
}

/** The text of raspc.json. */
export function writeCircuitMapJson(map: CircuitMap): string {
  const { raspc, program, target, dtype, compute, exactSchedule, context, causal, bos } = map;
  return jsonText({
    schema: MAP_SCHEMA,
    raspc,
    program: { file: program.file, sha256: program.sha256, source: program.source },
    target,
    dtype,
    ...(compute === 'f32' ? {} : { compute }),
    ...(exactSchedule ? { exactSchedule } : {}),
    context,
    causal,
    ...(map.assumes === undefined ? {} : { assumes: map.assumes }),
    ...(map.generation === undefined ? {} : { generation: generationData(map.generation) }),
    bos: { id: bos.id, token: bos.token },
    vocabulary: map.vocabulary.map(identifiedData),
    outputs: map.outputs.map(outputData),
    variables: map.variables.map(({ name, span, encoding, values, dims, written, lastRead }) => ({
      name,
      span,
      encoding,
      values: values.map(valueData),
      dims,
      written: { layer: written.layer, sublayer: written.sublayer },
      lastRead: { layer: lastRead.layer, sublayer: lastRead.sublayer },
    })),
    heads: map.heads.map(({ layer, head, name, span }) => ({ layer, head, name, span })),
    neurons: map.neurons.map(({ layer, from, to, name, span }) => ({ layer, from, to, name, span })),
    ...(map.clears === undefined ? {} : { clears: map.clears.map(({ layer, from, to, variable }) => ({ layer, from, to, variable })) }),
    ...(map.meaning === undefined ? {} : { meaning: meaningData(map.meaning) }),
    certificate: map.certificate,
    files: map.files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
  });
}
