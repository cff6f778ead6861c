/** Diagnostics as text, as JSON and as annotations. */
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { diagnosticToGithub, diagnosticToJson } from '../../../src/diagnostics/formats.ts';
import { nearest } from '../../../src/diagnostics/nearest.ts';
import { renderDiagnostic, renderDiagnostics, type Theme } from '../../../src/diagnostics/render.ts';
import { type SourceFile, type Span, sourceFile } from '../../../src/source/source-file.ts';

const file = sourceFile('programs/shift.rasp', 'a = 1;\n\n\ns = select(tokens, indices, <);\n');

function spanOf(text: string, from: SourceFile = file): Span {
  const start = from.text.indexOf(text);
  return { file: from, start, end: start + text.length };
}

function diagnostic(parts: Partial<Diagnostic>): Diagnostic {
  return { code: 'R3004', severity: 'error', message: 'the message', primary: null, secondary: [], notes: [], help: [], ...parts };
}

describe('text', () => {
  test('hangs labels from their marks, right to left', () => {
    const text = renderDiagnostic(
      diagnostic({
        primary: { span: spanOf('indices'), text: 'these are numbers' },
        secondary: [{ span: spanOf('tokens'), text: 'these are strings' }],
        help: ['use `indices` on both sides'],
      }),
    );
    expect(text).toBe(
      [
        'error[R3004]: the message',
        '  --> programs/shift.rasp:4:20',
        '   |',
        ' 4 | s = select(tokens, indices, <);',
        '   |            ------  ^^^^^^^ these are numbers',
        '   |            |',
        '   |            these are strings',
        '   = help: use `indices` on both sides',
      ].join('\n'),
    );
  });

  test('shows lines apart with dots, and other files after the first', () => {
    const other = sourceFile('other.rasp', 'x = y;');
    const text = renderDiagnostic(
      diagnostic({
        primary: { span: spanOf('indices'), text: '' },
        secondary: [
          { span: spanOf('a = 1'), text: 'first' },
          { span: spanOf('y', other), text: 'there' },
        ],
        notes: ['one line\nand another'],
      }),
    );
    expect(text.split('\n')).toEqual([
      'error[R3004]: the message',
      '  --> programs/shift.rasp:4:20',
      '   |',
      ' 1 | a = 1;',
      '   | ----- first',
      '...',
      ' 4 | s = select(tokens, indices, <);',
      '   |                    ^^^^^^^',
      '  ::: other.rasp:1:5',
      '   |',
      ' 1 | x = y;',
      '   |     - there',
      '   = note: one line',
      '           and another',
    ]);
  });

  test('has no place where no source is at fault', () => {
    expect(renderDiagnostics([diagnostic({ help: ['h'] }), diagnostic({ severity: 'warning' })])).toBe(
      'error[R3004]: the message\n   = help: h\n\nwarning[R3004]: the message',
    );
  });

  test('aligns marks under tabs, wide characters and what cannot be shown', () => {
    const odd = sourceFile('t.rasp', '\tx = "日本\u202e" + y;');
    const text = renderDiagnostic(diagnostic({ primary: { span: spanOf('y', odd), text: '' } }));
    expect(text).toContain(' 1 |     x = "日本·" + y;\n   |                   ^');
  });

  test('cuts very long lines around the place', () => {
    const long = sourceFile('l.rasp', `x = ${'1 + '.repeat(1000)}y;`);
    const [line = '', mark = ''] = renderDiagnostic(diagnostic({ primary: { span: spanOf('y', long), text: '' } }))
      .split('\n')
      .slice(3);
    expect(line.length).toBeLessThan(160);
    expect(line).toContain('… ');
    expect(line[mark.indexOf('^')]).toBe('y');
  });

  test('marks the end of the text, and an empty file', () => {
    const empty = sourceFile('e.rasp', '');
    expect(renderDiagnostic(diagnostic({ primary: { span: { file: empty, start: 0, end: 0 }, text: 'here' } }))).toContain(
      ' 1 |\n   | ^ here',
    );
  });

  test('is coloured by its theme, and only that', () => {
    const theme: Theme = {
      severity: (text) => `<s>${text}</s>`,
      message: (text) => `<m>${text}</m>`,
      frame: (text) => text,
      primary: (text) => text,
      secondary: (text) => text,
      help: (text) => `<h>${text}</h>`,
    };
    expect(renderDiagnostic(diagnostic({ help: ['x'] }), theme)).toBe('<s>error[R3004]</s><m>: the message</m>\n   = <h>help:</h> x');
  });
});

describe('formats', () => {
  const full = diagnostic({
    primary: { span: spanOf('indices'), text: 'numbers' },
    secondary: [{ span: spanOf('tokens'), text: 'strings' }],
    notes: ['n'],
    help: ['100% sure'],
  });

  test('json has one-based places', () => {
    expect(diagnosticToJson(full)).toEqual({
      code: 'R3004',
      severity: 'error',
      message: 'the message',
      file: 'programs/shift.rasp',
      line: 4,
      column: 20,
      endLine: 4,
      endColumn: 27,
      labels: [
        { file: 'programs/shift.rasp', line: 4, column: 20, text: 'numbers' },
        { file: 'programs/shift.rasp', line: 4, column: 12, text: 'strings' },
      ],
      notes: ['n'],
      help: ['100% sure'],
    });
    expect(diagnosticToJson(diagnostic({}))).not.toHaveProperty('line');
  });

  test('annotations escape what GitHub would read as its own', () => {
    expect(diagnosticToGithub(full)).toBe(
      '::error file=programs/shift.rasp,line=4,endLine=4,col=20,endColumn=27,title=R3004::the message%0Anote: n%0Ahelp: 100%25 sure',
    );
    expect(diagnosticToGithub(diagnostic({ severity: 'note' }))).toBe('::notice title=R3004::the message');
  });
});

test('the nearest name is suggested if it is near', () => {
  const known = ['tokens', 'tokens_int', 'indices', 'hist', 'selector_width'];
  expect(nearest('token', known)).toBe('tokens');
  expect(nearest('indcies', known)).toBe('indices');
  expect(nearest('selectorwidth', known)).toBe('selector_width');
  expect(nearest('histogram', known)).toBe('hist');
  expect(nearest('x', known)).toBeNull();
  expect(nearest('tokens', ['tokens'])).toBeNull();
});
