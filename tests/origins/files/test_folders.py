"""Finding story files: what is skipped, what is refused, and what is gone."""

import ast
import os
from pathlib import Path

import pytest

from bot.errors import StoryFileError, UsageError
from bot.origins.files.examination import examine
from bot.origins.files.folders import find_story_files, read, stamp
from bot.origins.files.storyfile import MAX_BYTES
from bot.origins.outcomes import Reader, Rejection
from bot.stories.urls import NO_TRACKERS
from tests.conftest import START, StoryFile, plain_rules

NOBODY = 65534


def found(*paths: Path) -> list[Path]:
    return [item for item in find_story_files(paths) if isinstance(item, Path)]


def rejected(*paths: Path) -> dict[str, str]:
    items = find_story_files(paths)
    return {Path(i.file).name: i.reason for i in items if isinstance(i, Rejection)}


def refusal(path: Path) -> str:
    with pytest.raises(StoryFileError) as caught:
        stamp(path)
    return caught.value.reason


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stories"
    made.mkdir()
    return made


def test_files_are_found_in_order_each_once_below_every_path(folder: Path) -> None:
    (folder / "b").mkdir()
    names = ["b.md", "a.markdown", "c.TXT", "b/d.md"]
    for name in [*names, "picture.jpg", "_index.yaml", "md"]:
        (folder / name).write_text("x")
    expected = [folder / name for name in ("a.markdown", "b.md", "c.TXT", "b/d.md")]
    assert found(folder) == expected
    assert found(folder, folder / "b.md", folder / "b" / "..") == expected


BESIDE = """
README.md readme.de.md README_de.md README-dev.md README~(1).md LICENSE.txt licence.md
LICENSE-MIT.md LICENSE-APACHE.txt UNLICENSE.txt COPYING.txt CHANGELOG.md Contributing.md
CONTRIBUTORS.md SUPPORT.md code_of_conduct.md CODE-OF-CONDUCT.md SECURITY.md AUTHORS.md NOTICE.txt
TODO.md robots.txt robots.prod.txt llms.txt llms-full.txt requirements.txt requirements-dev.txt
CMakeLists.txt ISSUE_TEMPLATE.md pull_request_template.md notice.of-strike.md todo.2026.md
readme.is-dead.md
"""
OTHERS = [
    "robotics.md",
    "licensed.md",
    "todos-los-santos.md",
    "supporters.md",
    "post.mdx",
    "my-readme.md",
]


def test_what_lies_beside_stories_is_passed_over_by_its_name_if_it_has_no_front_matter(
    folder: Path,
) -> None:
    beside = [name.replace("~", " ") for name in BESIDE.split()]
    for name in (*beside, *OTHERS):
        (folder / name).write_text("# Not a story\n")
    assert sorted(path.name for path in found(folder)) == sorted(OTHERS)
    assert rejected(folder) == {}
    assert found(folder / "README.md") == [folder / "README.md"]  # named explicitly, so it is meant
    for name, head in zip(beside, ("---\n", "+++\n", "{", "\ufeff\n--- \r\n") * 9, strict=False):
        (folder / name).write_bytes(f"{head}title: x\n".encode())
    assert len(found(folder)) == len(beside) + len(OTHERS)


def test_a_section_page_and_a_readme_that_is_linked_from_elsewhere_are_passed_over(
    folder: Path,
) -> None:
    (folder / "_index.md").write_text("---\ntitle: x\n---\n")
    (folder / "README.md").symlink_to("/etc/hostname")
    os.mkfifo(folder / "NOTICE.md")
    assert [*find_story_files([folder])] == [folder / "NOTICE.md"]  # reading it gives the reason


