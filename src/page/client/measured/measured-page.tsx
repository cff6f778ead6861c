/** The page of measurements alone: the course of circuits through a training, or what heads compute. */
import type { JSX } from 'preact';
import type { MeasuredPageData } from '../../data/page-data.ts';
import { PageFooter } from '../page-footer.tsx';
import { MeasuredSections } from './measured-sections.tsx';

export function MeasuredPage({ data }: { readonly data: MeasuredPageData }): JSX.Element {
  return (
    <>
      <header>
        <h1>{data.heading}</h1>
      </header>
      <main>
        <MeasuredSections measured={data} />
      </main>
      <PageFooter raspc={data.raspc} />
    </>
  );
}
