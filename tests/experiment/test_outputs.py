"""Single files of results: where they may go, and what links in the way do."""

import os

import pytest

from deepbelief.experiment.outputs import check_output_file, write_text


@pytest.fixture
def victim(tmp_path):
    """A file of somebody else."""
    path = tmp_path / "victim"
    path.write_text("precious")
    return path


def test_a_link_to_a_file_needs_force_and_stays_a_link(tmp_path, victim):
    link = tmp_path / "link"
    link.symlink_to(victim)
    with pytest.raises(FileExistsError, match="--force"):
        write_text(link, "new", force=False)
    assert victim.read_text() == "precious"
    write_text(link, "new", force=True)
    assert link.is_symlink()
    assert victim.read_text() == "new"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("target", ["missing", "link"])
def test_a_link_that_leads_nowhere_is_not_followed(tmp_path, target, force):
    """Not to a file that does not exist yet, nor in a circle; force changes nothing."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / target)
    with pytest.raises(FileNotFoundError, match="a link that leads nowhere; remove it or name another file"):
        write_text(link, "new", force=force)
    assert os.listdir(tmp_path) == ["link"]


@pytest.mark.parametrize("force", [False, True])
def test_a_link_to_a_device_or_a_folder_is_no_file(tmp_path, force):
    for target in ("/dev/null", tmp_path):
        link = tmp_path / f"link-{len(str(target))}"
        link.symlink_to(target)
        with pytest.raises(IsADirectoryError, match="a folder or a device"):
            check_output_file(link, force)


def test_links_laid_out_where_the_file_is_prepared_catch_nothing(tmp_path, victim, monkeypatch):
    """The name of the unfinished file cannot be guessed; if it is, it is not written through."""
    monkeypatch.setattr("secrets.token_hex", lambda n: "guessed")
    (tmp_path / ".deepbelief-guessed.partial").symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "result", "new", force=False)
    assert victim.read_text() == "precious"
    assert not (tmp_path / "result").exists()


def test_only_the_file_is_left(tmp_path):
    write_text(tmp_path / "result", "new", force=False)
    assert os.listdir(tmp_path) == ["result"]
