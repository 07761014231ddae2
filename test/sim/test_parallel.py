"""Flight processes: what they return, what they say when they fail, and that none is left."""

import subprocess
import sys
import time
from pathlib import Path

import flight_work
import psutil
import pytest
from liquid_control_sim.parallel import WorkerError, run_flights

from liquid_control.errors import ConfigError


def run(work, jobs, prepare=flight_work.nothing):
    return list(run_flights(work, jobs, prepare, (), workers=2))


def test_every_job_is_done_once():
    assert sorted(run(flight_work.double, [1, 2, 3, 4, 5])) == [2, 4, 6, 8, 10]


def test_a_mistake_in_the_work_is_told_in_its_own_words():
    with pytest.raises(WorkerError, match=r"^flight 7 failed: ValueError: no fuel for 7$"):
        run(flight_work.stumble, [7])


def test_an_error_that_a_user_can_mend_comes_through_as_it_is():
    with pytest.raises(ConfigError, match=r"^the world has no floor; give it one$"):
        run(flight_work.double, [1], prepare=flight_work.refuse)


@pytest.mark.parametrize(
    ("work", "job", "expected"),
    [
        (flight_work.end_by_signal, "SIGKILL", "ended by SIGKILL; .*memory"),
        (flight_work.end_by_signal, "SIGSEGV", "ended by SIGSEGV; (?!.*memory)"),
        (flight_work.leave, 3, "exit code 3"),
    ],
)
def test_a_process_that_died_is_told_with_its_cause(work, job, expected):
    with pytest.raises(WorkerError, match=expected):
        run(work, [job, job])


def test_killing_the_parent_in_the_first_moment_leaves_no_process():
    script = (
        "import flight_work; from liquid_control_sim.parallel import run_flights\n"
        "if __name__ == '__main__':\n"
        "    list(run_flights(flight_work.double, [1, 2], flight_work.slow, (), workers=2))\n"
    )
    folder = Path(flight_work.__file__).parent
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=folder)
    children: list[psutil.Process] = []
    deadline = time.monotonic() + 30
    while len(children) < 2 and time.monotonic() < deadline:
        children = psutil.Process(parent.pid).children(recursive=True)
        time.sleep(0.002)
    parent.kill()
    parent.wait()
    assert children
    _, alive = psutil.wait_procs(children, timeout=15)
    for child in alive:
        child.kill()
    assert not alive
