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
    "``quoted'' \uff21\uff22\uff21 a\u0301e\u0301\u0327 \u0132sland",
    "\u039f\u0394\u039f\u03a3 \u0130stanbul \u0623\u064e\u0628 \u0e01\u0e33 \uac00\u1100\u1161",
    "[CLS] it ##s don't, isn't! a.b\u2014c \u00bfno?",
    "supercalifragilisticexpialidocious" * 4,
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


def unigram(folder, texts):
    plain = Tokenizer(models.Unigram())
    plain.normalizer = normalizers.Sequence([normalizers.Precompiled(character_map(FOLDED)), normalizers.Replace(Regex(" {2,}"), " ")])
    plain.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    plain.decoder = decoders.Metaspace()
    train_unigram(plain, texts, 700)
    lower = Tokenizer(models.Unigram())
    lower.normalizer = normalizers.Sequence(
        [normalizers.Replace("``", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Nmt(), normalizers.Strip()]
    )
    lower.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    lower.decoder = decoders.Metaspace(prepend_scheme="first")
    train_unigram(lower, texts, 500)
    # the same scores, and a token for each byte
    scored = json.loads(plain.to_str())["model"]["vocab"]
    bytes_ = [(f"<0x{byte:02X}>", 0.0) for byte in range(256)]
    falls = Tokenizer(models.Unigram([("<unk>", 0.0), *bytes_, *[(token, score) for token, score in scored[1:]]], 0, True))
    falls.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    falls.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return save(folder, {"Unigram": plain, "Unigram without case": lower, "Unigram of bytes": falls})


def train_unigram(tokenizer, texts, size):
    trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)


FOLDED = {
    "\u00a0": " ",
    "\u3000": " ",
    "\n": " ",
    "\t": " ",
    "\u00bd": "1\u20442",
    "\u0132": "IJ",
    "e\u0301": "\u00e9",
    "\u0061\u0301": "\u00e1",
    "\u200d": "",
    "\uff21": "A",
    "\uff21\uff22": "AB",
    "\U0001f642": ":)",
}


def character_map(folded):
    """A map of characters as SentencePiece writes it: a double-array trie, then what its entries become."""
    texts, places = b"", {}
    for text in sorted(set(folded.values())):
        places[text] = len(texts)
        texts += text.encode() + b"\0"
    root = {}
    for key, text in folded.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node["value"] = places[text]
    units, taken = {}, {0}

    def place(at, label, node):
        children = {byte: child for byte, child in node.items() if byte != "value"}
        wanted = [*children, *([0] if "value" in node else [])]
        base = next(base for base in range(1, 1 << 20) if all((base ^ byte) not in taken for byte in wanted))
        taken.update(base ^ byte for byte in wanted)
        units[at] = label | (("value" in node) << 8) | ((at ^ base) << 10)
        if "value" in node:
            units[base] = node["value"] | 1 << 31
        for byte, child in children.items():
            place(base ^ byte, byte, child)

    place(0, 0, root)
    array = b"".join(units.get(at, 0).to_bytes(4, "little") for at in range(max(taken) + 256))
    return len(array).to_bytes(4, "little") + array + texts


def word_pieces(folder, texts):
    bert = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    bert.normalizer = normalizers.BertNormalizer()
    bert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    bert.decoder = decoders.WordPiece(cleanup=True)
    cased = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12))
    cased.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False, handle_chinese_chars=False)
    cased.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    cased.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    for tokenizer in (bert, cased):
        trainer = trainers.WordPieceTrainer(vocab_size=700, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False)
        tokenizer.train_from_iterator(texts, trainer)
    return save(folder, {"WordPiece": bert, "WordPiece with case": cased})


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
    kinds = [byte_level, sentence_piece, unigram, word_pieces]
    files = {name: file for kind in kinds for name, file in kind(job["folder"], texts).items()}
    files.update(job["given"])
    Path(sys.argv[2]).write_text(json.dumps([describe(name, file, texts) for name, file in files.items()]))
