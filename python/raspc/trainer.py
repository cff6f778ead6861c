"""Freezing as a callback of HuggingFace's Trainer."""

from raspc.freeze import Freeze


def trainer_callback(source, mode="frozen", reserved=None, debug=False, stream=None, drifted=False, rows=True):
    """A callback for the HuggingFace Trainer; the arguments are those of Freeze.

    It looks for the parameters when the training begins: by then the Trainer has wrapped the model, loaded the checkpoint that it
    resumes from, and made its optimizer. When the training ends it asserts that the entries are what they were.
    """
    from transformers import TrainerCallback

    class FreezeCallback(TrainerCallback):
        def on_train_begin(self, args, state, control, model=None, optimizer=None, **kwargs):
            self.freeze = Freeze(model, source, mode=mode, reserved=reserved, debug=debug, stream=stream, drifted=drifted, rows=rows).attach(optimizer)

        def on_train_end(self, args, state, control, **kwargs):
            self.freeze.assert_held()
            self.last_factors = self.freeze.factors()
            self.freeze.detach()

    return FreezeCallback()
