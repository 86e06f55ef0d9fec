"""Pictures of data and of what a model learned from it, in the manner of scikit-learn's Display classes.

>>> from deepbelief.displays import ReconstructionDisplay, UnitProbeDisplay

Rules of this room:

* A Display computes when it is made (``from_estimator``), holds plain arrays, and draws only in ``plot(ax=None)``. What
  it shows can be read off its attributes, or as a table from ``frame()``. Formulas live in ``core.inspection``.
* Nothing here needs a screen: pyplot is imported only by ``plot()`` without an `ax`; ``saving`` makes PNG, SVG and PDF
  from any Display without it.
* Tiles of one grid are one image (``tiles``), in inches, so that a picture is as legible with 72 tiles as with 12.
  Whether a row of data is a picture or bars is decided in one place (``forms``).
* Grey for pictures, dark = high. Okabe and Ito's colours for everything else, and never colour alone: held-out rows are
  dashed, the sign of a bar is its direction.
* Words that come from users (class and feature names) are drawn as they are, never read as mathematics or markup.
* Layers count from 1, the layer next to the data.

Read ``base`` → ``forms`` → ``tiles`` → ``stacks``, then any Display.
"""

from deepbelief.displays.activations import ActivationDisplay
from deepbelief.displays.adversarial import AdversarialDisplay
from deepbelief.displays.base import Column, Display
from deepbelief.displays.bias_probe import BiasProbeDisplay
from deepbelief.displays.chains import ChainDisplay
from deepbelief.displays.completions import CompletionDisplay
from deepbelief.displays.components import ComponentsDisplay
from deepbelief.displays.confusion import ConfusionDisplay
from deepbelief.displays.mistakes import MistakesDisplay
from deepbelief.displays.moments import MomentsDisplay
from deepbelief.displays.predictions import PredictionsDisplay
from deepbelief.displays.preview import PreviewDisplay
from deepbelief.displays.reconstruction import ReconstructionDisplay
from deepbelief.displays.samples import SamplesDisplay
from deepbelief.displays.training import TrainingDisplay
from deepbelief.displays.unit_probe import UnitProbeDisplay

__all__ = [
    "ActivationDisplay",
    "AdversarialDisplay",
    "BiasProbeDisplay",
    "ChainDisplay",
    "Column",
    "CompletionDisplay",
    "ComponentsDisplay",
    "ConfusionDisplay",
    "Display",
    "MistakesDisplay",
    "MomentsDisplay",
    "PredictionsDisplay",
    "PreviewDisplay",
    "ReconstructionDisplay",
    "SamplesDisplay",
    "TrainingDisplay",
    "UnitProbeDisplay",
]
