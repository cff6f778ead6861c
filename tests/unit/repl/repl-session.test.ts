/** The REPL's layouts beyond plain answers: names, lists, functions, files, displays, prompts and what it does with faults. */
import { describe, expect, test } from 'vitest';
import type { CompileRequest } from '../../../src/repl/repl-options.ts';
import { ReplSession } from '../../../src/repl/session/repl-session.ts';
import { type SourceFile, sourceFile } from '../../../src/source/source-file.ts';

const FILES: Readonly<Record<string, string>> = {
  lib: 'a = indices + 1;\na = a * 2;\n_hidden = 3;\ndef twice(x) { return 2 * x; }\ntokens("ab");\nb, c = 1, [2];\n',
  outer: 'load "lib";\nz = twice(a);\n',
  broken: 'x = 1;\ny = nothing;\nx = 2;\n',
  unparsed: 'x = ;\n',
  settings: 'set example "abc"\nexamples off\nx = tokens;\nexit\ny = 1;\n',
};

function session(): ReplSession {
  return new ReplSession({ loader: (path) => (path in FILES ? sourceFile(`${path}.rasp`, FILES[path] ?? '') : null) });
}

/** Everything that appears, prompts included, when lines are piped in. */
function transcript(lines: readonly string[]): string {
  const repl = session();
  let text = repl.banner;
  for (const line of lines) if (!repl.finished) text += repl.prompt + repl.feed(line);
  return repl.finished ? text : text + repl.prompt + repl.end();
}

function printed(...lines: string[]): string {
  const repl = session();
  return lines.map((line) => repl.feed(line)).join('');
}

describe('values', () => {
  test('s-ops and selectors show themselves on the example', () => {
    expect(printed('a = tokens;')).toBe('     s-op: a\n \t Example: a("hello") = [h, e, l, l, o] (strings)\n');
    expect(printed('s = select(indices, 1, <);')).toBe(
      '     selector: s\n \t Example:\n \t\t\t     h e l l o\n \t\t\t h | 1        \n \t\t\t e | 1        \n \t\t\t l | 1        \n \t\t\t l | 1        \n \t\t\t o | 1        \n',
    );
  });

  test('a bare variable keeps its name, other expressions are out', () => {
    expect(printed('True;')).toBe('    value: True =  True\n');
    expect(printed('a = 3;', '(a);', 'a + 1;')).toBe('    value: a =  3\n    value: a =  3\n    value: out =  4\n');
    expect(printed('"x";')).toBe('    value: out =  "x"\n');
  });

  test('out is the value computed last', () => {
    expect(printed('3 + 4;', 'out;')).toBe('    value: out =  7\n    value: out =  7\n');
  });

  test('lists and dictionaries of plain values are on one line, others are opened up', () => {
    expect(printed('a = ["x", True, 1.5];', 'd = {"a": 1, 2: "it\'s"};')).toBe(
      "     list: a = ['x', True, 1.5]\n     dict: d = {'a': 1, 2: \"it's\"}\n",
    );
    expect(printed('examples off', 'a = [indices + 1, [1], {"k": 2}, 5, full_s];')).toBe(
      [
        '     list: a =  [',
        '\t\t     s-op: ( indices + 1 )',
        '\t\t     list: [1]',
        "\t\t     dict: {'k': 2}",
        '\t\t    value:  5',
        '\t\t     selector: full_s',
        '               ]',
        '',
      ].join('\n'),
    );
    expect(printed('examples off', 'd = {"k": indices, 1: 2};')).toBe(
      '     dict: d =  {\n\t\t\t "k" :     s-op: indices\n\t\t\t    value:  2\n               }\n',
    );
  });

  test('functions say who made them', () => {
    expect(printed('def f(x, y) { return x; }')).toBe('     console function: f(x, y)\n');
    expect(printed('def f() { def g(a) { return a; } return g; }', 'h = f();')).toBe(
      "     console function: f()\n     console' function: g(a)\n",
    );
    expect(printed('sort;')).toBe('     RASP_support/rasplib function: sort(seq, key)\n');
  });

  test('several assignments print one after the other', () => {
    expect(printed('a, b = 1, "x";')).toBe('    value: a =  1\n    value: b =  "x"\n');
  });

  test('applications print the value alone', () => {
    expect(printed('indices("abc");')).toBe('\t =  [0, 1, 2] (ints)\n');
    expect(printed('tokens_int([1, 2]);')).toBe('\t =  [1, 2] (ints)\n');
    expect(printed('full_s("ab");')).toBe('\t = \n \t\t\t     a b\n \t\t\t a | 1 1\n \t\t\t b | 1 1\n');
    expect(printed('draw(indices, "ab");')).toBe('\t =  [0, 1] (ints)\n');
  });

  test('the full display sets output under input, unless all values are equal', () => {
    expect(printed('full seq display on', 'a = indices * 10;')).toBe(
      '     s-op: a\n \t Example:\n \t\tinput:    h  e  l  l  o \t (strings)\n \t\toutput:   0 10 20 30 40 \t (ints)\n',
    );
    expect(printed('full seq display on', 'a = length;')).toBe(
      '     s-op: a\n \t Example: a("hello") = [5]*5 (ints) [skipped full display: identical values]\n',
    );
    expect(printed('full seq display on', 'length("abc");')).toBe('\t =   [3]*3 (ints) [skipped full display: identical values]\n');
    expect(printed('full seq display on', '(indices == 1)("abc");')).toBe(
      '\t = \n \t\tinput:   a b c \t (strings)\n \t\toutput:    T   \t (bools)\n',
    );
  });
});

