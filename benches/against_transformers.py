#!/usr/bin/env python3
"""Images a second through a ViT-B/32 of random weights: transformers against `clip-lab embed`, in turns.

    python3 benches/against_transformers.py target/release/clip-lab [--images 512] [--turns 5] [--threads 2]

Needs transformers, torch, torchvision, Pillow and scikit-learn (its two photographs are the pictures, cut anew for
each file, 640 x 480, JPEG). Both read the same files from disk and end with unit features in memory; clip-lab also
writes them. transformers runs as its documentation does: a processor and `get_image_features` in batches of 32,
in inference mode, on so many threads; once with its default processor and once with the one on Pillow. The features
are compared, too. What starting Python or clip-lab and reading the weights takes is left out of both: clip-lab's own
is measured with one picture and subtracted.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import torch
import transformers
from PIL import Image
from safetensors.torch import load_file
from sklearn.datasets import load_sample_images

BATCH = 32


def pictures(folder, count):
    photos = [Image.fromarray(image) for image in load_sample_images().images]
    for at in range(count):
        photo = photos[at % 2]
        left, top = at * 7 % 60, at * 11 % 40
        crop = photo.crop((left, top, left + 560, top + 380)).resize((640, 480), Image.BICUBIC)
        crop.save(folder / f"{at:04}.jpg", quality=90)


def theirs(model, processor, paths):
    features = []
    with torch.inference_mode():
        for at in range(0, len(paths), BATCH):
            images = [Image.open(path).convert("RGB") for path in paths[at : at + BATCH]]
            inputs = processor(images=images, return_tensors="pt")
            out = model.get_image_features(pixel_values=inputs["pixel_values"])
            out = out if isinstance(out, torch.Tensor) else out.pooler_output
            features.append(torch.nn.functional.normalize(out, dim=-1))
    return torch.cat(features)


def ours(binary, model, paths, out, threads, precision="fp32"):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    begun = time.perf_counter()
    command = [binary, "embed", "--model", model, "--precision", precision, "--out", out, "--images", *map(str, paths)]
    subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "images").mkdir()
        pictures(folder / "images", args.images)
        paths = sorted((folder / "images").iterdir())
        model = transformers.CLIPModel(transformers.CLIPConfig()).eval()
        model.save_pretrained(folder / "model")
        size = {"shortest_edge": 224}
        processors = {
            "default": transformers.CLIPImageProcessor(size=size),
            "Pillow": transformers.CLIPImageProcessorPil(size=size),
        }
        processors["Pillow"].save_pretrained(folder / "model")
        tokenizer = pathlib.Path(__file__).parent.parent / "tests/fixtures/checkpoint/hf_clip"
        for name in ["tokenizer.json", "tokenizer_config.json"]:
            (folder / "model" / name).write_bytes((tokenizer / name).read_bytes())
        out, one = folder / "out.safetensors", folder / "one.safetensors"
        features = {name: theirs(model, p, paths[:64]) for name, p in processors.items()}
        ours(args.binary, folder / "model", paths[:64], out, args.threads)
        mine = load_file(out)["image_features"]
        ours(args.binary, folder / "model", paths[:64], out, args.threads, "auto")
        rough = load_file(out)["image_features"]
        print(f"least cosine of a picture's features in fp32 and in auto: {(rough * mine).sum(-1).min():.5f}")
        for name, other in features.items():
            print(f"features differ from transformers' ({name} processor) by at most {(mine - other).abs().max():.1e}")
        ratios = {}
        for turn in range(args.turns):
            rates = {}
            for name, processor in processors.items():
                begun = time.perf_counter()
                theirs(model, processor, paths)
                rates[name] = len(paths) / (time.perf_counter() - begun)
            line = [f"transformers ({name}) {rate:.1f}" for name, rate in rates.items()]
            for precision in ["fp32", "auto"]:
                start = ours(args.binary, folder / "model", paths[:1], one, args.threads, precision)
                spent = ours(args.binary, folder / "model", paths, out, args.threads, precision) - start
                mine = (len(paths) - 1) / spent
                line.append(f"clip-lab ({precision}) {mine:.1f}")
                for name, rate in rates.items():
                    ratios.setdefault((precision, name), []).append(mine / rate)
            print(f"turn {turn}, images a second: " + ", ".join(line))
        for (precision, name), all_of in ratios.items():
            all_of.sort()
            print(f"clip-lab ({precision}), times as fast as transformers ({name}): median {all_of[len(all_of) // 2]:.2f}, {all_of[0]:.2f} to {all_of[-1]:.2f}")


main()
