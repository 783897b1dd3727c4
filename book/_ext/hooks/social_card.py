"""Draw the picture that messengers and social networks show for a link to a page."""

from __future__ import annotations

import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ..tokens import light
from . import web_assets

SIZE = (1200, 630)
MARGIN = 90
PAPER, INK, SOFT, STATE = map(light, ("paper", "ink", "soft", "accent"))
COLUMNS = {"ko": 15, "en": 26}  # of a title's line at its size


def write(outdir: Path, pagename: str, title: str, project: str, language: str) -> str:
    """Write a page's card below ``outdir``; return its relative path."""
    name = f"_static/cards/{pagename.replace('/', '-')}.png"
    path = outdir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_card(title, project, language).save(path, optimize=True)
    return name


def draw_card(title: str, project: str, language: str) -> Image.Image:
    """Return the card: the title, the book's name, and a chain of states."""
    card = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(card)
    lines = textwrap.wrap(title, COLUMNS[language], break_long_words=False)[:3]
    draw.multiline_text((MARGIN, MARGIN), "\n".join(lines), INK, _font("SemiBold", 76), spacing=24)
    draw.text((MARGIN, SIZE[1] - MARGIN), project, SOFT, _font("Regular", 40), anchor="ls")
    _chain(draw, right=SIZE[0] - MARGIN, bottom=SIZE[1] - MARGIN)
    return card


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    folder = web_assets.packages() / "pretendard/dist/public/static"
    return ImageFont.truetype(str(folder / f"Pretendard-{weight}.otf"), size)


def _chain(draw: ImageDraw.ImageDraw, right: int, bottom: int) -> None:
    side, gap = 64, 46
    for step in range(4):
        x = right - side - step * (side + gap)
        box = (x, bottom - side, x + side, bottom)
        draw.rounded_rectangle(box, 14, fill=STATE if step == 0 else PAPER, outline=STATE, width=5)
        if step:
            middle = bottom - side // 2
            draw.line((x + side, middle, x + side + gap, middle), STATE, 5)
