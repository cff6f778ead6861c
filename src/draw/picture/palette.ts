/** Colours of pictures and pages, as custom properties for light and for dark; both pass WCAG AA for the text that is set in them. */

const LIGHT = `--paper:#ffffff;--box:#f6f7f9;--edge:#d5d9df;--ink:#1a1e24;--faint:#59626e;--cell:#e8ebef;--share:#1f5fbf;--model:#0f766e;--wrong:#b42318;
--h0:#1f5fbf;--h1:#9a4a00;--h2:#0f766e;--h3:#8b2fb0;--h4:#a61b4a;--h5:#4d6b00;--h6:#5548c8;--h7:#00677f;`;
const DARK = `--paper:#121519;--box:#1a1e24;--edge:#353c46;--ink:#e7eaee;--faint:#a2acb8;--cell:#272d35;--share:#7db0ff;--model:#4fd1c0;--wrong:#ff8a80;
--h0:#7db0ff;--h1:#ffb26b;--h2:#4fd1c0;--h3:#d9a0f5;--h4:#ff9ebd;--h5:#bdd96a;--h6:#b3abff;--h7:#6fd3ec;`;

const HUES = 8;

/** The colour by which an s-op is recognized wherever it stands. */
export function hueOf(id: number): string {
  return `var(--h${((id % HUES) + HUES) % HUES})`;
}

/** @param root what the properties are set on */
export function palette(root: string): string {
  return `${root}{color-scheme:light dark;${LIGHT}}@media (prefers-color-scheme:dark){${root}{${DARK}}}`;
}

/** How the parts of a drawn scene look; within `root`. */
export function pictureStyle(root: string): string {
  return [
    `${root} text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:var(--ink)}`,
    `${root} .strong{font-weight:600}`,
    `${root} .faint{fill:var(--faint)}`,
    `${root} .small{font-size:11px}`,
    `${root} .wrong{fill:var(--wrong);font-weight:600}`,
    `${root} .box{fill:var(--box);stroke:var(--edge)}`,
    `${root} .cell{fill:var(--cell)}`,
    `${root} .share{fill:var(--share)}`,
    `${root} .model{fill:var(--model)}`,
    `${root} .differs{fill:none;stroke:var(--wrong);stroke-width:2}`,
    `${root} .over{paint-order:stroke;stroke:var(--paper);stroke-width:5px}`,
    `${root} .link{fill:none;stroke-width:1.5;opacity:.7}`,
  ].join('');
}
