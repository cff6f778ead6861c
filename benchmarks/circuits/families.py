"""Where the edges of a compiled model's graph lie in stock transformers: what writes to the stream, and what reads it.

A reader of the stream (the queries, keys or values of a head, an MLP, the logits) is a module whose output has columns of its own for it. It
is read again on another stream by calling the norm before it, and it.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Family:
    """Module paths within a layer, and before the logits. `norms` is empty where norms stand on the stream."""

    layers: str
    projections: tuple  # of queries, keys and values: (module, how its columns are laid out)
    output: str
    mlp: tuple  # called one after the other
    norms: tuple  # before attention, before the MLP
    final_norm: "str | None"
    head: str
    on_stream: tuple = ()  # norms on the stream, behind attention and behind the MLP


FAMILIES = {
    "gpt2": Family(
        "transformer.h",
        (("attn.c_attn", "letters"),) * 3,
        "attn.c_proj",
        ("mlp",),
        ("ln_1", "ln_2"),
        "transformer.ln_f",
        "lm_head",
    ),
    "llama": Family(
        "model.layers",
        (("self_attn.q_proj", "heads"), ("self_attn.k_proj", "heads"), ("self_attn.v_proj", "heads")),
        "self_attn.o_proj",
        ("mlp",),
        ("input_layernorm", "post_attention_layernorm"),
        "model.norm",
        "lm_head",
    ),
    "gpt-neox": Family(
        "gpt_neox.layers",
        (("attention.query_key_value", "interleaved"),) * 3,
        "attention.dense",
        ("mlp",),
        ("input_layernorm", "post_attention_layernorm"),
        "gpt_neox.final_layer_norm",
        "embed_out",
    ),
    "bert": Family(
        "bert.encoder.layer",
        (("attention.self.query", "heads"), ("attention.self.key", "heads"), ("attention.self.value", "heads")),
        "attention.output.dense",
        ("intermediate", "output.dense"),
        (),
        None,
        "classifier",
        ("attention.output.LayerNorm", "output.LayerNorm"),
    ),
}


class Sites:
    """The readers and writers of one loaded model (`m` of raspc.load)."""

    def __init__(self, m):
        if m.map["target"] not in FAMILIES:
            raise ValueError(f"the benchmark knows {', '.join(FAMILIES)}, and this model is of {m.map['target']}")
        self.family, self.model, config = FAMILIES[m.map["target"]], m.model, m.model.config
        self.graph = m.graph()
        self.layers, self.heads = config.num_hidden_layers, config.num_attention_heads
        self.parallel = self.graph["cfg"]["parallel_attn_mlp"]
        self.blocks = m.model.get_submodule(self.family.layers)
        self.dim = self.block(0, self.family.output).weight.shape[0 if m.map["target"] == "gpt2" else 1] // self.heads
        self.key_heads = getattr(config, "num_key_value_heads", None) or self.heads

    def block(self, layer, path):
        return self.blocks[layer].get_submodule(path)

    def head(self):
        return self.model.get_submodule(self.family.head)

    def columns(self, head, letter):
        """The columns of a head's queries, keys or values in its projection's output."""
        layout = self.family.projections["qkv".index(letter)][1]
        if layout == "letters":
            start = "qkv".index(letter) * self.heads * self.dim + head * self.dim
        elif layout == "interleaved":
            start = (3 * head + "qkv".index(letter)) * self.dim
        else:
            start = (head if letter == "q" else head * self.key_heads // self.heads) * self.dim
        return slice(start, start + self.dim)

    def reader(self, target, letter):
        """(module, columns, function): the module whose output is replaced, and what gives that output for another stream."""
        family = self.family
        if target == "logits":
            norm = (lambda x: x) if family.final_norm is None else self.model.get_submodule(family.final_norm)
            return self.head(), slice(None), lambda x: self.head()(norm(x))
        layer = int(target[1:].split(".")[0])
        norms = [self.block(layer, path) for path in family.norms]
        if target.startswith("m"):
            modules = [self.block(layer, path) for path in family.mlp]
            return modules[-1], slice(None), lambda x: _through(([norms[1]] if norms else []) + modules, x)
        projection = self.block(layer, family.projections["qkv".index(letter)][0])
        columns = self.columns(int(target.split(".h")[1]), letter)
        return projection, columns, lambda x: _through(([norms[0]] if norms else []) + [projection], x)[..., columns]

    def output_weight(self, layer, head):
        """[dim, width]: what a head's output is multiplied by."""
        module = self.block(layer, self.family.output)
        weight = module.weight if type(module).__name__ == "Conv1D" else module.weight.T
        return weight[head * self.dim : (head + 1) * self.dim]


