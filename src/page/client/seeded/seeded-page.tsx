/** The page of a seeded model: which parts of it are circuits, where their heads look on a window, and what they say. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { HeadBox } from '../../../draw/picture/head-box.tsx';
import { layoutHead } from '../../../draw/picture/head-layout.ts';
import { hueOf } from '../../../draw/picture/palette.ts';
import type { Scene } from '../../../draw/scene/scene.ts';
import type { MatchedHead } from '../../data/match-file.ts';
import type { SeededPageData } from '../../data/page-data.ts';
import { jsonText, SHOWN_ID } from '../../data/page-file.ts';
import type { SeededFacts } from '../../data/seeded-facts.ts';
import type { SeededGrid, SeededObservation } from '../../data/seeded-observation.ts';
import { faultText } from '../fault-text.ts';
import { HeadPicture } from '../head-picture.tsx';
import { type BreakableHead, BreakView } from '../live/break-view.tsx';
import type { Break } from '../live/breaks.ts';
import { NotRunning } from '../live/not-running.tsx';
import { matchText } from '../measured/match-section.tsx';
import { MeasuredSections } from '../measured/measured-sections.tsx';
import { percent } from '../measured/number-text.ts';
import { type StackCell, StackGrid } from '../measured/stack-grid.tsx';
import { PageFooter } from '../page-footer.tsx';
import { Section } from '../section.tsx';
import { CircuitCard } from './circuit-card.tsx';
import { DimensionsView } from './dimensions-view.tsx';
import { ProgramText } from './program-text.tsx';
import { openSeededEngine, type SeededEngine } from './seeded-engine.ts';
import { ValuesView } from './values-view.tsx';
import { WindowForm } from './window-form.tsx';

export function SeededPage({ data }: { readonly data: SeededPageData }): JSX.Element {
  const { facts, recorded, match } = data;
  const [engine, setEngine] = useState<SeededEngine | null>(null);
  const [engineFault, setEngineFault] = useState<string | null>(null);
  const [text, setText] = useState(recorded[0]?.text ?? '');
  const [breaks, setBreaks] = useState<readonly Break[]>([]);
  const [circuit, setCircuit] = useState(0);
  const [place, setPlace] = useState(() => ({ layer: facts.heads[0]?.layer ?? 0, head: facts.heads[0]?.head ?? 0 }));
  useEffect(() => {
    if (data.live !== null) openSeededEngine(data.live).then(setEngine, (fault) => setEngineFault(faultText(fault)));
  }, [data]);
  const { observation, fault } = useMemo(() => answer(engine, recorded, text, breaks), [engine, recorded, text, breaks]);
  const chosen = facts.circuits[circuit];
  const headNumber = facts.heads.findIndex((each) => each.layer === place.layer && each.head === place.head);
  const chooseCircuit = (number: number): void => {
    setCircuit(number);
    const first = facts.heads[facts.circuits[number]?.heads[0] ?? -1];
    if (first !== undefined) setPlace({ layer: first.layer, head: first.head });
  };
  const matched = (layer: number, head: number) => match?.heads.find((each) => each.layer === layer && each.head === head);
  const { sizes } = facts;
  const dims = new Set(facts.variables.flatMap((variable) => variable.dims)).size;
  const grid = observation?.heads[headNumber];
  return (
    <>
      <header>
        <h1>{facts.name}</h1>
        <p>
          {`${facts.circuits.length === 1 ? 'A circuit' : `${facts.circuits.length} circuits`} in ${facts.target}: ${facts.heads.length} of ${sizes.layers * sizes.heads} heads, ${facts.neurons.reduce((sum, count) => sum + count, 0)} neurons, ${dims} of ${sizes.width} dimensions; ${facts.bos === null ? 'no token has to stand first' : `token ${facts.bos} stands first`}, at most ${facts.context} tokens`}
        </p>
        <WindowForm recorded={recorded} text={text} onText={setText} isLive={engine !== null} fault={fault} />
        <NotRunning withoutFiles={data.withoutFiles} fault={engineFault} />
      </header>
      <main>
        <Section title="Circuits">
          <fieldset class="choices">
            <legend class="hidden">circuits</legend>
            {facts.circuits.map(({ name }, number) => (
              <button key={name} type="button" aria-pressed={circuit === number} onClick={() => chooseCircuit(number)}>
                {name}
              </button>
            ))}
          </fieldset>
          {chosen === undefined ? null : <CircuitCard facts={facts} circuit={chosen} />}
        </Section>
        <Section title="In the stack">
          <p class="faint">
            Every head of the model, a row a layer. Those in colour are programmed; those of the chosen circuit are full. Arrow keys move.
          </p>
          <StackGrid
            label="programmed heads"
            layers={sizes.layers}
            heads={sizes.heads}
            chosen={place}
            onChoose={(layer, head) => setPlace({ layer, head })}
            cell={(layer, head) => cellOf(facts, circuit, layer, head, matched(layer, head), match?.resting ?? '')}
            beside={(layer) => (facts.neurons[layer] ? `${facts.neurons[layer]} of ${sizes.hidden} neurons` : '')}
          />
        </Section>
        <Section title="Attention" isWide>
          <HeadView
            label={`head ${place.layer}.${place.head}`}
            layer={place.layer}
            grid={grid}
            after={facts.heads[headNumber]?.after ?? 0}
            sink={grid?.head.measured?.bos.length === 0 ? '' : facts.bos === null ? 'first' : 'BOS'}
            matched={matched(place.layer, place.head)}
            resting={match?.resting ?? ''}
          />
        </Section>
        {observation === null || chosen === undefined ? null : (
          <Section title={`What ${chosen.name} says`} isWide>
            <ValuesView circuit={chosen} tokens={observation.tokens} values={observation.circuits[circuit] ?? []} />
          </Section>
        )}
        {engine === null ? null : (
          <Section title="Break something">
            <BreakView heads={headsOf(facts)} layers={sizes.layers} checkpoint={engine.checkpoint} breaks={breaks} onBreaks={setBreaks} />
          </Section>
        )}
        <Section title="Reserved dimensions">
          <DimensionsView facts={facts} lit={new Set(chosen?.dims ?? [])} />
        </Section>
        <Section title="Programs">
          {facts.programs.map((program, number) => (
            <ProgramText
              key={program.file}
              program={program}
              lit={[chosen?.source, facts.heads[headNumber]?.source].flatMap((source) => (source?.program === number ? [source] : []))}
            />
          ))}
        </Section>
        <MeasuredSections measured={data} />
      </main>
      <PageFooter raspc={data.raspc} />
      <script type="application/json" id={SHOWN_ID}>
        {jsonText(observation)}
      </script>
    </>
  );
}

interface Shown {
  readonly observation: SeededObservation | null;
  /** Why there is no answer. */
  readonly fault: string | null;
}

