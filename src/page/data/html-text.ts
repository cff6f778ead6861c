/** Text as text in HTML, in elements and in attributes. */
export function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}
