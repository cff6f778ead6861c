/** The page of a compiled model: what was typed, what the model made of it, and the parts that show it, each linked to the others by what the reader points at. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Observation, Observed } from '../../data/observation.ts';
import type { ModelPageData } from '../../data/page-data.ts';
import { jsonText, SHOWN_ID } from '../../data/page-file.ts';
import { faultText } from '../fault-text.ts';
import { FocusContext } from '../focus.ts';
import { type BreakableHead, BreakView } from '../live/break-view.tsx';
import type { Break } from '../live/breaks.ts';
import { NotRunning } from '../live/not-running.tsx';
import { RecordedChoice } from '../live/recorded-choice.tsx';
import { MeasuredSections } from '../measured/measured-sections.tsx';
import { PageFooter } from '../page-footer.tsx';
import { Section } from '../section.tsx';
import { AttentionView } from './attention-view.tsx';
import { CircuitView } from './circuit-view.tsx';
import { type Engine, openEngine } from './engine.ts';
import { OutputView } from './output-view.tsx';
import { SourceView } from './source-view.tsx';
import { StreamView } from './stream-view.tsx';

interface Shown {
  readonly observation: Observation | null;
  readonly observed: Observed | null;
  /** Why there is no answer. */
  readonly fault: string | null;
}

export function ModelPage({ data }: { readonly data: ModelPageData }): JSX.Element {
  const { model, recorded } = data;
  const [engine, setEngine] = useState<Engine | null>(null);
  const [engineFault, setEngineFault] = useState<string | null>(null);
  const [text, setText] = useState(recorded[0]?.text ?? '');
  const [breaks, setBreaks] = useState<readonly Break[]>([]);
  const [step, setStep] = useState(0);
  const [focus, setFocus] = useState<readonly number[]>([]);
  useEffect(() => {
    openEngine(data).then(setEngine, (fault) => setEngineFault(faultText(fault)));
  }, [data]);
  const shown = useMemo((): Shown => answer(engine, recorded, text, breaks), [engine, recorded, text, breaks]);
  const { observation, observed, fault } = shown;
  const lastStep = (observation?.places.length ?? 1) - 1;
  return (
    <FocusContext.Provider value={{ variables: focus, set: setFocus }}>
      <header>
        <h1>{model.name}</h1>
        <p>
          <code>{model.file}</code>
          {` as ${model.target}: ${count(model.sizes.layers, 'layer')} of ${count(model.sizes.heads, 'head')}, width ${model.sizes.width}; ${model.causal ? 'causal' : 'in both directions'}, at most ${count(model.context, 'token')}`}
        </p>
        <InputForm data={data} text={text} onText={setText} isLive={engine !== null} fault={fault} />
        <NotRunning withoutFiles={data.withoutFiles} fault={engineFault} />
      </header>
      <main>
        <Section title="Source">
          <SourceView model={model} />
        </Section>
        {observation === null ? null : (
          <>
            <Section title="Outputs">
              <OutputView observation={observation} />
            </Section>
            <Section title="Circuit">
              <CircuitView model={model} />
            </Section>
            <Section title="Attention">
              <AttentionView
                model={model}
                observation={observation}
                engine={engine}
                observed={observed}
                breaks={breaks}
                match={data.match}
              />
            </Section>
            <Section title="Residual stream">
              <StreamView model={model} observation={observation} step={Math.min(step, lastStep)} onStep={setStep} />
            </Section>
          </>
        )}
        {engine === null ? null : (
          <Section title="Break something">
            <BreakView
              heads={headsOf(model)}
              layers={model.sizes.layers}
              checkpoint={engine.checkpoint}
              breaks={breaks}
              onBreaks={setBreaks}
            />
          </Section>
        )}
        <MeasuredSections measured={data} />
      </main>
      <PageFooter raspc={data.raspc} />
      <script type="application/json" id={SHOWN_ID}>
        {jsonText(observation)}
      </script>
    </FocusContext.Provider>
  );
}

function answer(engine: Engine | null, recorded: readonly Observation[], text: string, breaks: readonly Break[]): Shown {
  if (engine === null)
    return { observation: recorded.find((each) => each.text === text) ?? recorded[0] ?? null, observed: null, fault: null };
  try {
    const observed = engine.observe(text, breaks);
    return { observation: observed.observation, observed, fault: null };
  } catch (fault) {
    return { observation: null, observed: null, fault: faultText(fault) };
  }
}

interface InputFormProps {
  readonly data: ModelPageData;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly isLive: boolean;
  readonly fault: string | null;
}

/** Vocabularies up to here are shown whole. */
const SHOWN_TOKENS = 60;

function InputForm({ data, text, onText, isLive, fault }: InputFormProps): JSX.Element {
  const { model, recorded } = data;
  const tokens = model.vocabulary.slice(0, SHOWN_TOKENS).join(' ');
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      {isLive || recorded.length < 2 ? (
        <label>
          Input{' '}
          <input
            type="text"
            value={text}
            spellcheck={false}
            autocomplete="off"
            readOnly={!isLive}
            aria-invalid={fault !== null}
            aria-describedby="input-help"
            onInput={(event) => onText(event.currentTarget.value)}
          />
        </label>
      ) : (
        <RecordedChoice label="Input" recorded={recorded} text={text} onText={onText} />
      )}
      <p id="input-help" class={fault === null ? 'faint' : 'fault'} role={fault === null ? undefined : 'alert'}>
        {fault ?? `Tokens: ${tokens}${model.vocabulary.length > SHOWN_TOKENS ? ` and ${model.vocabulary.length - SHOWN_TOKENS} more` : ''}`}
      </p>
    </form>
  );
}

function headsOf({ boxes }: ModelPageData['model']): BreakableHead[] {
  return boxes.flatMap(({ kind, place, head, title }) => (kind === 'head' && head !== null ? [{ layer: place.layer, head, title }] : []));
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
