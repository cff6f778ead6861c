/** The catalog of every diagnostic that raspc gives, and the two ways to make one: `diagnose` returns it, `fail` throws it. */

import { DOMAINS } from './catalog/compiler/r4-domains.ts';
import { CAPACITY } from './catalog/compiler/r5-capacity.ts';
import { PRECISION } from './catalog/compiler/r6-precision.ts';
import { STYLE } from './catalog/language/r1-style.ts';
import { SYNTAX } from './catalog/language/r1-syntax.ts';
import { NAMES } from './catalog/language/r2-names.ts';
import { TYPES } from './catalog/language/r3-types.ts';
import { VALUES } from './catalog/language/r3-values.ts';
import { CHECKPOINTS } from './catalog/models/r7-checkpoints.ts';
import { GRAFTING } from './catalog/models/r7-grafting.ts';
import { GROUND_TRUTH } from './catalog/models/r7-ground-truth.ts';
import { SEEDING } from './catalog/models/r7-seeding.ts';
import { TOKENIZERS } from './catalog/models/r7-tokenizers.ts';
import { VERIFICATION } from './catalog/models/r7-verification.ts';
import { COMMAND_LINE } from './catalog/terminal/r8-command-line.ts';
import { INTERNAL } from './catalog/terminal/r9-internal.ts';
import { READINGS } from './catalog/warnings/w1-precedence.ts';
import { UNUSED } from './catalog/warnings/w2-names.ts';
import { CONSTANT } from './catalog/warnings/w3-values.ts';
import { catalogReporter } from './catalog-entry.ts';

export const CATALOG = {
  ...SYNTAX,
  ...STYLE,
  ...NAMES,
  ...TYPES,
  ...VALUES,
  ...DOMAINS,
  ...CAPACITY,
  ...PRECISION,
  ...CHECKPOINTS,
  ...SEEDING,
  ...GRAFTING,
  ...GROUND_TRUTH,
  ...TOKENIZERS,
  ...VERIFICATION,
  ...COMMAND_LINE,
  ...INTERNAL,
  ...READINGS,
  ...UNUSED,
  ...CONSTANT,
} as const;

export type DiagnosticCode = keyof typeof CATALOG;

/** What the message of a code is made from. */
export type FactsOf<Code extends DiagnosticCode> = Parameters<(typeof CATALOG)[Code]['message']>[0];

export const { diagnose, fail } = catalogReporter(CATALOG);
