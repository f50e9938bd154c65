"""tools/build_notebooks.py: the same bytes each time, nothing of the author's lost, valid stubs."""

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils import paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import build_notebooks as build

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def course(tmp_path):
    """A course of one lesson with one exercise, built."""
    exercises = tmp_path / "lessons" / "exercises"
    exercises.mkdir(parents=True)
    shutil.copy(FIXTURES / "good_notebook.py", tmp_path / "lessons" / "01_good.py")
    shutil.copy(FIXTURES / "good_exercise.py", exercises / "01_good.py")
    build.build_all(tmp_path)
    return tmp_path


def read(path):
    return nbformat.read(path, as_version=4)


def change(path, old, new):
    """Edit a notebook as the browser would: one replacement in one cell, saved with other ids."""
    notebook = read(path)
    assert sum(old in cell.source for cell in notebook.cells) == 1
    for number, cell in enumerate(notebook.cells):
        cell.source = cell.source.replace(old, new)
        cell.id = f"browser{number}"
    nbformat.write(notebook, path)


def exercise(tmp_path, code):
    script = tmp_path / "exercises" / "01_new.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"# %% [markdown]\n# # Exercise\n\n# %%\n{code}\n")
    return script


def test_the_same_bytes_wherever_it_is_built(course, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "01_good.py"
    shutil.copy(course / "lessons/01_good.py", elsewhere)
    text = build.render(elsewhere)
    assert (course / "notebooks/01_good.ipynb").read_bytes() == text.encode()
    assert text.endswith("}\n") and not text.endswith("\n\n")
    nbformat.validate(json.loads(text))


def test_metadata_ids_and_outputs(course):
    notebook = read(course / "notebooks/01_good.ipynb")
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.rise == {
        "theme": "white",
        "center": False,
        "scroll": True,
        "transition": "none",
        "slideNumber": "c/t",
        "start_slideshow_at": "beginning",
    }
    assert notebook.metadata.kernelspec.name == "python3"
    assert [cell.id for cell in notebook.cells[:2]] == ["01_good-01", "01_good-02"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.parametrize(
    ("kind", "source", "tags", "expected"),
    [
        ("markdown", "# Title", [], "slide"),
        ("markdown", "## Section\n\ntext", [], "slide"),
        ("markdown", "### Part", [], "subslide"),
        ("markdown", "#### Detail", [], None),
        ("markdown", "#nothing", [], None),
        ("markdown", "text\n## not first", [], None),
        ("code", "# a comment", [], None),
        ("markdown", "text", ["fragment"], "fragment"),
        ("markdown", "text", ["note"], "notes"),
        ("markdown", "## For readers", ["read"], "skip"),
        ("code", "STEPS = None", ["parameters"], None),
        ("code", "plt.plot(x)", ["hide"], None),
        ("markdown", "## What may be skipped", ["optional"], "slide"),
    ],
)
def test_slide_types(kind, source, tags, expected):
    assert build.slide_type(kind, source, tags) == expected


def test_slide_types_stand_in_the_notebook(course):
    cells = read(course / "notebooks/01_good.ipynb").cells
    types = [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in cells]
    assert types == [
        "slide",
        "slide",
        "notes",
        "-",
        "-",
        "slide",
        "notes",
        "-",
        "-",
        "skip",
        "subslide",
        "-",
        "fragment",
        "slide",
        "notes",
        "-",
    ]


def test_comments_that_look_like_commands_stay_comments(tmp_path):
    source = "# cat and dog\n# ! careful\n# %d items\nx = 1"
    (tmp_path / "01_new.py").write_text(f"# %%\n{source}\n")
    assert json.loads(build.render(tmp_path / "01_new.py"))["cells"][0]["source"] == (
        source.splitlines(keepends=True)
    )


def test_a_second_build_writes_nothing_and_a_changed_script_is_built(course):
    assert build.build_all(course) == []
    script = course / "lessons/01_good.py"
    script.write_text(script.read_text().replace("squares", "tiles"))
    assert build.build_all(course) == [course / "notebooks/01_good.ipynb"]
    assert "black tiles" in (course / "notebooks/01_good.ipynb").read_text()


def test_an_executed_notebook_is_overwritten(course):
    path = course / "notebooks/01_good.ipynb"
    clean, notebook = path.read_bytes(), read(path)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="done")]
    notebook.cells[3].execution_count = 7
    notebook.metadata.language_info.version = "3.12.1"
    nbformat.write(notebook, path)
    assert build.build_all(course) == [path]
    assert path.read_bytes() == clean


