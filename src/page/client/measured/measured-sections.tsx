/** What was measured of a model by other commands, on the page of the model or by itself. */
import type { JSX } from 'preact';
import type { Measured } from '../../data/page-data.ts';
import { DriftSections } from './drift-sections.tsx';
import { MatchSection } from './match-section.tsx';

export function MeasuredSections({ measured: { drift, match } }: { readonly measured: Measured }): JSX.Element {
  return (
    <>
      {match === null ? null : <MatchSection match={match} />}
      {drift === null ? null : <DriftSections drift={drift} />}
    </>
  );
}
