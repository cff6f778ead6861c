/** What a page carries: facts of a model with its files or what was recorded of them, and what was measured. All of it is JSON. */
import type { CircuitBox } from '../../draw/model/circuit-boxes.ts';
import { circuitBoxes } from '../../draw/model/circuit-boxes.ts';
import type { ModelReading } from '../../draw/model/model-reading.ts';
import { valueText } from '../../graph/evaluate/values/python-text.ts';
import { parseSpan, sourceFile } from '../../source/source-file.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { DriftFile } from './drift-file.ts';
import type { MatchFile } from './match-file.ts';
import type { Observation } from './observation.ts';
import type { SeededFacts } from './seeded-facts.ts';
import type { SeededObservation } from './seeded-observation.ts';
import type { SourceWord } from './source-word.ts';

/** A variable of the circuit map. */
export interface PageVariable {
  readonly name: string;
  readonly encoding: string;
  readonly dims: readonly number[];
  /** Where the source says it: offsets, null where it does not. */
  readonly source: readonly [start: number, end: number] | null;
}

export interface PageModel {
  readonly name: string;
  readonly target: string;
  readonly file: string;
  readonly source: string;
  readonly words: readonly SourceWord[];
  readonly sizes: { readonly layers: number; readonly heads: number; readonly width: number; readonly hidden: number };
  readonly vocabulary: readonly string[];
  readonly context: number;
  readonly causal: boolean;
  readonly variables: readonly PageVariable[];
  readonly boxes: readonly CircuitBox[];
}

export interface PageDrift extends DriftFile {
  /** What it means to be lost by a part, in words. */
  readonly causes: Readonly<Record<string, string>>;
}

export interface PageMatch extends MatchFile {
  /** What the function is called that only rests on the first position. */
  readonly resting: string;
}

/** What was measured by other commands; null where nothing was given. */
export interface Measured {
  readonly drift: PageDrift | null;
  readonly match: PageMatch | null;
}

interface AnyPage extends Measured {
  readonly raspc: string;
  /** What the browser calls the page. */
  readonly title: string;
}

/** A compiled model. */
export interface ModelPageData extends AnyPage {
  readonly kind: 'model';
  readonly model: PageModel;
  /** Files of the folder, each gzipped and then base64; null where they are too much for a page. */
  readonly files: Readonly<Record<string, string>> | null;
  /** Why there are none, in words. */
  readonly withoutFiles: string | null;
  /** What the model did with the inputs that were given; never empty. */
  readonly recorded: readonly Observation[];
}

/** What was measured, by itself. */
export interface MeasuredPageData extends AnyPage {
  readonly kind: 'measured';
  /** What it is about, as a heading. */
  readonly heading: string;
}

/** A model that pages run: its folder, and what cannot be read from it without a parser. */
export interface SeededFiles {
  /** Of the folder, each gzipped and then base64. */
  readonly files: Readonly<Record<string, string>>;
  /** As `packPrograms` writes them. */
  readonly programs: string;
}

/** A seeded model. */
export interface SeededPageData extends AnyPage {
  readonly kind: 'seeded';
  readonly facts: SeededFacts;
  /** Null where they are too much for a page. */
  readonly live: SeededFiles | null;
  /** Why there are none, in words. */
  readonly withoutFiles: string | null;
  /** What the model did with the windows that were given. */
  /** Never empty. */
  readonly recorded: readonly SeededObservation[];
}

export type PageData = ModelPageData | SeededPageData | MeasuredPageData;

/** What the browser calls the page of a model. */
export function modelTitle({ name, file, target }: PageModel): string {
  return `${name}: ${file} as ${target}`;
}

export function pageModel(name: string, reading: ModelReading, { sizes, target }: ModelConfig, words: readonly SourceWord[]): PageModel {
  const { map } = reading;
  const file = sourceFile(map.program.file, map.program.source);
  return {
    name,
    target: `${target.name} (${target.architecture})`,
    file: file.path,
    source: file.text,
    words,
    sizes: { layers: sizes.layers, heads: sizes.heads, width: sizes.width, hidden: sizes.hidden },
    vocabulary: map.vocabulary.map(({ value }) => valueText(value)),
    context: map.context,
    causal: map.causal,
    variables: map.variables.map(({ encoding, dims, span }, variable) => {
      const place = parseSpan(file, span);
      return { name: reading.nameOf(variable), encoding, dims, source: place === null ? null : [place.start, place.end] };
    }),
    boxes: circuitBoxes(reading),
  };
}
