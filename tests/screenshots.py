"""Pictures of every screen, for people to look at: `make screenshots`.

They lie in var/screenshots afterwards. `make screenshots ARGS=--readme` renews the few that
README.md shows, in tests/screenshots, as well.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser

from tests.chromium import Watch, launched
from tests.running_server import ROOT, RunningServer, demo_town, running_server
from tests.situation import settled

FOLDER = ROOT / "var" / "screenshots"
README_FOLDER = ROOT / "tests" / "screenshots"
README_LIMIT_BYTES = 250_000
JPEG_QUALITY = 85

SIZES = {"office": (1366, 768), "desk": (1920, 1080), "wall": (3840, 1080)}
THEMES = ("dark", "light")
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
MILLISECONDS_TO_SETTLE = 500


@dataclass(frozen=True)
class Shot:
    """One picture: a size and the state that the address bar holds."""

    name: str
    size: tuple[int, int]
    state: dict[str, str] = field(default_factory=dict)


def shots(grid: str) -> Iterator[Shot]:
    """Yield every picture; `grid` is the code of a grid to drill down to."""
    for (size, pixels), theme, language in product(SIZES.items(), THEMES, LANGUAGES):
        if size == "wall" and (theme, language) != ("dark", "zh-Hans"):
            continue
        state = {"lang": language, "theme": theme, "period": "12m"}
        yield Shot(f"{size}-{theme}-{language}", pixels, state)
    for theme, language in (("dark", "zh-Hans"), ("light", "en")):
        state = {"lang": language, "theme": theme, "period": "12m", "grid": grid}
        yield Shot(f"grid-{theme}-{language}", SIZES["office"], state)


README_SHOTS = ("office-dark-zh-Hans", "grid-light-en")


def a_grid(server: RunningServer) -> str:
    """Return the code of the first grid of the second level."""
    answer = server.get("/api/v1/layers/grids?level=2")
    return str(json.loads(answer.body)["units"]["code"][0])


@dataclass(frozen=True)
class Picture:
    """The same picture twice: to the last pixel, and small."""

    png: bytes
    jpeg: bytes


def take(browser: Browser, url: str, shot: Shot) -> Picture:
    """Open the page, let it settle, and photograph it; stop when the page had errors."""
    width, height = shot.size
    watch = Watch(browser.new_context(viewport={"width": width, "height": height}))
    page = watch.context.new_page()
    page.goto(f"{url}/?{urlencode(shot.state)}", wait_until="networkidle")
    settled(page)
    page.wait_for_timeout(MILLISECONDS_TO_SETTLE)
    picture = Picture(page.screenshot(), page.screenshot(type="jpeg", quality=JPEG_QUALITY))
    watch.context.close()
    if watch.errors or watch.outside:
        raise SystemExit(f"{shot.name}: {watch.errors + watch.outside}")
    return picture


def keep_for_readme(shot: Shot, picture: Picture) -> None:
    """Write a picture that README.md shows; it travels with every clone, so it must be small."""
    if len(picture.jpeg) > README_LIMIT_BYTES:
        raise SystemExit(f"{shot.name} has {len(picture.jpeg)} bytes, over {README_LIMIT_BYTES}.")
    README_FOLDER.mkdir(parents=True, exist_ok=True)
    (README_FOLDER / f"{shot.name}.jpg").write_bytes(picture.jpeg)


def main(arguments: list[str]) -> None:
    """Make a town, run the server over it, and photograph it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gezhi-screenshots-") as folder:
        database_url = f"sqlite:///{Path(folder) / 'gezhi.db'}"
        demo_town(database_url)
        with running_server(database_url) as server, launched() as browser:
            for shot in shots(a_grid(server)):
                picture = take(browser, server.url, shot)
                path = FOLDER / f"{shot.name}.png"
                path.write_bytes(picture.png)
                sys.stdout.write(f"{path.relative_to(ROOT)} {len(picture.png) // 1024} KB\n")
                if "--readme" in arguments and shot.name in README_SHOTS:
                    keep_for_readme(shot, picture)


if __name__ == "__main__":
    main(sys.argv[1:])
