/** The version of raspc that is written into every folder: package.json's, which a test compares, since a library cannot read files. */
export const VERSION = '0.1.0';