def test_a_path_has_one_spelling(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.md").write_text("x")
    (folder / "sub").mkdir()
    (folder.parent / "link").symlink_to(folder)
    monkeypatch.chdir(folder)
    spellings = (Path(), Path("a.md"), Path("sub/../a.md"), folder.parent / "link")
    assert {tuple(found(path)) for path in spellings} == {(folder / "a.md",)}


def test_hidden_files_and_folders_are_passed_over(folder: Path) -> None:
    (folder / ".git").mkdir()
    for name in (".keep", ".hidden.md", ".git/a.md"):
        (folder / name).write_text("x")
    assert list(find_story_files([folder])) == []


def test_an_empty_folder_holds_no_story(folder: Path) -> None:
    assert list(find_story_files([folder])) == []


@pytest.mark.parametrize("name", ["missing", "missing.md", "file.md/below"])
def test_a_path_that_does_not_exist_is_wrong_use(folder: Path, name: str) -> None:
    (folder / "file.md").write_text("x")
    with pytest.raises(UsageError, match="no such file or folder"):
        list(find_story_files([folder / name]))


def test_links_out_of_the_folder_are_refused_and_links_inside_are_read(
    folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("x")
    (folder / "real.md").write_text("x")
    (folder / "file.md").symlink_to(outside / "secret.md")
    (folder / "dir").symlink_to(outside)
    (folder / "up").symlink_to("..")
    (folder / "inside.md").symlink_to("real.md")
    (folder / "sub").mkdir()
    (folder / "inside").symlink_to("sub")
    reason = "a link that leads outside the folder; copy the file instead"
    assert rejected(folder) == dict.fromkeys(("file.md", "dir", "up"), reason)
    assert found(folder) == [folder / "inside.md", folder / "real.md"]


def test_a_link_to_nothing_or_to_itself_is_refused(folder: Path) -> None:
    (folder / "gone.md").symlink_to("nothing.md")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    paths = found(folder)
    assert [path.name for path in paths] == ["gone.md", "loop.md"]
    assert "No such file" in refusal(paths[0])
    assert "symbolic links" in refusal(paths[1])


def test_a_name_that_is_not_utf8_is_refused(folder: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md"))
    path.write_text("x")
    assert rejected(folder) == {"caf\ufffd.md": "the file's name is not UTF-8; rename it"}
    assert rejected(path) == rejected(folder)
    assert found(folder, path) == []


def test_only_regular_files_of_bearable_size_are_read(folder: Path) -> None:
    fifo, large, other = folder / "x.md", folder / "large.md", folder / "x.jpg"
    os.mkfifo(fifo)
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    other.write_text("x")
    assert refusal(fifo) == "not a regular file"
    assert "larger than 2 MiB" in refusal(large)
    assert "must end in .md" in refusal(other)
    assert len(read(large)) == MAX_BYTES + 1


def test_a_file_that_vanishes_between_listing_and_reading_is_refused(folder: Path) -> None:
    (folder / "a.md").write_text("x")
    (path,) = found(folder)
    path.unlink()
    assert "No such file" in refusal(path)
    with pytest.raises(StoryFileError, match="No such file"):
        read(path)


def test_a_file_written_again_has_another_stamp(folder: Path) -> None:
    path = folder / "a.md"
    path.write_text("x")
    before = stamp(path)
    assert stamp(path) == before
    os.utime(path, ns=(0, 0))
    assert stamp(path) != before


def as_nobody(paths: list[Path]) -> object:
    """`examine` in a child process without root's rights, which ignore permission bits."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            examined = examine(paths, Reader(plain_rules(), NO_TRACKERS, START), 50)
            count, rejections = examined.read, examined.rejections
            named = {(Path(r.file).name, r.reason) for r in rejections}
            os.write(writing, repr((count, named)).encode())
        except BaseException as error:  # noqa: BLE001 - the parent shows it
            os.write(writing, repr(str(error)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return ast.literal_eval(said)


def test_an_unreadable_file_or_folder_is_named_and_the_others_are_read(
    public_folder: Path, story_file: StoryFile
) -> None:
    for name in ("good.md", "locked.md", "closed/a.md"):
        (public_folder / name).parent.mkdir(exist_ok=True)
        (public_folder / name).write_bytes(story_file())
    examine(
        [public_folder], Reader(plain_rules(), NO_TRACKERS, START), 50
    )  # everything imported late is imported now
    (public_folder / "locked.md").chmod(0)
    (public_folder / "closed").chmod(0)
    denied = "cannot be read: Permission denied"
    assert as_nobody([public_folder]) == (3, {("locked.md", denied), ("closed", denied)})


def test_a_path_inside_an_unreadable_folder_is_wrong_use(public_folder: Path) -> None:
    inner = public_folder / "closed"
    inner.mkdir()
    inner.chmod(0)
    assert as_nobody([inner / "a.md"]) == f"{inner / 'a.md'}: Permission denied"
