/** A drawn scene as JSON: what `raspc draw` shows, for programs. */
import type { Row, Scene } from '../../draw/scene/scene.ts';
import type { Json } from '../terminal/json.ts';

export function sceneJson({ title, input, causal, layers, outputs }: Scene): Json {
  return {
    title,
    input: [...input],
    causal,
    layers: layers.map(({ number, heads, steps, folded }) => ({
      layer: number,
      heads: heads.map((head) => ({
        head: head.number,
        name: head.name,
        selector: head.text,
        ideal: head.ideal === null ? null : head.ideal.map((row) => [...row]),
        measured:
          head.measured === null
            ? null
            : {
                weights: head.measured.weights.map((row) => [...row]),
                bos: [...head.measured.bos],
                differs: head.measured.differs.map(([query, key]) => ({ query, key })),
              },
        results: head.results.map(({ kind, row }) => ({ kind, ...rowJson(row) })),
        folded: [...head.folded],
      })),
      steps: steps.map(({ row, text, folded: more }) => ({ ...rowJson(row), text, folded: [...more] })),
      folded,
    })),
    outputs: outputs.map(rowJson),
  };
}

function rowJson({ label, values, held }: Row): { name: string; values: string[]; held: (string | null)[] | null } {
  return { name: label, values: [...values], held: held === undefined ? null : [...held] };
}
