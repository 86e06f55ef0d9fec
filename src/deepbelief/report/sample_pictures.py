"""The pictures of what a net draws, in their order, with the words that go with them."""

from collections.abc import Iterator

from deepbelief import displays
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Picture as PictureForm
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.report.picture import Picture, Tiles
from deepbelief.report.subject import Subject

CHAINS = {True: 6, False: 3}  # of pictures, and of bar charts
COMPLETIONS = {True: 8, False: 4}
_REMEDY = "Where samples are what you want, train with persistent chains: --set gradient=pcd."


def sample_pictures(subject: Subject, tiles: Tiles) -> Iterator[Picture]:
    """Yield the pictures of samples; none of a net that was not pretrained, or that draws no finite numbers."""
    beside = subject.drawn
    if beside is None:
        return
    stack, images = fitted_stack(subject.estimator), subject.images
    form = choose_form(stack.n_features, tiles.get("image_shape"), tiles.get("feature_names"), subject.estimator)
    is_picture, sweeps = isinstance(form, PictureForm), beside.drawn.mixing.n_steps
    seen = "" if is_picture else " Values are as the units see them, in standard deviations where they are numbers."
    yield Picture(
        "samples",
        "samples",
        "Samples beside their nearest rows",
        displays.SamplesDisplay.from_drawn(stack, beside, form),
        f"What the net draws after {sweeps} sweeps of chains that start at rows, and the row that each is nearest to."
        + seen,
        "samples that could be data, each somewhat different from its neighbour.",
        f"blurs or noise that are no data, the same sample everywhere, or copies of rows. {_REMEDY}",
    )
    yield Picture(
        "chains",
        "samples",
        "Along the chains",
        displays.ChainDisplay.from_drawn(stack, beside, form, CHAINS[is_picture]),
        "Each line is a chain, from the row where it starts." + seen,
        "the beginning is soon forgotten, and a line passes through different kinds of rows.",
        "a line that stays what it was (the chain does not mix), or all lines coming to the same picture.",
    )
    yield Picture(
        "completions",
        "samples",
        "What the net expects where it sees nothing",
        displays.CompletionDisplay.from_estimator(subject.estimator, images, n_images=COMPLETIONS[is_picture], **tiles),
        ("The lower half of each picture" if is_picture else "Half of the features of each row")
        + " was covered, and is replaced by what the net expects given the rest."
        + seen,
        "what is completed goes on from what was given, blurred where several things are possible.",
        "the same completion for every row: the net has learned their mean only.",
    )
    yield Picture(
        "moments",
        "samples",
        "Statistics of samples and data",
        displays.MomentsDisplay.from_drawn(beside),
        "A point for each feature, pair and triple of features: its mean, covariance and third central moment in data "
        "and in samples.",
        "points along the dashed line; of the third order, they scatter even so.",
        "means beside the line (the samples are of another kind than the data), or flat clouds: the net has not "
        "learned how features go together.",
    )
    yield Picture(
        "components",
        "samples",
        "Where samples and data lie",
        displays.ComponentsDisplay.from_drawn(beside),
        "The plane in which the data spread most.",
        "samples lie where data lie, and everywhere that they do.",
        "parts of the data without samples (kinds of rows that are never drawn), or samples where there are no data.",
    )
    yield Picture(
        "neighbours",
        "samples",
        "Can samples be told from data?",
        displays.AdversarialDisplay.from_drawn(
            stack, beside, subject.new_images, "rows" if subject.new_images is None else "training rows"
        ),
        "The share of rows (AA_truth), and of samples (AA_syn), whose nearest neighbour is of their own kind.",
        "both are near one half, and about the same on rows that the net has not seen.",
        "near one: samples are unlike the data. Near zero: copies. Lower on training rows than on held-out rows: the "
        "samples give away what was learned from.",
    )
