#!/usr/bin/env python3
"""Draws a terminal screen as a PNG.

Reads text with ANSI colours, as `tmux capture-pane -e -p -t PANE` prints it, from a file or from
standard input. Blocks, shades, lines, braille and octants are drawn exactly; other characters come
from a monospace font. Needs Pillow.

    tmux capture-pane -e -p -t lab | tools/screenshot.py -o screen.png
"""

import argparse
import pathlib
import re
import sys
import unicodedata

from PIL import Image, ImageDraw, ImageFont

FONTS = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/System/Library/Fonts/Menlo.ttc",
    "C:/Windows/Fonts/consola.ttf",
]
ANSI16 = [
    (0x1B, 0x20, 0x2B), (0xE0, 0x6C, 0x75), (0x98, 0xC3, 0x79), (0xE5, 0xC0, 0x7B),
    (0x61, 0xAF, 0xEF), (0xC6, 0x78, 0xDD), (0x56, 0xB6, 0xC2), (0xC8, 0xCC, 0xD4),
    (0x5C, 0x63, 0x70), (0xF2, 0x7A, 0x7A), (0x7F, 0xD1, 0xAE), (0xF2, 0xC9, 0x6B),
    (0x7F, 0xB8, 0xF5), (0xB4, 0xA0, 0xF5), (0x6C, 0xD0, 0xE0), (0xFF, 0xFF, 0xFF),
]
FOREGROUND, BACKGROUND = (0xD6, 0xDB, 0xE5), (0x11, 0x14, 0x1B)
TOKEN = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\[[0-9;?]*[A-Za-z]|\x1b[()].|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x0f|\x0e|(.)", re.S)


def xterm(index):
    if index < 16:
        return ANSI16[index]
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    levels = (0, 95, 135, 175, 215, 255)
    return levels[index // 36], levels[index // 6 % 6], levels[index % 6]


class Style:
    """What SGR sequences have set."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.fg = self.bg = None
        self.bold = self.dim = self.italic = self.underline = self.reverse = False

    def apply(self, text):
        codes = [int(code or 0) for code in re.split("[;:]", text)] if text else [0]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 2, 3, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code in (23, 24, 27):
                setattr(self, {23: "italic", 24: "underline", 27: "reverse"}[code], False)
            elif code in (38, 48):
                kind = codes.pop(0)
                color = xterm(codes.pop(0)) if kind == 5 else tuple(codes.pop(0) for _ in range(3))
                setattr(self, "fg" if code == 38 else "bg", color)
            elif code == 39:
                self.fg = None
            elif code == 49:
                self.bg = None
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.fg = ANSI16[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.bg = ANSI16[code - 40 if code < 100 else code - 92]

    def colors(self):
        fg, bg = self.fg or FOREGROUND, self.bg or BACKGROUND
        if self.reverse:
            fg, bg = bg, fg
        if self.dim:
            fg = tuple((f + b) // 2 for f, b in zip(fg, bg))
        return fg, bg


def width(char):
    if char in OCTANTS:
        return 1
    if unicodedata.combining(char) or char in "\ufe0f\u200d":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cells(text):
    """Rows of (column, character, foreground, background, bold, underline)."""
    style, rows = Style(), []
    for line in text.rstrip("\n").split("\n"):
        row, column = [], 0
        for codes, char in TOKEN.findall(line):
            if char and char >= " ":
                fg, bg = style.colors()
                row.append((column, char, fg, bg, style.bold, style.underline))
                column += width(char)
            elif codes or not char:
                style.apply(codes) if codes else None
        rows.append((row, column))
    return rows


# The character of each pattern of 2 x 4 parts, bit by bit from the top left.
OCTANTS = {char: bits for bits, char in enumerate(
    " 𜺨𜺫🮂𜴀▘𜴁𜴂𜴃𜴄▝𜴅𜴆𜴇𜴈▀𜴉𜴊𜴋𜴌🯦𜴍𜴎𜴏𜴐𜴑𜴒𜴓𜴔𜴕𜴖𜴗"
    "𜴘𜴙𜴚𜴛𜴜𜴝𜴞𜴟🯧𜴠𜴡𜴢𜴣𜴤𜴥𜴦𜴧𜴨𜴩𜴪𜴫𜴬𜴭𜴮𜴯𜴰𜴱𜴲𜴳𜴴𜴵🮅"
    "𜺣𜴶𜴷𜴸𜴹𜴺𜴻𜴼𜴽𜴾𜴿𜵀𜵁𜵂𜵃𜵄▖𜵅𜵆𜵇𜵈▌𜵉𜵊𜵋𜵌▞𜵍𜵎𜵏𜵐▛"
    "𜵑𜵒𜵓𜵔𜵕𜵖𜵗𜵘𜵙𜵚𜵛𜵜𜵝𜵞𜵟𜵠𜵡𜵢𜵣𜵤𜵥𜵦𜵧𜵨𜵩𜵪𜵫𜵬𜵭𜵮𜵯𜵰"
    "𜺠𜵱𜵲𜵳𜵴𜵵𜵶𜵷𜵸𜵹𜵺𜵻𜵼𜵽𜵾𜵿𜶀𜶁𜶂𜶃𜶄𜶅𜶆𜶇𜶈𜶉𜶊𜶋𜶌𜶍𜶎𜶏"
    "▗𜶐𜶑𜶒𜶓▚𜶔𜶕𜶖𜶗▐𜶘𜶙𜶚𜶛▜𜶜𜶝𜶞𜶟𜶠𜶡𜶢𜶣𜶤𜶥𜶦𜶧𜶨𜶩𜶪𜶫"
    "▂𜶬𜶭𜶮𜶯𜶰𜶱𜶲𜶳𜶴𜶵𜶶𜶷𜶸𜶹𜶺𜶻𜶼𜶽𜶾𜶿𜷀𜷁𜷂𜷃𜷄𜷅𜷆𜷇𜷈𜷉𜷊"
    "𜷋𜷌𜷍𜷎𜷏𜷐𜷑𜷒𜷓𜷔𜷕𜷖𜷗𜷘𜷙𜷚▄𜷛𜷜𜷝𜷞▙𜷟𜷠𜷡𜷢▟𜷣▆𜷤𜷥█"
)}
QUADRANTS = {"▘": 1, "▝": 2, "▀": 3, "▖": 4, "▌": 5, "▞": 6, "▛": 7, "▗": 8, "▚": 9, "▐": 10, "▜": 11, "▄": 12, "▙": 13, "▟": 14, "█": 15}
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
# Braille's dot numbers, bit by bit, as (column, row).
BRAILLE = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
# Lines: up, down, left, right.
LINES = {"─": "lr", "│": "ud", "━": "lr", "┃": "ud", "╭": "dr", "╮": "dl", "╰": "ur", "╯": "ul", "┌": "dr", "┐": "dl",
         "└": "ur", "┘": "ul", "├": "udr", "┤": "udl", "┬": "dlr", "┴": "ulr", "┼": "udlr"}
DASHES = {"┈": ("h", 4), "╌": ("h", 2), "┄": ("h", 3), "┊": ("v", 4), "╎": ("v", 2), "┆": ("v", 3)}


class Painter:
    """Draws characters into cells of one size."""

    def __init__(self, size, font):
        self.font = ImageFont.truetype(font, size)
        bold = pathlib.Path(font.replace(".ttf", "-Bold.ttf"))
        self.bold = ImageFont.truetype(str(bold), size) if bold.exists() and bold != pathlib.Path(font) else self.font
        self.w = round(self.font.getlength("M"))
        ascent, descent = self.font.getmetrics()
        self.h = 2 * round((ascent + descent) * 1.02 / 2)
        self.h += self.h % 4 and 4 - self.h % 4
        self.base = (self.h - ascent - descent) // 2 + ascent

    def draw(self, draw, x, y, char, fg, bold):
        w, h = self.w, self.h
        if char == " ":
            return
        if char in QUADRANTS or char in OCTANTS:
            rows, bits = (2, QUADRANTS[char]) if char in QUADRANTS else (4, OCTANTS[char])
            for bit in range(2 * rows):
                if bits >> bit & 1:
                    column, row = bit % 2, bit // 2
                    draw.rectangle([x + column * w / 2, y + row * h / rows, x + (column + 1) * w / 2 - 0.01, y + (row + 1) * h / rows - 0.01], fill=fg)
        elif char in "▁▂▃▄▅▆▇":
            part = (ord(char) - 0x2580) / 8
            draw.rectangle([x, y + h * (1 - part), x + w - 1, y + h - 1], fill=fg)
        elif char in SHADES:
            return self.shade(draw, x, y, fg, SHADES[char])
        elif 0x2800 <= ord(char) <= 0x28FF:
            self.braille(draw, x, y, ord(char) - 0x2800, fg)
        elif char in LINES:
            self.lines(draw, x, y, char, fg)
        elif char in DASHES:
            way, n = DASHES[char]
            for i in range(n):
                if way == "h":
                    a = x + i * w / n
                    draw.line([a, y + h // 2, a + w / n / 2, y + h // 2], fill=fg)
                else:
                    a = y + i * h / n
                    draw.line([x + w // 2, a, x + w // 2, a + h / n / 2], fill=fg)
        else:
            font = self.bold if bold else self.font
            draw.text((x, y + self.base), char, font=font, fill=fg, anchor="ls")

    def braille(self, draw, x, y, bits, fg):
        r = max(1.0, self.w / 6.4)
        for bit, (column, row) in enumerate(BRAILLE):
            if bits >> bit & 1:
                cx, cy = x + (column + 0.5) * self.w / 2, y + (row + 0.5) * self.h / 4
                draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill=fg)

    def lines(self, draw, x, y, char, fg):
        w, h = self.w, self.h
        cx, cy = x + w // 2, y + h // 2
        thick = max(1, h // 16) * (2 if char in "━┃" else 1)
        ends = {"u": (cx, y), "d": (cx, y + h), "l": (x, cy), "r": (x + w, cy)}
        if char in "╭╮╰╯":
            (vx, vy), (hx, hy) = ends["d" if char in "╭╮" else "u"], ends["r" if char in "╭╰" else "l"]
            radius = w // 2
            ay, ax = cy + (radius if vy > cy else -radius), cx + (radius if hx > cx else -radius)
            self.bar(draw, (vx, vy), (cx, ay), thick, fg)
            self.bar(draw, (hx, hy), (ax, cy), thick, fg)
            box = [min(cx, 2 * ax - cx), min(cy, 2 * ay - cy), max(cx, 2 * ax - cx), max(cy, 2 * ay - cy)]
            start = {"╭": 180, "╮": 270, "╯": 0, "╰": 90}[char]
            draw.arc([box[0] - thick // 2, box[1] - thick // 2, box[2] + thick // 2, box[3] + thick // 2], start, start + 90, fill=fg, width=thick)
            return
        for way in LINES[char]:
            self.bar(draw, (cx, cy), ends[way], thick, fg)

    @staticmethod
    def bar(draw, a, b, thick, fg):
        """A horizontal or vertical line that meets its neighbours exactly."""
        (x0, x1), (y0, y1) = sorted((a[0], b[0])), sorted((a[1], b[1]))
        before, after = thick // 2, (thick - 1) // 2
        draw.rectangle([x0 - before, y0 - before, x1 + after, y1 + after], fill=fg)

    def shade(self, draw, x, y, fg, part):
        step = max(2, self.h // 8)
        for row in range(0, self.h, step):
            for column in range(0, self.w, step):
                key = (row // step * 2 + column // step % 2 * 3) % 4
                if key < part * 4:
                    draw.rectangle([x + column, y + row, min(x + column + step // 2, x + self.w - 1), y + row + step // 2], fill=fg)


def picture(text, size, font, margin):
    rows = cells(text)
    painter = Painter(size, font)
    columns = max((end for _, end in rows), default=1)
    # Drawn large and scaled down, so that dots and corners are round.
    image = Image.new("RGB", (columns * painter.w + 2 * margin, len(rows) * painter.h + 2 * margin), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for paint in ("back", "front"):
        for i, (row, _) in enumerate(rows):
            for column, char, fg, bg, bold, underline in row:
                x, y = margin + column * painter.w, margin + i * painter.h
                if paint == "back":
                    draw.rectangle([x, y, x + max(1, width(char)) * painter.w - 1, y + painter.h - 1], fill=bg)
                else:
                    painter.draw(draw, x, y, char, fg, bold)
                    if underline:
                        draw.line([x, y + painter.h - 2, x + painter.w, y + painter.h - 2], fill=fg)
    return image


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default="-", help="text with ANSI colours; - is standard input")
    parser.add_argument("-o", "--out", required=True, help="the PNG to write")
    parser.add_argument("--size", type=int, default=16, help="height of the font in pixels")
    parser.add_argument("--margin", type=int, default=12, help="pixels around the screen")
    parser.add_argument("--font", default=next((f for f in FONTS if pathlib.Path(f).exists()), None), help="a monospace TrueType font")
    args = parser.parse_args()
    if not args.font:
        parser.error("no monospace font was found: name one with --font")
    text = sys.stdin.read() if args.file == "-" else pathlib.Path(args.file).read_text(encoding="utf-8")
    large = picture(text, args.size * 2, args.font, args.margin * 2)
    large.resize((large.width // 2, large.height // 2), Image.LANCZOS).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
