"""The bench of cells reports what its readers parse."""

import json

import pytest
import torch

from liquid_control.errors import ConfigError
from liquid_control.research.bench_cells import bench_cells


def test_the_report_has_every_figure_by_cell_name():
    pytest.importorskip("onnxruntime")
    report = json.loads(json.dumps(bench_cells(True, cells=["wired_cfc", "gru"], repeats=1)))
    for part in ("forward_backward", "onnx_step"):
        assert report[part]["wired_cfc"]["vs_ncps"] > 0
        assert report[part]["gru"]["vs_ncps"] is None
        assert all(
            figures["ms"] > 0 and figures["vs_lstm"] > 0 for figures in report[part].values()
        )
    assert report["machine"]["threads"] == 1


def test_a_device_that_is_not_there_gets_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device, line in (("cuda", "torch .* sees no GPU; .* ask for 'cpu'"), ("tpu", "choose")):
        with pytest.raises(ConfigError, match=line):
            bench_cells(False, cells=["gru"], device=device)