def test_an_edited_notebook_is_refused_and_everything_stays(course, capsys):
    lesson = course / "notebooks/01_good.ipynb"
    solved = course / "notebooks/solutions/01_good.ipynb"
    change(lesson, "two black squares", "my alt text")
    change(solved, "Count the overlap", "Count it")
    before = lesson.read_bytes(), solved.read_bytes()
    script = course / "lessons/01_good.py"
    script.write_text(script.read_text().replace("9 minutes", "8 minutes"))
    assert build.main([], course) == 1
    said = capsys.readouterr().err
    assert "notebooks/01_good.ipynb was edited in the browser" in said
    assert "`course bring-back 01_good`" in said
    assert "edit in lessons/exercises/01_good.py" in said
    assert (lesson.read_bytes(), solved.read_bytes()) == before
    assert build.main(["--force"], course) == 0
    assert "my alt text" not in lesson.read_text()


@pytest.mark.parametrize("what", ["source", "tag", "new cell", "deleted cell"])
def test_every_kind_of_edit_is_noticed(course, what):
    path = course / "notebooks/01_good.ipynb"
    notebook = read(path)
    if what == "source":
        notebook.cells[0].source += "\nOne more sentence."
    elif what == "tag":
        notebook.cells[8].metadata["tags"] = ["fragment"]
    elif what == "new cell":
        notebook.cells.append(nbformat.v4.new_code_cell("print(run)"))
    else:
        del notebook.cells[8]
    nbformat.write(notebook, path)
    with pytest.raises(ValueError, match="edited in the browser"):
        build.build_all(course)


def test_a_file_that_is_no_notebook_is_named(course):
    (course / "notebooks/01_good.ipynb").write_text("<<<<<<< HEAD")
    with pytest.raises(ValueError, match="01_good.ipynb is not a notebook"):
        build.build_all(course)


def test_bring_back_leaves_an_unedited_script_as_it_is(course):
    script = course / "lessons/01_good.py"
    before = script.read_text()
    assert build.bring_back("01", course) == script
    assert script.read_text() == before


def test_bring_back_then_build_gives_the_edited_notebook(course):
    path = course / "notebooks/01_good.ipynb"
    change(path, "two black squares", "my alt text")
    notebook = read(path)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="done")]
    notebook.cells.insert(9, nbformat.v4.new_markdown_cell("#### New\n\nA list:\n\n- $a_1$\n- `x`"))
    notebook.cells[9].metadata["tags"] = ["fragment"]
    notebook.cells.append(nbformat.v4.new_code_cell(""))
    nbformat.write(notebook, path)
    edited = [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in notebook.cells]
    assert build.main(["--bring-back", "01"], course) == 0
    assert build.build_all(course) == [path]
    cells = read(path).cells
    assert [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in cells] == edited
    assert cells[9].metadata.slideshow.slide_type == "fragment"
    assert cells[3].outputs == []


def test_bring_back_makes_the_script_of_a_new_notebook(course):
    new = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# New")])
    nbformat.write(new, course / "notebooks/02_new.ipynb")
    assert build.bring_back("02", course).read_text() == "# %% [markdown]\n# # New\n"


def test_bring_back_does_not_overwrite_a_script_that_changed_too(course):
    change(course / "notebooks/01_good.ipynb", "two black squares", "my alt text")
    script = course / "lessons/01_good.py"
    script.write_text(script.read_text().replace("9 minutes", "8 minutes"))
    with pytest.raises(ValueError, match="has changed too"):
        build.bring_back("01", course)
    build.bring_back("01", course, force=True)
    assert "9 minutes" in script.read_text() and "my alt text" in script.read_text()


@pytest.mark.parametrize("spoil", ["marker", "picture"])
def test_bring_back_refuses_what_a_script_cannot_hold(course, spoil):
    path, notebook = course / "notebooks/01_good.ipynb", read(course / "notebooks/01_good.ipynb")
    if spoil == "marker":
        notebook.cells[4].source += "\n# %% a comment that would split the cell"
    else:
        notebook.cells[8]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    nbformat.write(notebook, path)
    before = (course / "lessons/01_good.py").read_text()
    with pytest.raises(ValueError, match="cannot hold"):
        build.bring_back("01", course)
    assert (course / "lessons/01_good.py").read_text() == before


def panel(path, number, slide):
    """Set a cell's slide type as RISE's panel does."""
    notebook = read(path)
    notebook.cells[number].metadata.pop("slideshow", None)
    if slide:
        notebook.cells[number].metadata["slideshow"] = {"slide_type": slide}
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    ("slide", "tags"), [("fragment", ["fragment"]), ("notes", ["note"]), ("skip", ["read"])]
)
def test_a_slide_type_set_in_rises_panel_comes_back_as_a_tag(course, slide, tags):
    path = course / "notebooks/01_good.ipynb"
    number = next(n for n, cell in enumerate(read(path).cells) if not cell.metadata)
    panel(path, number, slide)
    with pytest.raises(ValueError, match="was edited in the browser"):
        build.build_all(course)
    build.bring_back("01", course)
    build.build_all(course)
    cell = read(path).cells[number]
    assert cell.metadata.tags == tags and cell.metadata.slideshow.slide_type == slide
    panel(path, number, None)
    build.bring_back("01", course)
    build.build_all(course)
    assert "tags" not in read(path).cells[number].metadata


