/**
 * The fence: who may import whom (ARCHITECTURE.md, "Layers"). `npm run layers` checks it, and tests/unit/layers.test.ts checks
 * that the fence itself catches what it should.
 */

/** Each folder of src/, and the folders it may import besides itself. */
const VALUES = 'graph/value.ts';
const REAL = ['source', 'diagnostics', VALUES];
const LAYERS = {
  source: [],
  diagnostics: ['source'],
  syntax: ['source', 'diagnostics', 'grammar'],
  format: ['source', 'diagnostics', 'syntax'],
  graph: ['source', 'diagnostics', 'syntax'],
  repl: ['source', 'diagnostics', 'syntax', 'graph'],
  // Checkpoints: these know nothing of graphs, circuits or placements, only what a value is.
  tensor: [],
  weights: ['tensor', 'diagnostics'],
  targets: ['tensor', 'weights', ...REAL],
  checkpoint: ['tensor', 'weights', 'targets', ...REAL],
  runtime: ['tensor', 'weights', 'targets', 'checkpoint', ...REAL],
  onnx: ['tensor', 'weights', 'targets', 'checkpoint', ...REAL],
  // The compiler.
  circuit: ['source', 'diagnostics', 'graph'],
  placement: ['source', 'diagnostics', 'graph', 'circuit', 'tensor', 'targets', 'weights'],
  predict: ['source', 'diagnostics', 'graph', 'circuit', 'placement', 'tensor', 'weights', 'targets'],
  // Codes by which values are told apart: of circuits, compiled and seeded, alike.
  codes: [],
  passes: ['source', 'diagnostics', 'codes', 'graph', 'circuit', 'placement', 'predict', 'tensor', 'weights', 'targets'],
  // What is odd about a program that is not wrong: by its syntax, and by the facts that the compiler has.
  warnings: ['source', 'diagnostics', 'syntax', 'graph', 'passes'],
  compiler: [
    'source',
    'diagnostics',
    'syntax',
    'graph',
    'circuit',
    'placement',
    'predict',
    'passes',
    'tensor',
    'weights',
    'targets',
    'checkpoint',
  ],
  seed: [
    'source',
    'diagnostics',
    'codes',
    'graph',
    'circuit',
    'placement',
    'passes',
    'tensor',
    'weights',
    'targets',
    'checkpoint',
    'runtime',
  ],
  // Re-establishes what predict and passes conclude, so it shares nothing with them: bytes on one side, the graph's meaning on the other.
  checker: ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint'],
  // Shares no lowering code with the compiler: graph evaluator on one side, runtime on the other.
  verify: ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint', 'checker', 'runtime'],
  // Pictures of programs and of models that run: a scene, and the forms that it takes.
  draw: ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint', 'checker', 'runtime', 'verify'],
  // What training made of a seeded model: its weights and runs beside those of the seeded ones.
  drift: ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint', 'runtime', 'verify', 'seed'],
  // Which known functions the heads of any checkpoint compute: programs on one side, runs of the model on the other.
  match: ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint', 'runtime', 'verify'],
};

/** Pages of models: what they carry, and what runs in them. */
LAYERS.page = [...new Set(Object.values(LAYERS).flat()), 'draw', 'library'].filter((each) => each !== 'grammar' && each !== 'syntax');

/** The commands as functions: everything but what only a terminal has. */
LAYERS.library = [...new Set(Object.values(LAYERS).flat()), 'verify', 'compiler', 'seed', 'warnings', 'version.ts'].filter(
  (each) => each !== 'grammar',
);
/** Many programs with their models: made by the same functions as one. */
LAYERS.dataset = ['library', ...LAYERS.library];
/** The same function in other weights. */
LAYERS.disguise = ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint', 'runtime', 'verify'];
/** What a model is asked, and how answers are judged. */
LAYERS.challenge = ['source', 'diagnostics', 'graph', 'tensor', 'weights', 'targets', 'checkpoint', 'runtime', 'verify'];

/** What an editor asks about a text, apart from the protocol in which it asks. */
LAYERS.language = [...LAYERS.library, 'library'];

