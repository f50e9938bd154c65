"""The gate's one execution: every notebook ran, in order, without error, and every lesson learned."""

import json

import nbformat
import pytest

from course_utils import lessons, paths, results

NAMES = sorted(
    str(p.relative_to(paths.NOTEBOOKS))
    for p in paths.NOTEBOOKS.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in p.parts
)

pytestmark = pytest.mark.executed


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_ran_once_in_order_without_error(name):
    executed = paths.EXECUTED / name
    assert executed.is_file(), f"{name} was not executed; run `make test`."
    cells = [c for c in nbformat.read(executed, as_version=4).cells if c.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    sources = [cell.source for cell in nbformat.read(paths.NOTEBOOKS / name, as_version=4).cells]
    assert sources == [c.source for c in nbformat.read(executed, as_version=4).cells]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_to_stderr_but_progress_bars(name):
    cells = nbformat.read(paths.EXECUTED / name, as_version=4).cells
    said = [
        output.text
        for cell in cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert not said, said


@pytest.mark.parametrize("lesson", lessons.LESSONS, ids=lessons.names())
def test_every_lesson_recorded_that_it_beats_its_baselines(lesson):
    path = paths.BUILD / "results" / f"{lesson.name}.synthetic.json"
    entry = json.loads(path.read_text(encoding="utf-8"))
    name = lesson.task("synthetic").metric
    rivals = [numbers[name] for numbers in entry["baselines"].values() if name in numbers]
    gains = [lesson.sign(name) * (entry["metrics"][name] - rival) for rival in rivals]
    assert gains and min(gains) > 0, results.headline(entry)
    assert entry["seconds"] > 0 and entry["peak_mb"] > 50
