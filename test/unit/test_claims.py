"""Every experiment on the claims of the literature runs, and its numbers are sane."""

import json

import pytest

torch = pytest.importorskip("torch")

from liquid_control.cli.main import main  # noqa: E402
from liquid_control.errors import ConfigError  # noqa: E402
from liquid_control.research.claims import CLAIMS, Proportion, Spread, cases, run_claim  # noqa: E402
from liquid_control.research.claims._training import (  # noqa: E402
    VARIANTS,
    Batch,
    build,
    count_right,
    free_parameters,
    train,
)
from liquid_control.research.claims.forgetting import sequences  # noqa: E402
from liquid_control.research.claims.irregular_xor import streams  # noqa: E402
from liquid_control.research.claims.noise import oscillations  # noqa: E402


@pytest.fixture(scope="module")
def results():
    return {name: run_claim(name, small=True) for name in CLAIMS}


@pytest.mark.parametrize("name", CLAIMS)
def test_an_experiment_has_one_row_a_case_and_a_table_of_text(results, name):
    result = results[name]
    assert tuple(row["case"] for row in result.rows) == cases(name)
    assert result.small
    assert result.settings.get("seeds") or "seed" in result.settings
    table = result.table()
    assert len(table) == 1 + len(result.rows)
    assert all(len(row) == len(table[0]) and all(row) for row in table)
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_row_says_how_many_parameters_it_compares(results, name):
    assert all(row["parameters"] > 0 for row in results[name].rows)


OWN_CLAIM = """
from dataclasses import dataclass

QUESTION = "Does it count?"
CASES = ("one", "two")

@dataclass(frozen=True)
class Settings:
    times: int = 3

FULL, SMALL = Settings(), Settings(1)

def measure(case, settings):
    return {"parameters": settings.times}
"""


def test_an_experiment_of_ones_own_is_run_from_its_file(tmp_path):
    (tmp_path / "counting.py").write_text(OWN_CLAIM)
    result = run_claim(str(tmp_path / "counting.py"))
    assert [row["parameters"] for row in result.rows] == [3, 3]
    assert result.name == "counting"


def test_an_experiment_that_there_is_not_gets_one_line(tmp_path):
    with pytest.raises(ConfigError, match="no claim is called 'luck'; choose one of boundedness"):
        run_claim("luck")
    (tmp_path / "half.py").write_text(OWN_CLAIM.replace("def measure", "def count"))
    with pytest.raises(ConfigError, match=r"half.py' lacks measure"):
        cases(str(tmp_path / "half.py"))


def test_an_experiment_that_was_stopped_goes_on_after_its_finished_cases(tmp_path):
    class StoppedError(Exception):
        pass

    def stop_at_the_third(case):
        if case == cases("noise")[2]:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_claim("noise", small=True, on_case=stop_at_the_third, folder=tmp_path)
    finished = sorted((tmp_path / "noise").glob("*.json"))
    assert len(finished) == 2
    before = [path.read_bytes() for path in finished]
    result = run_claim("noise", small=True, folder=tmp_path)
    assert [path.read_bytes() for path in finished] == before
    assert result == run_claim("noise", small=True, folder=tmp_path)


def test_a_finished_case_of_other_settings_is_measured_anew(tmp_path):
    run_claim("noise", small=True, folder=tmp_path)
    path = tmp_path / "noise" / "cfc.json"
    other = json.loads(path.read_text())
    other["settings"]["steps"] += 1
    other["row"]["parameters"] = -1
    path.write_text(json.dumps(other))
    assert run_claim("noise", small=True, folder=tmp_path).rows[0]["parameters"] > 0


def test_every_share_lies_in_its_interval(results):
    shares = [
        value
        for result in results.values()
        for row in result.rows
        for value in row.values()
        if isinstance(value, Proportion)
    ]
    assert len(shares) > 50
    assert all(0 <= share.low <= share.share <= share.high <= 1 for share in shares)


def test_a_streaming_state_stays_as_large_as_it_was_while_an_attention_cache_grows(results):
    result = results["sequence_cost"]
    *cells, attention = result.rows
    assert all(row["bytes kept"] == row["bytes kept, longest"] for row in cells)
    lengths = result.settings["lengths"]
    growth = attention["bytes kept, longest"] / attention["bytes kept"]
    assert growth == lengths[-1] / lengths[0]
    assert attention["steps run"] == 0, "its cache is filled at once, which the table must say"


def test_every_cell_really_runs_all_steps_and_its_state_stays_finite(results):
    for row in results["sequence_cost"].rows[:-1]:
        assert row["steps run"] == results["sequence_cost"].settings["lengths"][-1]
        assert row["finite"] == "yes"


def test_no_state_exceeds_its_proven_bound(results):
    proven = [row for row in results["boundedness"].rows if row["bound"] is not None]
    assert {row["case"] for row in proven} == {"cfc", "ltc", "wired_cfc", "strict", "gru"}
    for row in proven:
        assert row["finite"] == "yes"
        assert row["largest state"].high <= row["bound"] + 1e-5
        assert row["largest state, wild inputs"].high <= row["bound"] + 1e-5