/**
 * The rooms of a layer that has some, and the rooms beside it that each may look into. Files that lie in the layer itself are what its rooms
 * share, or what puts them together. A room in a room is a part of it.
 */
const ROOMS = {
  graph: { evaluate: [], elaborate: ['evaluate'], show: ['evaluate', 'elaborate'] },
  checkpoint: {
    json: [],
    safetensors: ['json'],
    config: ['json'],
    map: ['json', 'safetensors'],
    texts: ['json'],
    tokenizer: ['json', 'map'],
    gguf: ['json', 'safetensors', 'config', 'map', 'tokenizer'],
  },
  // In the order in which a program goes through them; what each leaves is a form, which the next one reads.
  passes: {
    facts: [],
    simplify: ['facts'],
    check: ['facts'],
    matching: ['facts'],
    lower: ['facts', 'matching'],
    schedule: [],
    allocate: ['schedule'],
    assemble: [],
  },
  // Circuits over token identity (program, heads) and those that are compiled (discipline, host), over what is drawn and how loud it is.
  seed: {
    draw: [],
    stream: ['draw'],
    program: ['draw'],
    heads: ['draw', 'stream', 'program'],
    write: ['draw', 'program'],
    discipline: [],
    host: ['draw', 'stream', 'program', 'heads', 'write', 'discipline'],
    own: ['draw', 'stream', 'program', 'heads'],
    grow: ['draw', 'stream', 'program', 'own'],
    bound: ['discipline', 'draw', 'host'],
  },
  // What is said of one model by its inputs, of its circuits one by one, of a seeded model, of generated text.
  warnings: { rules: [] },
  verify: { circuits: [], seeded: [], generated: [] },
  // Programs, models that run, and the forms of what is drawn.
  draw: { scene: [], text: ['scene'], picture: ['scene', 'text'], model: ['scene'] },
  page: { data: [], client: ['data'] },
  // What float32 does to numbers, below everything that computes with them.
  runtime: { float32: [], decode: ['float32'] },
  // Neurons beside classes of tokens, over what is run of a model and how it is changed.
  match: { effect: [], neurons: ['effect'] },
  repl: { session: [] },
  compiler: { describe: [] },
  // Two analyses of one placement; what both need lies above them.
  predict: { scores: [], single: ['scores'], half: ['scores'] },
  disguise: { turn: [], host: ['turn'], hosted: ['turn', 'host'] },
  checker: {
    claim: [],
    bounds: ['claim'],
    meaning: ['claim', 'bounds'],
    sums: ['claim', 'bounds', 'meaning'],
    mlp: ['claim', 'bounds', 'meaning', 'sums'],
    attention: ['claim', 'bounds', 'meaning', 'sums', 'mlp'],
    half: ['claim', 'bounds', 'meaning'],
    // Heads of seeds, from stored weights alone.
    seed: ['claim'],
    // Inputs one by one.
    every: ['claim', 'bounds'],
  },
  cli: {
    terminal: [],
    files: ['terminal'],
    session: ['terminal', 'files'],
    seed: ['terminal', 'files', 'session'],
    report: ['terminal', 'session', 'seed'],
    compile: ['terminal', 'files', 'session', 'report'],
    lock: ['terminal', 'files', 'session', 'compile'],
    disguise: ['terminal', 'files', 'session'],
    challenge: ['terminal', 'files', 'session', 'disguise'],
    verify: ['terminal', 'files', 'session', 'report', 'graft', 'texts', 'seed'],
    texts: ['terminal', 'files', 'session'],
    drift: ['terminal', 'files', 'session', 'report', 'verify', 'texts'],
    match: ['terminal', 'files', 'session', 'report', 'texts'],
    graft: ['terminal', 'files', 'session', 'report', 'texts', 'match', 'seed'],
    // What goes over a model that is there, and what it costs it.
    overwrite: ['terminal', 'files', 'session', 'match', 'verify', 'seed'],
    page: ['terminal', 'files', 'session', 'report', 'verify', 'texts'],
    lsp: ['terminal', 'files', 'session'],
    commands: [
      'graft',
      'overwrite',
      'challenge',
      'disguise',
      'lsp',
      'page',
      'drift',
      'match',
      'texts',
      'seed',
      'terminal',
      'files',
      'session',
      'report',
      'compile',
      'lock',
      'verify',
    ],
  },
};

