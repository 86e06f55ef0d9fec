"""scikit-learn's callbacks, where scikit-learn has them: version 1.9 is the first. Before it, estimators have none.

The task of a ``fit`` has one task for each layer that is pretrained, and two for each network: for the top layer and
for fine-tuning. Each of them has one task for each pass. A pass is reported when it is over.
"""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from deepbelief.core.phases import Place
from deepbelief.core.progress import Epoch
from deepbelief.estimators.annotations import Data, RowWeights, Targets
from deepbelief.estimators.drafts import learned

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:
    CallbackSupportMixin = type("WithoutCallbacks", (), {})

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is: there are no callbacks to tear down after it."""
        return method


__all__ = ["CallbackSupportMixin", "run_passes"]


@with_callbacks
def run_passes(
    estimator: "Estimator",
    epochs: Generator[Epoch, None, None],
    X: Data,
    y: Targets = None,
    sample_weight: RowWeights = None,
    *,
    is_fitted: Callable[[Epoch], bool],
) -> None:
    """Take all passes of a ``fit``, and tell the estimator's callbacks; one of them may end it.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    epochs : generator of Epoch
        Of its ``fit_epochs``.
    X, y, sample_weight : object
        What ``fit`` was given, which callbacks may ask for.
    is_fitted : callable
        Tells whether the estimator can be used as it is after a pass. Only then a callback gets it, or may end the fit.
    """
    if not getattr(estimator, "_skl_callbacks", None):
        for _ in epochs:
            pass
        return
    given = {"estimator": estimator, "X": X, "y": y}
    given["metadata"] = None if sample_weight is None else {"sample_weight": sample_weight}
    whole = estimator._init_callback_context(max_subtasks=None)
    whole.call_on_fit_task_begin(**given)
    place: Place | None = None
    phase: Any = None
    attributes: Callable[[], dict[str, Any]] | None = None
    for epoch in epochs:
        if epoch.place != place:
            if phase is not None:
                phase.call_on_fit_task_end(**given, reconstruction_attributes=attributes)
            place, name = epoch.place, f"{epoch.phase} {max(epoch.layer, epoch.network) + 1}"
            phase = whole.subcontext(task_name=name, max_subtasks=epoch.n_epochs)
            phase.call_on_fit_task_begin(**given)
        attributes = (lambda: learned(estimator)) if is_fitted(epoch) else None
        task = phase.subcontext(task_name="pass").call_on_fit_task_begin(**given)
        wants_to_stop = task.call_on_fit_task_end(**given, reconstruction_attributes=attributes)
        if wants_to_stop and attributes is not None:
            epochs.close()
            break
    if phase is not None:
        phase.call_on_fit_task_end(**given, reconstruction_attributes=attributes)
    whole.call_on_fit_task_end(**given, reconstruction_attributes=lambda: learned(estimator))