@pytest.mark.parametrize("slide", ["slide", "subslide", None])
def test_a_slide_type_that_no_heading_gives_is_refused(course, slide):
    path, script = course / "notebooks/01_good.ipynb", course / "lessons/01_good.py"
    before = script.read_text()
    number = next(
        n
        for n, cell in enumerate(read(path).cells)
        if bool(cell.metadata.get("slideshow")) is not bool(slide) and "tags" not in cell.metadata
    )
    panel(path, number, slide)
    with pytest.raises(ValueError, match=f"cell {number + 1} .* slides come from headings"):
        build.bring_back("01", course)
    assert script.read_text() == before


@pytest.mark.parametrize("cells", [[], [nbformat.v4.new_code_cell(" ")]])
def test_an_emptied_notebook_does_not_empty_its_lesson(course, cells):
    script = course / "lessons/01_good.py"
    before = script.read_text()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), course / "notebooks/01_good.ipynb")
    with pytest.raises(ValueError, match="is empty"):
        build.bring_back("01", course)
    assert script.read_text() == before


def test_an_attachment_that_no_text_names_is_not_dropped(course):
    path, notebook = course / "notebooks/01_good.ipynb", read(course / "notebooks/01_good.ipynb")
    notebook.cells[0]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    nbformat.write(notebook, path)
    with pytest.raises(ValueError, match="was edited in the browser"):
        build.build_all(course)


def test_check_names_stale_missing_and_orphaned_notebooks(course, capsys):
    assert build.main(["--check"], course) == 0
    assert capsys.readouterr().out == ""
    path = course / "notebooks/01_good.ipynb"
    path.write_bytes(path.read_bytes() + b"\n")
    (course / "notebooks/exercises/01_good.ipynb").unlink()
    (course / "notebooks/99_gone.ipynb").write_text("{}")
    assert build.main(["--check"], course) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.rpartition(" ")[2] for line in said] == [
        "notebooks/01_good.ipynb",
        "notebooks/99_gone.ipynb",
        "notebooks/exercises/01_good.ipynb",
    ]
    assert all("`make notebooks`" in line for line in said)
    assert not (course / "notebooks/exercises/01_good.ipynb").exists()


def test_names_choose_lessons_and_an_unknown_one_is_an_error(course, capsys):
    shutil.copy(course / "lessons/01_good.py", course / "lessons/02_other.py")
    written = build.build_all(course, ["lessons/02_other.py"])
    assert written == [course / "notebooks/02_other.ipynb"]
    assert build.main(["77"], course) == 1
    assert "no lesson '77'" in capsys.readouterr().err


def test_stub_and_solution(course):
    stub = read(course / "notebooks/exercises/01_good.ipynb").cells
    solved = read(course / "notebooks/solutions/01_good.ipynb").cells
    assert stub[0].source.startswith("# Exercises 01") and len(stub) == 4
    assert solved[0].source.startswith("# Solutions 01") and len(solved) == 5
    assert stub[2].source.endswith('arrays."""\n    return ...  # your code here')
    assert stub[3].source == (
        "mask = np.array([True, True, False])\nsame = other = ...  # your code here\n"
        "print(same, other)"
    )
    assert "Count the overlap" in solved[3].source and "tags" not in solved[3].metadata
    assert "solution" not in "".join(cell.source for cell in solved[1:])


def test_an_untouched_stub_runs_and_the_solution_solves(course):
    results = {}
    for kind in ("exercises", "solutions"):
        cells = read(course / f"notebooks/{kind}/01_good.ipynb").cells
        exec("\n".join(c.source for c in cells if c.cell_type == "code"), space := {})
        results[kind] = (space["same"], space["other"], space["dice"](space["mask"], space["mask"]))
    assert results == {"exercises": (..., ..., ...), "solutions": (1.0, 0.0, 1.0)}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("# solution\nx = 1", "in pairs"),
        ("x = 1\n# end solution", "in pairs"),
        ("# solution\nprint(1)\n# end solution", "return or assign"),
        ("# solution\nx = (\n# end solution", "never closed"),
    ],
)
def test_wrong_marks_are_named(tmp_path, code, said):
    with pytest.raises(ValueError, match=f"lessons/exercises/01_new.py: .*{said}"):
        build.render(exercise(tmp_path, code))


def test_an_exercise_must_say_so_in_its_title(tmp_path):
    script = exercise(tmp_path, "x = 1")
    script.write_text(script.read_text().replace("Exercise", "Overlap"))
    with pytest.raises(ValueError, match='title with the word "Exercise"'):
        build.render(script, solution=True)


def test_the_course_is_built():
    """Each notebook in notebooks/ is byte for byte what lessons/ gives: `make notebooks`."""
    assert [path.relative_to(paths.ROOT).as_posix() for path in build.stale()] == []