def _through(modules, x):
    for module in modules:
        x = module(x)
    return x


class Run:
    """One run of a batch: the stream before each reader, what each node writes, and the logits; with gradients where they are asked for.

    `start` is put in the place of the embedding's stream. `replaced` is {module: function of its output}.
    """

    def __init__(self, sites, ids, start=None, gradients=False, replaced=()):
        self.sites, self.streams, self.writes, self.outputs, self.scales = sites, {}, {}, {}, {}
        handles = []
        family, blocks = sites.family, sites.blocks

        def hook(module, function):
            handles.append(module.register_forward_hook(function))

        def enter(_, args, kwargs):
            hidden = args[0] if args else kwargs["hidden_states"]
            hidden = hidden if start is None else start
            hidden = hidden.detach().requires_grad_() if gradients else hidden
            self.writes["input"] = hidden
            return ((hidden, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": hidden})

        handles.append(blocks[0].register_forward_pre_hook(enter, with_kwargs=True))
        for layer, block in enumerate(blocks):

            def before(_, args, kwargs, layer=layer):
                self.streams[f"a{layer}"] = args[0] if args else kwargs["hidden_states"]

            handles.append(block.register_forward_pre_hook(before, with_kwargs=True))
            sees = block.get_submodule(family.norms[1] if family.norms else family.mlp[0])
            handles.append(sees.register_forward_pre_hook(lambda _, args, layer=layer: self.streams.__setitem__(f"m{layer}", args[0])))
            handles.append(
                block.get_submodule(family.output).register_forward_pre_hook(
                    lambda _, args, layer=layer: self.writes.__setitem__(f"z{layer}", args[0])
                )
            )
            hook(block.get_submodule(family.mlp[-1]), lambda _, __, out, layer=layer: self.writes.__setitem__(f"m{layer}", out))
            for path in dict.fromkeys(path for path, _ in family.projections):
                hook(block.get_submodule(path), lambda _, __, out, key=(layer, path): self.outputs.__setitem__(key, out))
            for i, path in enumerate(family.on_stream):
                handles.append(
                    block.get_submodule(path).register_forward_pre_hook(
                        lambda module, args, key=(layer, i): self.scales.__setitem__(key, _scale(module, args[0]))
                    )
                )
        final = sites.head() if family.final_norm is None else sites.model.get_submodule(family.final_norm)
        handles.append(final.register_forward_pre_hook(lambda _, args: self.streams.__setitem__("logits", args[0])))
        for module, function in dict(replaced).items():
            hook(module, function)
        try:
            with torch.set_grad_enabled(gradients):
                self.logits = sites.model(ids).logits
        finally:
            for handle in handles:
                handle.remove()

    def stream(self, target):
        """What a node reads: the stream before its norm."""
        return self.streams[target.split(".")[0]]

    def module_output(self, target, letter):
        """The output of the module that reads, whole."""
        if target == "logits":
            return self.logits
        layer = int(target[1:].split(".")[0])
        return self.writes[target] if letter is None else self.outputs[layer, self.sites.family.projections["qkv".index(letter)][0]]

    def written(self, source):
        """What a node adds to the stream (constants aside, which are no difference)."""
        if source == "input" or source.startswith("m"):
            return self.writes[source]
        layer, head = (int(part) for part in source[1:].split(".h"))
        z = self.writes[f"z{layer}"][..., head * self.sites.dim : (head + 1) * self.sites.dim]
        return z @ self.sites.output_weight(layer, head)

    def carried(self, source, target, difference):
        """A difference that a node writes, as it arrives at a reader: norms on the stream scale it, with their statistics held."""
        if not self.sites.family.on_stream:
            return difference
        first = 0 if source == "input" else 2 * int(source[1:].split(".")[0]) + int(source.startswith("m"))
        last = 2 * self.sites.layers if target == "logits" else 2 * int(target[1:].split(".")[0]) + int(target.startswith("m"))
        for place in range(first, last):
            difference = difference * self.scales[place // 2, place % 2]
        return difference


def _scale(norm, x):
    """What a layer norm multiplies by, where its mean and variance are held."""
    x = x.detach()
    return norm.weight.detach() / (x.var(-1, unbiased=False, keepdim=True) + norm.eps).sqrt()