/** One doorway for each library. */
const DOORWAYS = {
  chevrotain: '^(grammar|src/syntax)/',
  ndarray: '^src/tensor/',
  commander: '^src/cli/',
  '@noble/hashes': '^src/source/sha256[.]ts$',
  chalk: '^src/cli/terminal/theme[.]ts$',
  preact: '^src/(draw/picture|page)/',
  'd3-scale': '^src/page/client/',
  'd3-shape': '^src/page/client/',
  'vscode-languageserver': '^src/cli/lsp/',
  highs: '^src/cli/session/load-solver[.]ts$',
};

const folderOf = (name) =>
  name === 'grammar' ? '^grammar/' : name.endsWith('.ts') ? `^src/${name.replace('.', '[.]')}$` : `^src/${name}/`;

const layerRules = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `src/${layer} may import only: ${[layer, ...allowed].join(', ')}`,
  from: { path: `^src/${layer}/` },
  to: { path: '^(src|grammar|bin|bench|scripts|tests|playground)/', pathNot: [layer, ...allowed].map(folderOf) },
}));

const roomRules = Object.entries(ROOMS).flatMap(([layer, rooms]) => [
  ...Object.entries(rooms).map(([room, allowed]) => ({
    name: `room-${layer}-${room}`,
    severity: 'error',
    comment: `src/${layer}/${room} may look into: ${[room, ...allowed].join(', ')}`,
    from: { path: `^src/${layer}/${room}/` },
    to: { path: `^src/${layer}/[^/]+/`, pathNot: [room, ...allowed].map((each) => `^src/${layer}/${each}/`) },
  })),
  {
    name: `rooms-${layer}`,
    severity: 'error',
    comment: `every room of src/${layer} has to say which others it may look into`,
    from: { path: '^(src|bench|scripts)/' },
    to: { path: `^src/${layer}/[^/]+/`, pathNot: Object.keys(rooms).map((each) => `^src/${layer}/${each}/`) },
  },
]);

const doorwayRules = Object.entries(DOORWAYS).map(([library, doorway]) => ({
  name: `doorway-${library}`,
  severity: 'error',
  comment: `${library} has one doorway: ${doorway}`,
  from: { path: '^(src|grammar|bin|bench|scripts)/', pathNot: doorway },
  to: { path: `(^|node_modules/)(@types/)?${library}(/|$)` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    ...roomRules,
    ...doorwayRules,
    {
      name: 'commands-by-the-table-only',
      severity: 'error',
      comment: 'a command is what a user calls: what several of them do has a room of its own',
      from: { path: '^(src|bench|scripts)/', pathNot: '^src/cli/command-table[.]ts$' },
      to: { path: '^src/cli/commands/' },
    },
    {
      name: 'grammar-is-pure',
      severity: 'error',
      comment: 'the grammar has no meaning: it imports chevrotain and nothing of src',
      from: { path: '^grammar/' },
      to: { path: '^(src|bin|bench|scripts|tests)/' },
    },
    {
      name: 'grammar-by-syntax-only',
      severity: 'error',
      comment: 'only the syntax stage knows how the grammar is written',
      from: { path: '^src/', pathNot: '^src/syntax/' },
      to: { path: '^grammar/' },
    },
    {
      name: 'no-io-outside-cli',
      severity: 'error',
      comment: 'file system, console, process, clock and randomness only in src/cli',
      from: { path: '^(src|grammar)/', pathNot: '^src/cli/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'cli-is-the-top',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^(src/cli|bin)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'not even of types: of two files that need each other, one holds what a third should',
      from: { path: '^(src|grammar|bench|scripts)/' },
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      comment: 'an import that resolves to nothing would slip past every rule above; bin imports what the build makes',
      from: { path: '^(src|grammar|bench|scripts)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-package-in-product',
      severity: 'error',
      from: { path: '^(src|grammar|bin)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Without these two it does not see packages that are ESM only (chevrotain, chalk), and the doorways would stand open.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
