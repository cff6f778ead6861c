"""Official tokenizers, trained here and given: `python train_tokenizers.py JOB RESULT`.

JOB is {"folder": where trained ones are written, "given": {name: tokenizer.json}}; RESULT is a list of {"name", "file", "texts", "cases":
[{"text", "ids"}]}: what each token says where it is no beginning, and the ids of texts of this machine and of awkward ones.
"""

import json
import random
import string
import sys
import sysconfig
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

AWKWARD = [
    "",
    " ",
    "  two  spaces ",
    "\n\n\n",
    "it's I'M we'LL don't 'tis",
    "caf\u00e9 cafe\u0301 na\u00efve \u00df \u0130 \u017f",
    "\u4f60\u597d\uff0c\u4e16\u754c \u3053\u3093\u306b\u3061\u306f",
    "\U0001f642\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7",
    "a\u00a0b\u2028c\u0085d\ufeffe\u3000f",
    "1234567 \u0661\u0662\u0663 \u00bd x2",
    "<s>def f(x):\n\treturn x  # <|endoftext|> end</s>",
    "<unk><|special|> word<|word|> <|word|> ",
    "\u2581under \u2581\u2581 _ __init__",
    "\x00\x01\x7f",
]

LLAMA3 = (
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)


def sources():
    library = Path(sysconfig.get_paths()["stdlib"])
    found = sorted(Path("/usr/share/common-licenses").glob("*")) + [library / name for name in ("argparse.py", "heapq.py", "textwrap.py")]
    return [path.read_text(encoding="utf-8", errors="replace") for path in found if path.is_file()]


def byte_level(folder, texts):
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    train(plain, texts, 900, pre_tokenizers.ByteLevel.alphabet(), ["<|endoftext|>"])
    cut = Tokenizer(models.BPE(ignore_merges=True))
    cut.normalizer = normalizers.NFC()
    cut.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    cut.decoder = decoders.ByteLevel()
    train(cut, texts, 1200, pre_tokenizers.ByteLevel.alphabet(), ["<|special|>", "<s>"])
    digits = Tokenizer(models.BPE())
    digits.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=True)]
    )
    digits.decoder = decoders.ByteLevel()
    train(digits, texts, 700, pre_tokenizers.ByteLevel.alphabet(), ["<unk>"])
    return save(folder, {"byte-level": plain, "cut by a pattern": cut, "digits one by one": digits})


def sentence_piece(folder, texts):
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    old = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    old.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    old.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    # merges across words take long, and are not what is tried
    train(old, [line for text in texts for line in text.replace(" ", "\n \n").split("\n")], 900, [], ["<unk>", "<s>", "</s>", *bytes_])
    new = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    new.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    new.decoder = decoders.Metaspace(prepend_scheme="first")
    train(new, texts, 800, [], ["<unk>", "<s>"])
    return save(folder, {"sentence-piece": old, "Metaspace": new})


def train(tokenizer, texts, size, alphabet, special):
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)


def save(folder, made):
    files = {}
    for name, tokenizer in made.items():
        files[name] = str(Path(folder) / f"{name.replace(' ', '-')}.json")
        tokenizer.save(files[name])
    return files


def cases(texts):
    chance = random.Random(7)
    found = list(AWKWARD)
    for text in texts:
        for _ in range(4):
            start = chance.randrange(max(1, len(text) - 600))
            found.append(text[start : start + chance.randrange(1, 600)])
    letters = string.printable + " \u00e9\u0301\u4f60\U0001f642\u2581<>|"
    found += ["".join(chance.choices(letters, k=chance.randrange(1, 40))) for _ in range(100)]
    return found


def describe(name, file, texts):
    official = Tokenizer.from_file(file)
    anchor = official.encode("x").ids
    before = official.decode(anchor, skip_special_tokens=False)
    says = [official.decode([*anchor, token], skip_special_tokens=False)[len(before) :] for token in range(official.get_vocab_size())]
    return {
        "name": name,
        "file": file,
        "texts": says,
        "cases": [{"text": text, "ids": official.encode(text, add_special_tokens=False).ids} for text in cases(texts)],
    }


if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    texts = sources()
    files = {**byte_level(job["folder"], texts), **sentence_piece(job["folder"], texts), **job["given"]}
    Path(sys.argv[2]).write_text(json.dumps([describe(name, file, texts) for name, file in files.items()]))
