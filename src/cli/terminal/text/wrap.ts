/** Breaks paragraphs into lines of at most so many characters, at spaces. */
export function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .map((paragraph) => {
      const lines: string[] = [];
      let line = '';
      for (const word of paragraph.split(' ')) {
        if (line !== '' && line.length + 1 + word.length > columns) {
          lines.push(line);
          line = word;
        } else {
          line = line === '' ? word : `${line} ${word}`;
        }
      }
      return [...lines, line].join('\n');
    })
    .join('\n');
}
