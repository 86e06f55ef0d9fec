"""The net that a network grows from: one that is pretrained, or one that was given."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.progress import Epoch, Midway
from deepbelief.core.rows import Rows
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, RandomSource, RowWeights
from deepbelief.estimators.checkpointing import CONSTRAINTS, TrainingLog
from deepbelief.estimators.dbn import DBN, STACK_PASSES
from deepbelief.estimators.drafts import draft_of
from deepbelief.estimators.fine_tuning import require_consistent
from deepbelief.estimators.inputs import VisibleInputMixin, share_input
from deepbelief.estimators.layerwise import learn_layers
from deepbelief.estimators.machines import arrays_of
from deepbelief.estimators.settings import n_passes

# Settings of the net that have another name here; all others have the same name, and reach the net by it.
OWN_NAMES = {
    "learning_rate": "pretrain_learning_rate",
    "n_iter": "pretrain_epochs",
    "weight_decay": "pretrain_weight_decay",
    "learning_rate_schedule": "pretrain_learning_rate_schedule",
}
# Settings of both that say nothing to the net: they are those of the fit.
NOT_THE_NETS = {"verbose", "warm_start", *CONSTRAINTS}


class NetBelowMixin(VisibleInputMixin):
    """For estimators with the settings of a net, and the setting ``dbn``, a net that was given."""

    pretrain_epochs: int | str
    pretrain_weight_decay: float | str
    batch_size: int | str
    random_state: RandomSource
    dbn: DBN | FrozenEstimator | None
    dbn_: DBN

    @classmethod
    def from_dbn(cls, dbn: DBN, **settings: Any) -> Self:
        """Return an estimator that starts from a fitted net instead of pretraining one.

        Parameters
        ----------
        dbn : DBN
            Fitted. It is not changed, and stays as it is when the estimator is cloned, so that a grid search over
            fine-tuning pretrains once.
        **settings
            Settings of the estimator.

        Returns
        -------
        estimator
            Not fitted yet.
        """
        check_is_fitted(dbn)
        inherited = {
            "hidden_layer_sizes": dbn.hidden_layer_sizes,
            "visible": dbn.visible,
            "device": dbn.device,
            "precision": dbn.precision,
        }
        return cls(**{**inherited, **settings, "dbn": FrozenEstimator(dbn)})

    def _rows_to_learn(self, X: Data, *, first: bool, sample_weight: RowWeights) -> Rows:
        """Check training data and return their rows, each once; the `first` time, learn what the units see of them."""
        rows = self._checked_rows(X, first=first, sample_weight=sample_weight)
        require_consistent(self, rows)
        return rows

    def _checked_rows(self, X: Data, *, first: bool, sample_weight: RowWeights) -> Rows:
        if not first or self.dbn is None:
            return self._learned_from(self._learn_input(X, first=first, sample_weight=sample_weight))
        self._check_device()
        given, X = X, self._checked(X, reset=True)
        self._start_from(self.dbn)
        self._warn_of_another_scale(X)
        self._require_taken(X, given)
        return self._learned_from(X)

    def _net_given(self) -> list[np.ndarray] | None:
        """Return what the net that was given is made of, for a fingerprint."""
        return None if self.dbn is None else [array for rbm in self.dbn_.rbms_ for array in arrays_of(rbm)]

    def _start_from(self, dbn: DBN | FrozenEstimator) -> None:
        """Take over a fitted net, and with it the scale and the dtype of the data it was trained on."""
        net = _thawed(dbn)
        check_is_fitted(net)
        if net.n_features_in_ != self.n_features_in_:
            raise DataError(f"X has {self.n_features_in_} features, but the net was trained on {net.n_features_in_}.")
        self.dbn_ = draft_of(net, first=False)  # a copy: when its owner fits the net again, the model keeps this one
        share_input(net, self)

    def _pretrain(self, rows: Rows, held_out: Rows | None, log: TrainingLog) -> Iterator[Epoch | Midway]:
        if self.dbn is not None:
            return
        names = [name for name in DBN().get_params(deep=False) if name not in NOT_THE_NETS]
        settings = {name: getattr(self, OWN_NAMES.get(name, name)) for name in names}
        self.dbn_ = DBN(**settings | {"weight_decay": self._pretraining_decay(len(rows))})
        share_input(self, self.dbn_)
        n_epochs = n_passes(self, self.pretrain_epochs, STACK_PASSES, len(rows))
        yield from learn_layers(self.dbn_, rows, n_epochs, log, first=True, held_out=held_out)

    def _pretraining_decay(self, n_rows: int) -> float | str:
        """Return the weight decay of the layers that are pretrained on so many rows."""
        return self.pretrain_weight_decay

    def _require_unchanged(self) -> None:
        if self.dbn is not None and getattr(_thawed(self.dbn), "rbms_", None) != self.dbn_.rbms_:
            raise ValueError(
                "dbn is not the net that the model was fitted with, or has been fitted again since; set dbn=None to go "
                "on learning, or fit anew with warm_start=False."
            )
        super()._require_unchanged()


def _thawed(dbn: DBN | FrozenEstimator) -> DBN:
    """Return the net that the setting `dbn` holds."""
    return dbn.estimator if isinstance(dbn, FrozenEstimator) else dbn