describe('settings', () => {
  test('examples are set, shown and switched off for each kind', () => {
    expect(printed('set example "ab"', 'show example')).toBe('\ts-op example: "ab"\n\tselector example: "ab"\n');
    expect(printed('set s-op example [1, "x"]', 'show s-op example', 'show selector example')).toBe(
      '\ts-op example: [1, \'x\']\n\tselector example: "hello"\n',
    );
    expect(printed('s-op examples off', 'a = indices;')).toBe('     s-op: a\n');
    expect(printed('selector examples off', 'full_s;')).toBe('     selector: full_s\n');
  });

  test('@causal changes what selectors see', () => {
    expect(printed('@causal;', 'length;')).toBe('     s-op: length\n \t Example: length("hello") = [1, 2, 3, 4, 5] (ints)\n');
  });
});

describe('files', () => {
  test('print the last value of each name at their end, without examples', () => {
    expect(printed('load "lib";')).toBe('     s-op: a\n     lib function: twice(x)\n    value: b =  1\n     list: c = [2]\n');
    expect(printed('load "lib";', '_hidden;')).toContain('error[R2001]: there is no `_hidden` here');
  });

  test('loaded by files print before what follows', () => {
    expect(printed('load "outer";')).toBe(
      '     s-op: a\n     lib function: twice(x)\n    value: b =  1\n     list: c = [2]\n     s-op: z\n',
    );
  });

  test('with a fault print everything, the fault in its place', () => {
    const text = printed('load "broken";');
    expect(text).toMatch(
      /^ {4}value: x = {2}1\nerror\[R2001\]: there is no `nothing` here\n {2}--> broken.rasp:2:5\n[\s\S]*\n {4}value: x = {2}2\n$/,
    );
    expect(printed('load "unparsed";')).toContain('error[R1001]: expected an expression, found `;`');
    expect(printed('load "absent";')).toContain('error[R2004]: could not find the file `absent.rasp`');
  });

  test('keep their example and lose their switches; exit ends only the file', () => {
    expect(printed('load "settings";', 'show s-op example', 'x;', 'y;')).toContain(
      '     s-op: x\n\ts-op example: "abc"\n     s-op: x\n \t Example: x("abc") = [a, b, c] (strings)\nerror[R2001]',
    );
  });
});

