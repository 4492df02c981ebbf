"""The README does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import TOKEN, asgi_server
from front import Front
from mypy import api

PAGE = (Path(__file__).parent.parent / "README.md").read_text()
SAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_first_graph_runs(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    receiver, graph = (sample.replace("http://localhost:8085", front.url) for sample in SAMPLES[:2])
    names = {"__name__": "receiver"}
    exec(receiver, names)
    with asgi_server(names["app"]) as url:
        own = graph.replace("http://127.0.0.1:8090", url).replace(f'("{front.url}"', f'("{front.url}", token="{TOKEN}"')
        exec(own, {"__name__": "graph"})
    output = capsys.readouterr().out
    assert "{'build': {'files': 20}}" in output
    assert "deploys {'to': 'production'}" in output


def test_every_sample_is_typed(tmp_path: Path) -> None:
    assert len(SAMPLES) >= 4
    files = [tmp_path / f"sample_{n}.py" for n, _ in enumerate(SAMPLES)]
    for file, sample in zip(files, SAMPLES, strict=True):
        file.write_text(sample)
    output, errors, status = api.run(["--strict", *map(str, files)])
    assert (status, errors) == (0, ""), output
