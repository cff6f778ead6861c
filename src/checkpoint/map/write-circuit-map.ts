/** Writes raspc.json. */

import { floatNumber, type JsonData, jsonText } from '../json/json-text.ts';
import {
  type CircuitMap,
  type Identified,
  MAP_SCHEMA,
  type MapEdge,
  type MapHead,
  type MapOutput,
  type MapVariable,
  type Place,
} from './circuit-map.ts';
import { hooksData } from './map-hooks.ts';
import { meaningData } from './map-meaning.ts';
import { valueData } from './map-value.ts';

function identifiedData({ id, value }: Identified): JsonData {
  return { id, value: valueData(value) };
}

export function outputData(output: MapOutput): JsonData {
  const { name, type } = output;
  return output.kind === 'categorical'
    ? { name, type, kind: output.kind, logits: output.logits.map(identifiedData) }
    : { name, type, kind: output.kind, logit: output.logit, scale: floatNumber(output.scale), offset: floatNumber(output.offset) };
}

function generationData({ output, halt }: NonNullable<CircuitMap['generation']>): JsonData {
  return halt === null ? { output } : { output, halt: valueData(halt) };
}

function placeData({ layer, sublayer }: Place): JsonData {
  return { layer, sublayer };
}

function variableData({ name, span, encoding, values, dims, written, lastRead, codes, bosCode, live }: MapVariable): JsonData {
  return {
    name,
    span,
    encoding,
    values: values.map(valueData),
    dims,
    written: placeData(written),
    lastRead: placeData(lastRead),
    ...(codes === undefined ? {} : { codes: codes.map(({ value, code }) => ({ value: valueData(value), code })) }),
    ...(bosCode === undefined ? {} : { bosCode }),
    ...(live === undefined ? {} : { live: { from: placeData(live.from), to: placeData(live.to) } }),
  };
}

function headData({ layer, head, name, span, selects, bosShare }: MapHead): JsonData {
  return {
    ...{ layer, head, name, span },
    ...(selects === undefined ? {} : { selects }),
    ...(bosShare === undefined ? {} : { bosShare: { least: bosShare.least, most: bosShare.most } }),
  };
}

function edgeData({ from, to, variable, clears }: MapEdge): JsonData {
  return { from, to, variable, ...(clears === undefined ? {} : { clears }) };
}

/** The text of raspc.json. */
export function writeCircuitMapJson(map: CircuitMap): string {
  const { raspc, program, target, dtype, compute, exactSchedule, effort, context, causal, bos } = map;
  return jsonText({
    schema: MAP_SCHEMA,
    raspc,
    program: { file: program.file, sha256: program.sha256, source: program.source },
    target,
    dtype,
    ...(compute === 'f32' ? {} : { compute }),
    ...(exactSchedule ? { exactSchedule } : {}),
    ...(effort === undefined ? {} : { effort }),
    context,
    causal,
    ...(map.assumes === undefined ? {} : { assumes: map.assumes }),
    ...(map.generation === undefined ? {} : { generation: generationData(map.generation) }),
    bos: { id: bos.id, token: bos.token },
    vocabulary: map.vocabulary.map(identifiedData),
    outputs: map.outputs.map(outputData),
    variables: map.variables.map(variableData),
    heads: map.heads.map(headData),
    neurons: map.neurons.map(({ layer, from, to, name, span }) => ({ layer, from, to, name, span })),
    ...(map.clears === undefined ? {} : { clears: map.clears.map(({ layer, from, to, variable }) => ({ layer, from, to, variable })) }),
    ...(map.edges === undefined ? {} : { edges: map.edges.map(edgeData) }),
    ...(map.hooks === undefined ? {} : { hooks: hooksData(map.hooks) }),
    ...(map.meaning === undefined ? {} : { meaning: meaningData(map.meaning) }),
    certificate: map.certificate,
    files: map.files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
  });
}