describe('input', () => {
  test('a transcript has its banner, prompts and continuations', () => {
    expect(transcript(['a = 3;', '', '# nothing', 'a', ';', 'def f(x) {', 'return x; }', 'for i in [1] {', 'a = 4; }', 'exit', 'a;'])).toBe(
      [
        'RASP 0.1\nrunning example is: hello\n',
        '>>     value: a =  3\n',
        '>> .. .. ..     value: a =  3\n',
        '>> ..        console function: f(x)\n',
        '>> .. >> ',
      ].join(''),
    );
    expect(transcript(['a = 3;'])).toBe('RASP 0.1\nrunning example is: hello\n>>     value: a =  3\n>> \n');
  });

  test('several statements on a line all run', () => {
    expect(printed('a = 1; b = 2; # both')).toBe('    value: a =  1\n    value: b =  2\n');
  });

  test('a typo is told at once and swallows nothing', () => {
    const repl = session();
    expect(repl.feed('a=3 b=4;')).toContain('error[R1004]: missing `;` after this statement');
    expect(repl.prompt).toBe('>> ');
    expect(repl.feed('c = 5;')).toBe('    value: c =  5\n');
  });

  test('a statement that fails on the example is not carried out', () => {
    const text = printed('a = 1;', 'a = 1 / indices;', 'a;');
    expect(text).toContain('error[R3503]: division by zero');
    expect(text.endsWith('    value: a =  1\n')).toBe(true);
    expect(printed('def f(x) { y = 1 / x; return 1; }', 'f(indices);')).toContain('error[R3503]');
  });

  test('what only its printing cannot evaluate is carried out', () => {
    const text = printed('set s-op example "123"', 's = select(tokens_int, 1, ==);', 'selector_width(s);');
    expect(text).toContain('\t!!statement executed, but result fails on evaluation:\nerror[R3504]');
    expect(text.endsWith('Example: out("123") = [1]*3 (ints)\n')).toBe(true);
  });

  test('an application may be to an input that the example is not like', () => {
    expect(printed('(tokens_int + 1)("123");')).toBe('\t =  [2, 3, 4] (ints)\n');
    expect(printed('tokens_int;')).toContain('error[R3504]');
  });

  test('cancel drops an unfinished statement', () => {
    const repl = session();
    repl.feed('def f(x) {');
    expect(repl.prompt).toBe('..   ');
    repl.cancel();
    expect(repl.prompt).toBe('>> ');
  });

  test('names are completed', () => {
    const repl = session();
    repl.feed('select_mine = full_s;');
    expect(repl.completions('x = select_')).toEqual({
      prefix: 'select_',
      words: ['select_from_first', 'select_from_last', 'select_mine', 'select_next_identical'],
    });
    expect(repl.completions('nothing_like_it').words).toEqual([]);
    expect(repl.completions('1 + ')).toEqual({ prefix: '', words: [] });
  });
});

describe('completion', () => {
  const repl = new ReplSession({
    loader: () => null,
    loadable: (typed) => (typed.startsWith('more/') ? ['more/deep'] : ['std/count', 'std/compare', 'counting', 'more/']),
    compiler: { targets: ['gpt2', 'llama', 'bert'], compile: () => {} },
  });

  test.each([
    ['@c', ['@causal', '@context']],
    ['x = 1; @ex', ['@example', '@export']],
    [':d', [':draw']],
    [':c', [':compile', ':cost']],
    [':target l', ['llama']],
    ['load "std/co', ['std/compare', 'std/count']],
    ['load "co', ['counting']],
    ['x = 1; load "more/', ['more/deep']],
    ['draw(x, "co', []],
    [':type leng', ['length']],
  ])('of %s', (line, words) => {
    expect(repl.completions(line).words).toEqual(words);
  });
});

describe('within a statement', () => {
  test('commands and settings are aside, and the statement goes on', () => {
    const repl = session();
    const said = ['a = indices', ':type length', 's-op examples off', 'show s-op example', ':help', '+ 1;'].map((line) => repl.feed(line));
    expect(said.slice(0, 4)).toEqual(['', '\ts-op of ints; on the running example 5\n', '', '\ts-op example: "hello"\n']);
    expect(said[4]).toMatch(/^\t:cost/);
    expect(said[5]).toBe('     s-op: a\n');
  });

  test('of several lines, too', () => {
    expect(printed('def f(x) {', ':cost sort(tokens, tokens)', 'examples off', 'return x; }')).toBe(
      '\t2 layers, heads per layer: 1 1\n     console function: f(x)\n',
    );
  });

  test('what goes on with the statement is no command', () => {
    expect(printed('help = 2;', 'd = {"a"', ':help', '};')).toBe("    value: help =  2\n     dict: d = {'a': 2}\n");
  });

  test('a fault in an aside is told and leaves the statement', () => {
    const text = printed('a = 1', ':type nothing', ';');
    expect(text).toContain('error[R2001]');
    expect(text.endsWith('    value: a =  1\n')).toBe(true);
  });

  test('what is neither is a fault of the statement', () => {
    expect(printed('a = 1', 'b = 2;')).toContain('error[R1004]');
    expect(printed('a = 1', ':wat', 'a;')).toContain('error[R1004]');
  });
});

