"""Loss and copying of seeded models in stock transformers, in windows of every kind, beside their unseeded twins.

`python bench/windows.py JOB RESULT`: JOB is a JSON list, each entry with `seeded` and `twin` (folders), `vocab`, `bos` (an id that may stand
anywhere), `positions`, `sequences` and `short` (windows of a token or two), with `full` (positions) where one window of the whole context is
to be looked at, too, and with `texts` (paths) where text is. RESULT has for each the loss by window, less the twin's, and the share of
copied tokens that are right.
"""

import gc
import json
import sys
from pathlib import Path

import torch
import transformers

# ids below are left for BOS, EOS and padding
FIRST = 3
PAD = 2
# pieces that the text's tokenizer knows
PIECES = 4000


class Random:
    """Distinct random tokens; where a document is asked for, they stand twice."""

    def __init__(self, vocab):
        self.vocab, self.generator = vocab, torch.Generator().manual_seed(11)

    def plain(self, length):
        return FIRST + torch.randperm(self.vocab - FIRST, generator=self.generator)[:length]

    def document(self, length):
        tokens = self.plain(length // 2)
        return torch.cat([tokens, tokens])


class Text:
    """Pieces of text that begin anywhere, in a byte-level BPE of its own."""

    def __init__(self, vocab, paths):
        import tokenizers

        texts = [Path(path).read_text() for path in paths]
        tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
        trainer = tokenizers.trainers.BpeTrainer(vocab_size=min(PIECES, vocab - FIRST), initial_alphabet=alphabet, show_progress=False)
        tokenizer.train_from_iterator(texts, trainer)
        self.ids = FIRST + torch.tensor([number for text in texts for number in tokenizer.encode(text).ids])
        self.generator = torch.Generator().manual_seed(12)

    def plain(self, length):
        start = torch.randint(len(self.ids) - length, (1,), generator=self.generator).item()
        return self.ids[start : start + length]

    document = plain


def windows(source, bos, positions, sequences, short, full=None):
    """Name, ids, mask (or none), and for each document where it stands in the window."""
    half, quarter = positions // 2, positions // 4
    first = torch.tensor([bos])
    even = 2 * (half // 2)

    def rows(*parts, count=sequences):
        return torch.stack([torch.cat([part() if callable(part) else part for part in parts]) for _ in range(count)])

    document = lambda length: lambda: source.document(length)  # noqa: E731
    plain = lambda length: lambda: source.plain(length)  # noqa: E731
    unpadded = rows(document(even))
    pad, gone, ones = torch.full((sequences, quarter), PAD), torch.zeros(sequences, quarter, dtype=torch.long), torch.ones_like(unpadded)
    yield "no BOS", rows(document(2 * half)), None, [(0, 2 * half)]
    yield "BOS first", rows(first, document(2 * half - 2)), None, [(1, 2 * half - 2)]
    yield "BOS in the middle", rows(plain(quarter), first, document(even)), None, [(quarter + 1, even)]
    yield "packed", rows(document(even), document(even)), None, [(0, even), (even, even)]
    yield "packed with BOS", rows(first, document(even), first, document(even - 2)), None, [(1, even), (even + 2, even - 2)]
    yield "left padding", torch.cat([pad, unpadded], 1), torch.cat([gone, ones], 1), [(quarter, even)]
    yield "right padding", torch.cat([unpadded, pad], 1), torch.cat([ones, gone], 1), [(0, even)]
    yield "nothing repeats", rows(plain(2 * half)), None, []
    yield "two tokens", rows(plain(2), count=short), None, []
    yield "one token", rows(plain(1), count=short), None, []
    if full is not None:
        yield "full context", torch.stack([source.document(full)]), None, [(0, full)]


def read(model, ids, mask):
    """A window's losses [position - 1], whether the likeliest token is right, and how sure it is of what follows the last."""
    with torch.no_grad():
        position = None if mask is None else (mask.cumsum(-1) - 1).clamp_min(0)[None]
        logits = model(ids[None], attention_mask=None if mask is None else mask[None], position_ids=position).logits[0].float()
    loss = torch.nn.functional.cross_entropy(logits[:-1], ids[1:], reduction="none")
    return loss, logits[:-1].argmax(-1) == ids[1:], torch.distributions.Categorical(logits=logits[-1]).entropy()


def fresh_targets(ids, mask):
    """Targets where the program has no answer, since the token before has not been there, and all that are no padding."""
    live = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.bool()
    seen = ((ids[:, None] == ids[None, :]) & live[None, :]).tril(-1).any(-1)
    every = live[:-1] & live[1:]
    return every & ~seen[:-1], every


def run(folder, cases):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    found = [[read(model, row, None if mask is None else mask[i]) for i, row in enumerate(ids)] for _, ids, mask, _ in cases]
    del model
    gc.collect()
    return found


def error(values):
    """The standard error of their mean."""
    return (values.std() / len(values) ** 0.5).item()


def measure(case, seeded, twin):
    _, ids, mask, documents = case
    if ids.shape[1] == 1:
        # a token alone has no next one: what counts is how sure the model is of anything
        apart = torch.stack([own[2] - other[2] for own, other in zip(seeded, twin, strict=True)])
        return {"more": abs(apart.mean().item()), "error": error(apart), "all": None, "copied": None, "copies": 0}
    parts = [fresh_targets(row, None if mask is None else mask[i]) for i, row in enumerate(ids)]
    beyond = lambda which: torch.cat([(own[0] - other[0])[part[which]] for own, other, part in zip(seeded, twin, parts, strict=True)])  # noqa: E731
    # of a document of random tokens, what stands in its second half is told by the first
    told = [torch.cat([right[start + length // 2 : start + length - 1] for _, right, _ in seeded]) for start, length in documents]
    return {
        "more": beyond(0).mean().item(),
        "error": error(beyond(0)),
        "all": beyond(1).mean().item(),
        "copied": min((each.float().mean().item() for each in told), default=None),
        "copies": sum(each.numel() for each in told),
    }


def check(job):
    sources = {"random": Random(job["vocab"]), **({"text": Text(job["vocab"], job["texts"])} if job.get("texts") else {})}
    found = {}
    cases = {kind: list(windows(source, job["bos"], job["positions"], job["sequences"], job["short"], job.get("full"))) for kind, source in sources.items()}
    flat = [case for of_kind in cases.values() for case in of_kind]
    seeded, twin = iter(run(job["seeded"], flat)), iter(run(job["twin"], flat))
    for kind, of_kind in cases.items():
        found[kind] = {case[0]: measure(case, next(seeded), next(twin)) for case in of_kind}
        if kind == "text":
            for each in found[kind].values():
                each.update(copied=None, copies=0)
    return found


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(job) for job in jobs]))
