"""A writer that is killed, refused by the disk or not alone leaves the old snapshot or the new."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from data.errors import UnavailableError
from data.index.snapshots import open_newest, save

ROOT = Path(__file__).resolve().parents[2]

STEPS = """
import json, os, signal, sys
from pathlib import Path
import numpy as np
from data.index.snapshots import open_newest, save

CHANGES = {"flock", "fsync", "mkdir", "open", "rename", "rmdir", "truncate", "unlink", "write"}

def revision(number):
    return {"a": np.full(20_000, number), "b": np.arange(number)}, {"revision": number}

def save_until(folder, last, stop):
    # Each change of the disk is two steps: before the system is called, and after it has answered.
    steps = []
    def watch(frame, event, called):
        if event in {"c_call", "c_return"} and called.__name__ in CHANGES:
            if len(steps) == last:
                os.kill(os.getpid(), stop)
            steps.append((event, called.__name__))
    arrays, facts = revision(2)
    sys.setprofile(watch)
    save(folder, arrays, facts)
    sys.setprofile(None)
    return steps

folder = Path(sys.argv[1])
"""


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", STEPS + script, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def revision(number: int) -> tuple[dict[str, npt.NDArray[Any]], dict[str, int]]:
    """Return arrays that tell whether they belong together and to these facts."""
    return {"a": np.full(20_000, number), "b": np.arange(number)}, {"revision": number}


def whole_revision(folder: Path) -> int:
    """Return the revision that is opened, checked to be whole."""
    snapshot = open_newest(folder)
    assert snapshot is not None
    number = int(snapshot.facts["revision"])
    arrays, facts = revision(number)
    assert snapshot.facts == facts
    assert snapshot.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(snapshot.arrays[name], array)
    return number


KILLED_AT_EACH_STEP = """
for step in range(10_000):
    here = folder / str(step)
    save(here, *revision(1))
    child = os.fork()
    if child == 0:
        save_until(here, step, signal.SIGKILL)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(step)
"""


def test_writer_killed_at_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done = run(KILLED_AT_EACH_STEP, tmp_path)
    assert done.stderr == ""
    steps = int(done.stdout)
    assert steps > 40
    found = [whole_revision(tmp_path / str(step)) for step in range(steps + 1)]
    # Once the new one is there, no later crash brings the old one back.
    assert found == sorted(found)
    assert set(found) == {1, 2}
    for step in range(steps + 1):
        save(tmp_path / str(step), *revision(3))
        assert whole_revision(tmp_path / str(step)) == 3
        assert len(list((tmp_path / str(step)).iterdir())) == 2
    assert caplog.messages == []


NAMES_OF_STEPS = """
save(folder, *revision(1))
print(json.dumps([name for event, name in save_until(folder, -1, 0) if event == "c_call"]))
"""


def test_nothing_gets_its_name_before_it_is_on_the_disk(tmp_path: Path) -> None:
    done = run(NAMES_OF_STEPS, tmp_path)
    assert done.stderr == ""
    steps = json.loads(done.stdout)
    durable = [name for name in steps if name in {"fsync", "rename"}]
    # Both files and their folder, the new name, the folder that holds the name; then the old goes.
    assert durable == ["fsync", "fsync", "fsync", "rename", "fsync", "rename"]
    assert "unlink" not in steps[: len(steps) - steps[::-1].index("fsync")]


ENDLESS = """
number = open_newest(folder).facts["revision"]
while True:
    number += 1
    save(folder, *revision(number))
    print(number, flush=True)
"""


def test_writers_killed_at_random_moments_leave_a_whole_snapshot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(3)
    save(tmp_path, *revision(1))
    told = 1
    for _ in range(25):
        with subprocess.Popen(
            [sys.executable, "-c", STEPS + ENDLESS, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            # Readers meet a folder that changes under them.
            for _ in range(chance.randrange(20)):
                whole_revision(tmp_path)
            time.sleep(chance.random() / 100)
            writer.kill()
            lines = writer.stdout.read().split()
        told = int(lines[-1]) if lines else told
        assert whole_revision(tmp_path) >= told
    assert caplog.messages == []


def test_second_writer_is_refused_and_the_first_ends_whole(tmp_path: Path) -> None:
    save(tmp_path, *revision(1))
    script = "save_until(folder, 12, signal.SIGSTOP)"
    with subprocess.Popen([sys.executable, "-c", STEPS + script, str(tmp_path)], cwd=ROOT) as first:
        _, status = os.waitpid(first.pid, os.WUNTRACED)
        try:
            assert os.WIFSTOPPED(status)
            assert len(list(tmp_path.glob("*.unfinished/arrays"))) == 1
            with pytest.raises(UnavailableError) as refused:
                save(tmp_path, *revision(3))
            assert whole_revision(tmp_path) == 1
        finally:
            first.send_signal(signal.SIGCONT)
    assert str(refused.value) == (
        f"Another process is writing the index in {tmp_path}; try again when it has ended."
    )
    assert first.returncode == 0
    assert whole_revision(tmp_path) == 2
    save(tmp_path, *revision(3))
    assert whole_revision(tmp_path) == 3


DISK_ENDS = """
import resource
from data.errors import AppError
save(folder, *revision(1))
long_facts = {}, {"long": "x" * 1000}
for limit, content in [(0, long_facts), (500, long_facts), *(
    (limit, revision(2)) for limit in (0, 1, 100_000, 160_000, 160_015)
)]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        save(folder, *content)
    except AppError as error:
        print(error)
        print(sorted(path.name for path in folder.iterdir()))
"""


def test_disk_that_takes_no_more_is_told_and_leaves_no_half(tmp_path: Path) -> None:
    done = run(DISK_ENDS, tmp_path)
    assert done.stderr == ""
    said = (
        f"The index could not be written in {tmp_path} (File too large): let this user write "
        "there, make room on its disk and try again."
    )
    assert done.stdout.splitlines() == 7 * [said, "['000000000001', 'lock']"]
    assert whole_revision(tmp_path) == 1
