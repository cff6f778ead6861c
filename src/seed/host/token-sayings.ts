/**
 * Exports that are tokens, said to the output: the head that moves a token's code, or the neurons that choose between two, write it to dimensions that
 * the unembedding reads by the code of each token.
 */
import type { Component, Feature, Form, Write } from '../../circuit/circuit.ts';
import { cosineSpectrum, type TokenCode } from '../../codes/token-code.ts';
import { NO_TOKEN } from '../../graph/whole-token.ts';
import type { SeedFeature } from '../discipline/export-features.ts';
import { featuresRead, formsOf, keyOf } from '../discipline/prune.ts';
import type { LoweredSeed } from '../discipline/seed-lowering.ts';
import type { SharedRegisters } from '../discipline/shared-registers.ts';
import { tidy } from '../draw/tidy.ts';
import { type ExportRequest, MOST_LOST, refuseExport, usualStrength } from '../program/export-request.ts';
import { counterFeatures, type Saying, saidLevel, sayRegister } from './sayings.ts';

/** Steps in which a strength is sought. */
const HALVINGS = 12;

/**
 * By how many nats a token can rise so that all others lose {@link MOST_LOST} where it is never right: other tokens hear of it by how much their codes
 * agree.
 */
function codeStrength(vocab: number, code: TokenCode): number {
  const { cosines, shares } = cosineSpectrum(code);
  const lost = (nats: number): number => {
    const others = cosines.reduce((sum, cosine, i) => sum + (shares[i] ?? 0) * Math.exp(nats * cosine), 0);
    return Math.log(others + Math.exp(nats) / vocab);
  };
  let [low, high] = [0, usualStrength(vocab, 1)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (lost(middle) > MOST_LOST) high = middle;
    else low = middle;
  }
  return tidy(low);
}

interface ToldTokens {
  readonly components: readonly Component[];
  readonly features: readonly SeedFeature[];
  readonly sayings: readonly Saying[];
}

/** Diagnostics: R7717 for tokens that are to be a feature. @param keepsMean as for values that are said by a dimension each */
export function tokenSayings(
  { circuit, features }: LoweredSeed,
  requests: ReadonlyMap<string, ExportRequest>,
  { vocab, keepsMean }: { readonly vocab: number; readonly keepsMean: boolean },
  shared: SharedRegisters,
): ToldTokens {
  let components = circuit.components;
  const sayings: Saying[] = [];
  const told = features.map((feature): SeedFeature => {
    const { name, node, code } = feature;
    if (code.kind !== 'token') return feature;
    const { place = null, strength = null } = requests.get(name) ?? {};
    if (place === 'feature' || place === 'both')
      return refuseExport(
        name,
        place,
        'its values are all tokens there are, and a feature has a code for each value',
        node.spans[0] ?? null,
      );
    const said = code.codes.code;
    const level = saidLevel(said);
    const entries = code.forms.map((): Feature => ({ levels: null, spread: null, low: -level, high: level, bos: 0, unit: 1 }));
    const most = level * entries.length;
    const counters = keepsMean ? counterFeatures(-most, most) : [];
    const register = sayRegister(name, node, [...entries, ...counters], shared);
    const entryOf = new Map(
      code.forms.flatMap(({ terms: [term] }, d) => (term === undefined ? [] : [[keyOf(term), { d, term }] as const])),
    );
    const isRead = [...featuresRead(components.flatMap(formsOf))].some((key) => entryOf.has(key));
    const toldBy = (write: Write): Write[] => {
      const entry = entryOf.get(keyOf(write));
      if (entry === undefined) return [write];
      const copy = { register, feature: entry.d, weight: write.weight * entry.term.weight * level };
      const counted = keepsMean ? [{ register, feature: entries.length, weight: -copy.weight }] : [];
      return [...(isRead ? [write] : []), copy, ...counted];
    };
    components = components.map((each): Component => {
      if (each.kind === 'head')
        return { ...each, values: each.values.flatMap(({ form, write }) => toldBy(write).map((to) => ({ form, write: to }))) };
      return { ...each, steps: each.steps.map((step) => ({ ...step, writes: step.writes.flatMap(toldBy) })) };
    });
    const values = code.values.flatMap((value, v) => (value === NO_TOKEN ? [] : [{ value, ids: [code.codes.ids[v] ?? 0] }]));
    sayings.push({ name, register, values, code: said, strength: strength ?? codeStrength(vocab, said), isFeature: false });
    const forms = code.forms.map(
      (form, feature): Form => (isRead ? form : { constant: 0, terms: [{ register, feature, weight: 1 / level }] }),
    );
    return { ...feature, code: { ...code, forms } };
  });
  return { components, features: told, sayings };
}