describe('what is printed', () => {
  test.each([
    ["x = ['x', True, 1.5];", "     list: x = ['x', True, 1.5]\n"],
    ["d = {'a': 1, 2: \"it's\"};", "     dict: d = {'a': 1, 2: \"it's\"}\n"],
    ["s = 'it\\'s';", '    value: s =  "it\'s"\n'],
    ['[T, F, not T];', '     list: out = [True, False, False]\n'],
    ['x = 1e-07;', '    value: x =  1e-07\n'],
    ['x = 1.25e+20;', '    value: x =  1.25e+20\n'],
    ['x = 2.5e-05 == 0.000025;', '    value: x =  True\n'],
    ['x = [5]*3;', '     list: x = [5, 5, 5]\n'],
  ])('can be typed: %s', (line, text) => {
    expect(printed(line)).toBe(text);
  });

  test('within strings and comments it is left as it is', () => {
    expect(printed("x = [\"1e-07 'a'\", 'b']; # 'c'")).toBe("     list: x = [\"1e-07 'a'\", 'b']\n");
  });

  test('a name of the user comes before the printed truth', () => {
    expect(printed('T = 3;', 'T + 1;')).toBe('    value: T =  3\n    value: out =  4\n');
  });

  test('what no string can hold is a fault', () => {
    expect(printed("x = 'a\\nb';")).toContain('error[R1017]');
    expect(printed('x = \'say "a"\';')).toContain('error[R1017]');
  });

  test('commands take it, too', () => {
    expect(printed(":type ['a']")).toContain('it costs nothing');
  });
});

describe(':edit', () => {
  function editing(answer: string | null) {
    const given: string[] = [];
    const edit = (text: string) => {
      given.push(text);
      return answer;
    };
    const repl = new ReplSession({ loader: () => null, edit });
    return { given, repl };
  }

  test('gives the statement before, and runs what comes back', () => {
    const { given, repl } = editing('a = [\n1,\n2];');
    repl.feed('a = ;');
    expect(repl.feed(':edit')).toBe('     list: a = [1, 2]\n');
    repl.feed(':edit');
    expect(given).toEqual(['a = ;', 'a = [\n1,\n2];']);
  });

  test('gives what is not done, and goes on where it still is not', () => {
    const { given, repl } = editing('b = 2');
    repl.feed('a = [');
    repl.feed('1 +');
    expect(repl.feed(':edit')).toBe('');
    expect(given).toEqual(['a = [\n1 +']);
    expect(repl.feed(';')).toBe('    value: b =  2\n');
  });

  test('leaves everything where the editor fails', () => {
    const { repl } = editing(null);
    repl.feed('a = 1');
    expect(repl.feed(':edit')).toBe('\tnothing was edited\n');
    expect(repl.feed(';')).toBe('    value: a =  1\n');
    expect(printed(':edit')).toBe('\tnothing was edited\n');
  });
});

