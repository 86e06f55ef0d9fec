"""Up through the layers of a net, to features of any depth, which have the names of a net that ends there.

scikit-learn makes tables of what a class's own ``transform`` returns, and names their columns after the top layer,
whatever the depth. What a class inherits it leaves alone: so ``transform`` stands here, and makes its tables itself.
"""

import numpy as np
from sklearn.utils._set_output import _wrap_data_with_container
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.stack import Layer, up
from deepbelief.estimators.annotations import Data
from deepbelief.estimators.drafts import draft_of
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.inputs import VisibleInputMixin, mapped
from deepbelief.estimators.machines import rows_of
from deepbelief.estimators.rbm import RBM


class UpwardMixin(VisibleInputMixin):
    """For estimators with layers: ``rbms_``, from the bottom up."""

    rbms_: list[RBM]

    def transform(self, X: Data, depth: int | None = None) -> np.ndarray:
        """Return the hidden means of a layer, going up from the data.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        depth : int, optional
            Number of layers to go up; all of them if None.

        Returns
        -------
        ndarray of shape (n_samples, n_hidden)
            Or a table, if ``set_output`` asks for one.
        """
        check_is_fitted(self)
        layers = self._stack(depth)
        features = self._returned(mapped(lambda x: up(layers, x), rows_of(self, X)))
        ending_there = draft_of(self, first=False)
        ending_there.rbms_ = self.rbms_[:depth]
        return _wrap_data_with_container("transform", features, X, ending_there)

    def _stack(self, depth: int | None) -> list[Layer]:
        """Return the layers up to a depth; all of them, if None."""
        depth = len(self.rbms_) if depth is None else depth
        if not 1 <= depth <= len(self.rbms_):
            raise ValueError(f"depth={depth} is not between 1 and {len(self.rbms_)}, the number of layers.")
        return fitted_stack(self).layers[:depth]
