"""The residual stream of a stock model: what stands on it after each sublayer, and how numbers are put there while it runs."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from raspc.architectures import Architecture, is_parallel

# layer, sublayer, positions, dimensions, and the numbers that are put there
Write = tuple[int, str, list[int], list[int], list[float]]


class Stream:
    """Where the stream of a model is read and written. Rows are positions of the input: BOS, in front, is left out."""

    def __init__(self, model: Any, architecture: Architecture) -> None:
        self.model = model
        self.layers = model.get_submodule(architecture.layers)
        self._attends, self.on_stream = architecture.attends, architecture.on_stream
        self.parallel = is_parallel(architecture, model.config)
        # some families add a multiple of what a sublayer says
        self._factor = getattr(model.config, "residual_multiplier", 1.0)

    def states(self, ids: torch.Tensor) -> "dict[str, torch.Tensor]":
        """The stream after the embedding and after each sublayer, {place: [batch, position, width]}; sublayers side by side are one place."""
        states: "dict[str, torch.Tensor]" = {}
        handles: "list[Any]" = []
        for layer, block in enumerate(self.layers):
            before: "dict[str, torch.Tensor]" = {}

            def enter(_: Any, args: Any, kwargs: Any, layer: int = layer, before: "dict[str, torch.Tensor]" = before) -> None:
                hidden = args[0] if args else kwargs["hidden_states"]
                before["stream"] = hidden
                states["embedding" if layer == 0 else f"mlp {layer - 1}"] = hidden[:, 1:]

            def attended(_: Any, __: Any, out: Any, layer: int = layer, before: "dict[str, torch.Tensor]" = before) -> None:
                out = out[0] if isinstance(out, tuple) else out
                if not self.parallel:
                    states[f"attention {layer}"] = (out if self.on_stream else before["stream"] + out * self._factor)[:, 1:]

            def left(_: Any, __: Any, out: Any, layer: int = layer) -> None:
                states[f"mlp {layer}"] = (out[0] if isinstance(out, tuple) else out)[:, 1:]

            handles += [
                block.register_forward_pre_hook(enter, with_kwargs=True),
                block.get_submodule(self._attends).register_forward_hook(attended),
                block.register_forward_hook(left),
            ]
        try:
            with torch.no_grad():
                self.model(ids)
        finally:
            for handle in handles:
                handle.remove()
        return states

    @contextlib.contextmanager
    def held(self, writes: Iterable[Write]) -> Iterator[None]:
        """The model with numbers put onto the stream: each write is (layer, sublayer, positions, dims, numbers)."""
        handles: "list[Any]" = []
        for layer, sublayer, positions, dims, numbers in writes:
            code = torch.tensor(numbers, dtype=next(self.model.parameters()).dtype)
            rows = torch.tensor([position + 1 for position in positions])
            handles += self._hooks(layer, sublayer, rows, torch.tensor(dims), code)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hooks(self, layer: int, sublayer: str, rows: torch.Tensor, dims: torch.Tensor, code: torch.Tensor) -> "list[Any]":
        def put(hidden: torch.Tensor, base: "torch.Tensor | None" = None) -> torch.Tensor:
            hidden = hidden.clone()
            hidden[:, rows[:, None], dims[None]] = code if base is None else (code - base[:, rows[:, None], dims[None]]) / self._factor
            return hidden

        block = self.layers[layer]
        if sublayer == "embedding":

            def enter(_: Any, args: Any, kwargs: Any) -> Any:
                if args:
                    return (put(args[0]), *args[1:]), kwargs
                return args, {**kwargs, "hidden_states": put(kwargs["hidden_states"])}

            return [self.layers[0].register_forward_pre_hook(enter, with_kwargs=True)]

        def left(_: Any, __: Any, out: Any) -> Any:
            return (put(out[0]), *out[1:]) if isinstance(out, tuple) else put(out)

        if sublayer == "mlp" or self.parallel:
            return [block.register_forward_hook(left)]
        before: "dict[str, torch.Tensor]" = {}

        def remember(_: Any, args: Any, kwargs: Any) -> None:
            before["stream"] = args[0] if args else kwargs["hidden_states"]

        def attended(_: Any, __: Any, out: Any) -> Any:
            base = None if self.on_stream else before["stream"]
            return (put(out[0], base), *out[1:]) if isinstance(out, tuple) else put(out, base)

        attends = block.get_submodule(self._attends)
        return [block.register_forward_pre_hook(remember, with_kwargs=True), attends.register_forward_hook(attended)]
