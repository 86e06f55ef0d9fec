"""A trained model as a graph for other programs."""

from pathlib import Path

from deepbelief.errors import ModelError
from deepbelief.estimators import DBNClassifier, DBNRegressor
from deepbelief.estimators.exporting import onnx_bytes
from deepbelief.experiment.opening import open_model


def exported(model: Path, output: str | None = None, depth: int | None = None) -> tuple[bytes, str]:
    """Return the ONNX file of a model, and what its graph computes.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    output : {"predictions", "features", "reconstruction"}, optional
        By default predictions of a network, and features of other models.
    depth : int, optional
        Layer of features or of a reconstruction; the top one if None.

    Returns
    -------
    content : bytes
    computed : str

    Raises
    ------
    ModelError
        If the model cannot be used, or does not compute that, or onnx is not installed.
    """
    estimator = open_model(model)
    predicts = isinstance(estimator, DBNClassifier | DBNRegressor)
    wanted = output or ("predictions" if predicts and depth is None else "features")
    try:
        return onnx_bytes(estimator, wanted, depth), wanted
    except ModelError as error:
        raise ModelError(f"{model}: {error}") from None
    except ImportError as error:
        raise ModelError(str(error)) from None