def test_a_network_without_memory_has_no_gradient_from_the_past(results):
    row = next(row for row in results["boundedness"].rows if row["case"] == "feedforward")
    assert row["gradient 1 back"].high == 0


def test_a_perfect_predictor_scores_one_with_an_interval_below_one():
    def reads_the_cue(batch: Batch):
        return batch.xs[:, 0, 0]

    def task(generator, count):
        return sequences(generator, count, steps=5, second=False)

    right = count_right(reads_the_cue, task, tests=2500, seed=0)
    perfect = Proportion.count(right, 2500)
    assert perfect.share == 1
    assert 0.99 < perfect.low < 1


def test_a_spread_holds_its_median_and_most_of_its_samples():
    spread = Spread.most([float(i) for i in range(101)])
    assert (spread.low, spread.median, spread.high, spread.samples) == (5, 50, 95, 101)
    assert str(Spread.full([2.0])) == "2"


def test_events_and_times_give_the_parity_of_the_stream_back():
    batch = streams(torch.Generator().manual_seed(3), 300, bits=12)
    for xs, dts, last, label in zip(*batch, strict=True):
        bits, now = [], None
        events = torch.cat([xs, dts], dim=1)[: last + 1]
        for bit, elapsed in events.tolist():
            bits += [bit if now is None else now] * (int(elapsed) - 1) + [bit]
            now = bit
        assert 2 <= len(bits) <= 12
        assert sum(bits) % 2 == label


def test_time_goes_where_it_is_asked_for_and_nowhere_else():
    by_dt, by_input, nowhere = (
        streams(torch.Generator().manual_seed(0), 50, bits=8, time=time)
        for time in ("dt", "input", "none")
    )
    assert torch.equal(by_dt.dts[..., 0], by_input.xs[..., 1])
    assert (by_input.dts == 1).all()
    assert (nowhere.dts == 1).all()
    assert nowhere.xs.shape[2] == 1


def test_the_two_tasks_ask_different_questions_of_the_same_kind_of_sequence():
    first, second = (
        sequences(torch.Generator().manual_seed(0), 400, steps=8, second=second)
        for second in (False, True)
    )
    assert torch.equal(first.xs[..., :2], second.xs[..., :2])
    assert 0.4 < (first.labels == second.labels).float().mean() < 0.6


def test_noise_is_added_to_the_inputs_and_to_nothing_else():
    clean, noisy = (
        oscillations(torch.Generator().manual_seed(0), 400, steps=16, noise=noise)
        for noise in (0.0, 0.5)
    )
    assert torch.equal(clean.labels, noisy.labels)
    assert (noisy.xs - clean.xs).std().item() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_cells_are_compared_at_about_one_number_of_parameters(variant):
    count = free_parameters(build(variant, 2, 3000, seed=0))
    assert count == pytest.approx(3000, rel=0.25)


def test_training_learns_and_the_same_seed_gives_the_same_network():
    def task(generator, count):
        return sequences(generator, count, steps=4, second=False)

    def trained():
        model = build("gru", 3, 500, seed=1)
        train(model, task, updates=60, batch=32, rate=1e-2, seed=1)
        return model

    one, other = trained(), trained()
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert count_right(one, task, tests=500, seed=9) > 450


def test_an_unknown_experiment_is_one_line():
    with pytest.raises(ConfigError, match="no claim is called 'nosie'; choose one of"):
        run_claim("nosie")


def run(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["liquid-control", *arguments])
    code = main()
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_bench_claims_writes_its_table_as_json_and_markdown(monkeypatch, capsys, tmp_path):
    json_file, markdown = tmp_path / "all" / "claims.json", tmp_path / "claims.md"
    arguments = ["--only", "irregular_xor", "--small"]
    files = ["--json", str(json_file), "--markdown", str(markdown)]
    code, out, _ = run(monkeypatch, capsys, "bench", "claims", *arguments, *files)
    assert code == 0
    assert "cfc" in out
    (result,) = json.loads(json_file.read_text())
    assert result["name"] == "irregular_xor"
    assert {"right", "of", "low", "high"} <= set(result["rows"][0]["accuracy"])
    text = markdown.read_text()
    assert "liquid-control bench claims --only irregular_xor --small" in text
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 2 + len(
        result["rows"]
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["bench", "claims", "--only", "nosie"], "no claim is called 'nosie'"),
        (["bench", "cells", "--against", "torch"], "cannot compare with 'torch'"),
    ],
)
def test_a_wrong_name_on_the_command_line_is_one_line(monkeypatch, capsys, arguments, text):
    code, _, error = run(monkeypatch, capsys, *arguments)
    assert code == 1
    assert text in error
    assert len(error.strip().splitlines()) == 1