describe(':target and :compile', () => {
  function compiling() {
    const asked: unknown[] = [];
    const compiler = {
      targets: ['gpt2', 'llama'],
      compile: ({ path, text }: SourceFile, request: CompileRequest) => void asked.push({ path, text, ...request }),
    };
    const file = sourceFile('p.rasp', '@vocab "ab"; @context 4;\nx = tokens;\n@example x("ab") == ["a", "b"];\n');
    return {
      asked,
      started: new ReplSession({ loader: () => null, compiler, file }),
      bare: new ReplSession({ loader: () => null, compiler }),
    };
  }

  test('say and take a family', () => {
    const { bare } = compiling();
    expect(bare.feed(':target')).toBe('\ttarget: gpt2, of gpt2, llama\n');
    expect(bare.feed(':target lama')).toBe('\tthere is no target lama; is it llama?\n');
    expect(bare.feed(':target llama')).toBe('\ttarget: llama\n');
    expect(bare.feed(':target')).toBe('\ttarget: llama, of gpt2, llama\n');
  });

  test('compile what ran, without what only looked, the last directive of a kind', () => {
    const { asked, bare } = compiling();
    const lines = [
      '@vocab "ab";',
      'a = tokens',
      ';',
      'a;',
      'b = nothing;',
      'examples off',
      'def f(x) { return T; }',
      '@vocab "abc";',
      ':type a',
    ];
    for (const line of [...lines, ':target llama', ':compile a -o out;']) bare.feed(line);
    const text = 'T = True;\na = tokens\n;\ndef f(x) { return T; }\n@vocab "abc";\n';
    expect(asked).toEqual([{ path: 'console.rasp', text, target: 'llama', exports: ['a'], output: 'out' }]);
  });

  test('compile a file with what was typed after it', () => {
    const { asked, started } = compiling();
    for (const line of ['y = x;', ':compile']) started.feed(line);
    const text = '@vocab "ab";\n@context 4;\nx = tokens;\n@example x("ab") == ["a", "b"];\ny = x;\n';
    expect(asked).toEqual([{ path: 'p.rasp', text, target: 'gpt2', exports: [], output: null }]);
  });

  test('refuse what they do not know', () => {
    const { asked, bare } = compiling();
    for (const line of [':compile -o', ':compile --fast']) expect(bare.feed(line)).toContain('after -o there has to be a folder');
    expect(asked).toEqual([]);
    expect(printed(':compile', ':target')).toBe('\tthere is no compiler in this session\n'.repeat(2));
  });
});

describe('commands', () => {
  test('look at an expression', () => {
    expect(printed(':cost sort(tokens, tokens)')).toBe('\t2 layers, heads per layer: 1 1\n');
    expect(printed(':cost indices + 1')).toBe('\t0 layers\n');
    expect(printed('same = select(tokens, tokens, ==);', 'examples off', ':draw selector_width(same)').split('Example')[1]).toContain(
      '\tlayer 1\n\t  head 1: same\n\t1 layer, heads per layer: 1\n',
    );
    expect(printed(':type length')).toBe('\ts-op of ints; on the running example 5\n');
    expect(printed(':type full_s')).toBe('\tselector\n');
    expect(printed(':type [1]')).toBe('\tthe list `[1]`: it costs nothing, since it is known before any input is seen\n');
    expect(printed(':cost nothing')).toContain('error[R2001]');
    expect(printed(':wat')).toMatch(/^\tthere is no command :wat\n\t:cost/);
  });

  test('say what is known of a domain', () => {
    const repl = new ReplSession({ loader: () => null, describeDomain: (node) => (node.kind === 'indices' ? 'ints from 0 to 7' : null) });
    expect(repl.feed(':type indices')).toBe('\tints from 0 to 7\n');
  });

  test('pass on what directives say of the inputs, and refuse those that say nothing', () => {
    const repl = new ReplSession({
      loader: () => null,
      describeDomain: (_, { vocabulary, context, causal }) =>
        `${vocabulary?.kind === 'tokens' ? vocabulary.values.join('') : null} ${context} ${causal}`,
    });
    expect(repl.feed(':type indices')).toBe('\tnull null false\n');
    expect(repl.feed('@vocab 5;')).toContain('error[R3031]');
    expect(repl.feed('@context 0;')).toContain('error[R3032]');
    expect(repl.feed('@vocab "ab"; @context 4; @causal;')).toBe('');
    expect(repl.feed(':type indices')).toBe('\tab 4 true\n');
  });
});

describe('a program to start from', () => {
  test('gives its names, its tokens and an example', () => {
    const file = sourceFile('p.rasp', '@vocab range(0, 10);\n@causal;\nx = tokens + length;\n@example x([3, 4]) == [4, 6];\n');
    const repl = new ReplSession({ loader: () => null, file });
    expect(repl.banner).toBe('RASP 0.1\nrunning example is: [3, 4]\n     s-op: x\n');
    expect(repl.feed('x;')).toBe('     s-op: x\n \t Example: x([3, 4]) = [4, 6] (ints)\n');
  });

  test('with faults is told, and the session starts all the same', () => {
    const repl = new ReplSession({ loader: () => null, file: sourceFile('p.rasp', 'x = y;\n') });
    expect(repl.banner).toContain('error[R2001]: there is no `y` here');
    expect(repl.feed('1;')).toBe('    value: out =  1\n');
  });
});
