"""What the models are trained on: sequences of token ids that begin with BOS, the same for every arm of a seed.

`Repeats` is synthetic: half of the sequences come from a fixed Markov chain, half are random tokens that repeat with a random period.
`Text` is what a Debian machine has (licences, documentation, Python sources) or the files that are named, in a byte-level BPE trained on it or given.
"""

import gzip
import hashlib
import json
from pathlib import Path

import numpy
import torch

# every 20th text, by the hash of its content, is kept for validation
VALIDATION_SHARE = 20
# characters of a named file that count as one text, so that one large file can be held out in part; also what is encoded at once
PIECE = 1_000_000


class Repeats:
    def __init__(self, vocabulary, context, settings):
        self.vocabulary, self.context, self.bos = vocabulary - 1, context, vocabulary - 1
        self.share, self.shortest = settings["repeating"], settings["shortest"]
        chain = torch.Generator().manual_seed(1)
        # each token has eight successors
        self.successors = torch.randint(self.vocabulary, (self.vocabulary, 8), generator=chain)
        self.weights = torch.tensor([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05])
        self.described = {"kind": "repeats", "successors": 8, **settings}

    def _draw(self, count, generator):
        length = self.context - 1
        random = torch.randint(self.vocabulary, (count, length), generator=generator)
        choice = torch.multinomial(self.weights, count * length, True, generator=generator).view(count, length)
        chain = random.clone()
        for t in range(1, length):
            chain[:, t] = self.successors[chain[:, t - 1], choice[:, t]]
        repeating = torch.rand(count, generator=generator) < self.share
        period = torch.randint(self.shortest, length // 2 + 1, (count, 1), generator=generator)
        position = torch.arange(length)[None]
        repeated = random.gather(1, position % period)
        ids = torch.where(repeating[:, None], repeated, chain)
        # from the second token of the second round on, the next token is known from the first
        copied = repeating[:, None] & (position > period)
        bos = torch.full((count, 1), self.bos)
        return torch.cat([bos, ids], 1), copied, repeating[:, None].expand_as(copied)

    def batch(self, count, generator):
        return self._draw(count, generator)[0]

    def validation(self, count):
        """Sequences, and the parts of their targets: which of them are in each part."""
        ids, copied, repeating = self._draw(count, torch.Generator().manual_seed(7))
        return ids, {"copied": copied, "chain": ~repeating}


class Text:
    def __init__(self, vocabulary, context, settings, work, files=None, tokenizer=None):
        self.vocabulary, self.context, self.bos = vocabulary - 1, context, vocabulary - 1
        self.described = {"kind": "text", **settings}
        corpus = prepare(self.vocabulary, settings["megabytes"], Path(work), files, tokenizer)
        self.described.update(corpus["described"])
        self.train, self.held = corpus["train"], corpus["held"]

    def _cut(self, tokens, starts):
        windows = torch.from_numpy(tokens[starts[:, None] + numpy.arange(self.context - 1)[None]].astype(numpy.int64))
        return torch.cat([torch.full((len(windows), 1), self.bos), windows], 1)

    def batch(self, count, generator):
        starts = torch.randint(len(self.train) - self.context, (count,), generator=generator).numpy()
        return self._cut(self.train, starts)

    def validation(self, count):
        """Held-out text, and which of its targets a copy of the latest match would get right: what an induction head can know."""
        starts = numpy.linspace(0, len(self.held) - self.context, count).astype(numpy.int64)
        ids = self._cut(self.held, starts)
        copyable = latest_match(ids)[:, :-1] == ids[:, 1:]
        return ids, {"copyable": copyable, "other": ~copyable}


def latest_match(ids):
    """The token after the latest earlier occurrence of each token, or -1."""
    position = torch.arange(ids.shape[1])
    earlier = (ids[:, :, None] == ids[:, None, :]) & (position[None, :, None] > position[None, None, :])
    key = torch.where(earlier, position[None, None, :], -1).amax(-1)
    return torch.where(key >= 0, ids.gather(1, (key + 1).clamp_max(ids.shape[1] - 1)), -1)


def repeated_tokens(vocabulary, bos, context, count):
    """The probe for copying: distinct random tokens, twice. From the second token of the second half on, copying is always right."""
    generator = torch.Generator().manual_seed(11)
    half = min((context - 1) // 2, vocabulary)
    random = torch.stack([torch.randperm(vocabulary, generator=generator)[:half] for _ in range(count)])
    return torch.cat([torch.full((count, 1), bos), random, random], 1), half


def debian_files():
    """Licences, documentation and Python sources, in an order that does not depend on the machine."""
    python = sorted(path for root in sorted(Path("/usr/lib").glob("python3*")) for path in root.rglob("*.py"))
    documents = sorted(path for path in Path("/usr/share/doc").rglob("*") if path.name.lower().startswith(("readme", "changelog", "copyright", "news")))
    licences = sorted(Path("/usr/share/common-licenses").iterdir())
    # by turns, so that a limit on the size takes some of each
    order = []
    for i in range(max(len(python), len(documents), len(licences))):
        order += [group[i] for group in (licences, documents, python) if i < len(group)]
    return order


def read(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "ignore")


def prepare(vocabulary, megabytes, work, files, tokenizer):
    """The corpus as token ids, made once and kept in the work folder."""
    source = hashlib.sha256("\n".join(map(str, files or ["debian"])).encode()).hexdigest()[:8]
    folder = work / f"text-{vocabulary}-{megabytes}-{source}"
    described = folder / "corpus.json"
    if not described.exists():
        folder.mkdir(parents=True, exist_ok=True)
        train, held, seen, size = [], [], set(), 0
        for path in map(Path, files or debian_files()):
            if path.is_symlink() or not path.is_file():
                continue
            whole = read(path)
            for text in pieces(whole) if files else [whole]:
                content = hashlib.sha256(text.encode()).digest()
                # packages share their copyright files: a text is in one of the two parts, once
                if content in seen or len(text) < 200:
                    continue
                seen.add(content)
                (held if content[0] % VALIDATION_SHARE == 0 else train).append(text)
                size += len(text)
            if size > megabytes * 1e6:
                break
        encode = given_tokenizer(tokenizer) if tokenizer else train_tokenizer(train, vocabulary, folder / "tokenizer.json")
        for name, texts in (("train", train), ("held", held)):
            encoded = (encoding.ids for text in texts for encoding in encode(pieces(text)))
            numpy.save(folder / f"{name}.npy", numpy.concatenate([numpy.array(ids, dtype=numpy.uint16) for ids in encoded]))
        tokens = {name: numpy.load(folder / f"{name}.npy") for name in ("train", "held")}
        assert max(part.max() for part in tokens.values()) <= vocabulary, "the tokenizer has more tokens than the model"
        described.write_text(
            json.dumps(
                {
                    "texts": len(seen),
                    "trainTokens": len(tokens["train"]),
                    "heldTokens": len(tokens["held"]),
                    "sha256": hashlib.sha256(tokens["train"].tobytes()).hexdigest()[:16],
                }
            )
        )
    return {"described": json.loads(described.read_text()), **{name: numpy.load(folder / f"{name}.npy", mmap_mode="r") for name in ("train", "held")}}


def pieces(text):
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def given_tokenizer(path):
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    return lambda texts: tokenizer.encode_batch(texts, add_special_tokens=False)


def train_tokenizer(texts, vocabulary, path):
    import tokenizers

    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(path))
    return tokenizer.encode_batch
