"""Pictures decoded, resized, cropped and normalised: clip-lab's loader against torchvision's with two workers.

    cargo build --release --example pictures
    python3 benches/decode.py target/release/examples/pictures

Needs torch, torchvision and scikit-learn (whose two photographs are tiled to the size asked for). Both sides get the
same JPEG files, two workers or threads, bicubic to 224, centre crop, CLIP's normalisation; they take turns, the first
turn of each is thrown away, and medians are compared.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sklearn.datasets
import torch
from PIL import Image
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
TURNS = 5


def make(folder, width, height, count):
    photos = Path(sklearn.datasets.__file__).parent / "images"
    photos = [Image.open(photos / name).convert("RGB") for name in ("china.jpg", "flower.jpg")]
    (folder / "class").mkdir(parents=True)
    for i in range(count):
        picture = Image.new("RGB", (width, height))
        # Tiles of the photographs' own pixels, so that they compress as photographs do.
        for y in range(-(i * 7 % 400), height, 427):
            for x in range(-(i * 13 % 600), width, 640):
                picture.paste(photos[(x // 640 + y // 427 + i) % 2], (x, y))
        picture.save(folder / "class" / f"{i:04}.jpg", quality=90)


def main(program):
    transform = T.Compose([T.Resize(224, T.InterpolationMode.BICUBIC), T.CenterCrop(224), T.ToTensor(),
                           T.Normalize(MEAN, STD)])
    for width, height, count in ((640, 480, 400), (1920, 1080, 100)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make(folder, width, height, count)
            loader = torch.utils.data.DataLoader(ImageFolder(folder, transform), batch_size=32, num_workers=2,
                                                 persistent_workers=True)
            theirs, ours = [], []
            for _ in range(TURNS + 1):
                start = time.perf_counter()
                assert sum(len(batch) for batch, _ in loader) == count
                theirs.append(count / (time.perf_counter() - start))
                out = subprocess.run([program, "--threads", "2", str(folder / "class")], check=True,
                                     capture_output=True, text=True).stdout
                ours.append(float(re.search(r"([\d.]+) a second", out)[1]))
            a, b = statistics.median(theirs[1:]), statistics.median(ours[1:])
            print(f"{width} x {height}: torchvision {a:.1f} a second, clip-lab {b:.1f}: {b / a:.2f} times as fast "
                  f"(turns {[round(y / x, 2) for x, y in zip(theirs[1:], ours[1:])]})")


main(sys.argv[1])