function answer(engine: SeededEngine | null, recorded: readonly SeededObservation[], text: string, breaks: readonly Break[]): Shown {
  if (engine === null) return { observation: recorded.find((each) => each.text === text) ?? recorded[0] ?? null, fault: null };
  try {
    return { observation: engine.observe(text, breaks), fault: null };
  } catch (fault) {
    return { observation: null, fault: faultText(fault) };
  }
}

/** Programmed heads; one that several circuits use, or that computes two things, is named once. */
function headsOf({ heads }: SeededFacts): BreakableHead[] {
  return heads.flatMap(({ layer, head, name }, at) =>
    heads.findIndex((each) => each.layer === layer && each.head === head) === at
      ? [{ layer, head, title: `head ${layer}.${head}: ${name}` }]
      : [],
  );
}

function cellOf(
  facts: SeededFacts,
  circuit: number,
  layer: number,
  head: number,
  matched: MatchedHead | undefined,
  resting: string,
): StackCell {
  const found = facts.heads.findIndex((each) => each.layer === layer && each.head === head);
  const said = matched === undefined ? '' : `; by what it does, it ${matchText(matched, resting)}`;
  const name = facts.heads[found]?.name;
  if (name === undefined) return { mark: '', hue: null, isFull: false, title: `head ${layer}.${head}: not programmed${said}` };
  const owners = facts.circuits.flatMap(({ heads }, number) => (heads.includes(found) ? [number] : []));
  const isFull = owners.includes(circuit);
  return {
    mark: [...name][0] ?? '?',
    hue: hueOf(isFull ? circuit : (owners[0] ?? 0)),
    isFull,
    title: `head ${layer}.${head}: ${name}, of ${owners.map((number) => facts.circuits[number]?.name).join(' and ')}${said}`,
  };
}

interface HeadViewProps {
  readonly label: string;
  readonly layer: number;
  readonly grid: SeededGrid | undefined;
  readonly after: number;
  /** What the first token is called, where it is none of the program's. */
  readonly sink: string;
  readonly matched: MatchedHead | undefined;
  readonly resting: string;
}

const NONE: ReadonlySet<number> = new Set();

function HeadView({ label, layer, grid, after, sink, matched, resting }: HeadViewProps): JSX.Element {
  const note = matched === undefined ? null : <p class="note">{`By what it does, ${label} ${matchText(matched, resting)}.`}</p>;
  if (grid === undefined) {
    return (
      <>
        <p>{`No program is behind ${label}: it was drawn, or trained. Choose one in colour.`}</p>
        {note}
      </>
    );
  }
  const scene: Scene = { title: '', input: grid.input, causal: true, layers: [], outputs: [], readers: new Map() };
  const layout = layoutHead(grid.head, scene);
  return (
    <>
      {note}
      <HeadPicture label={label} layout={layout}>
        <HeadBox layer={layer} head={grid.head} scene={scene} layout={layout} linked={NONE} chosen={null} sink={sink} />
      </HeadPicture>
      <p class="verdict">
        {grid.right === null
          ? 'What it should look at here is not known, or nothing.'
          : `${percent(grid.right)} of its attention is where the program looks.`}
        {after === 0
          ? ''
          : ` It attends ${after === 1 ? 'one position' : `${after} positions`} behind what the program selects, where that has been moved to.`}
      </p>
    </>
  );
}
