#!/usr/bin/env python3
"""`clip-lab loss` against OpenCLIP's losses: time, memory and accuracy, side by side in one run.

    python3 benches/loss_against_open_clip.py target/release/clip-lab [--pairs 16384] [--turns 3]

Needs torch, open_clip_torch and safetensors. Features are random, 64 dimensions, and made anew. Each side
gets a process of its own for each turn, one warm-up and one measured forward and backward pass; the turns
alternate. Memory is the peak of resident memory over that just before the loss. Accuracy is against
OpenCLIP in float64, at tau from 0.01 to 10, for 3001 pairs: a number that no tile divides.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

DIMENSIONS = 64


def make(path, pairs):
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    image = torch.nn.functional.normalize(torch.randn(pairs, DIMENSIONS), dim=1)
    text = torch.nn.functional.normalize(torch.randn(pairs, DIMENSIONS) + 4 * image, dim=1)
    save_file({"image_features": image, "text_features": text}, path)


def open_clip_loss(loss, image, text, temperature, bias, kind):
    import torch
    from open_clip.loss import ClipLoss, SigLipLoss

    scale = torch.tensor(1 / temperature, dtype=kind)
    if loss == "infonce":
        return ClipLoss()(image, text, scale)
    return SigLipLoss()(image, text, scale, torch.tensor(bias, dtype=kind))


def reference(path, loss):
    """One side's turn: this script runs it in a process of its own."""
    import time

    import torch
    from safetensors.torch import load_file

    features = load_file(path)
    image = features["image_features"].requires_grad_()
    text = features["text_features"].requires_grad_()

    def status(name):
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    def once():
        began = time.perf_counter()
        open_clip_loss(loss, image, text, 0.1, -10.0, torch.float32).backward()
        image.grad = text.grad = None
        return time.perf_counter() - began

    before = status("VmRSS:")
    once()
    print(json.dumps({"seconds": once(), "extra_mib": status("VmHWM:") - before}))


def lab(program, path, loss, *more):
    command = [program, "loss", path, "--loss", loss, "--format", "json", *more]
    return json.loads(subprocess.check_output(command))


def accuracy(program, folder):
    import torch
    from safetensors.torch import load_file

    path, gradients = os.path.join(folder, "odd.safetensors"), os.path.join(folder, "g.safetensors")
    make(path, 3001)
    features = load_file(path)
    for loss in ("infonce", "siglip"):
        for temperature in (0.01, 0.07, 1, 10):
            for precision in ("fp32", "bf16"):
                flags = ["--temperature", str(temperature), "--precision", precision, "--grad", gradients]
                made = lab(program, path, loss, *flags)
                found = load_file(gradients)
                image = features["image_features"].double().requires_grad_()
                text = features["text_features"].double().requires_grad_()
                value = open_clip_loss(loss, image, text, temperature, -10.0, torch.float64)
                value.backward()
                apart = [
                    float((found[name].double() - leaf.grad).norm() / leaf.grad.norm())
                    for name, leaf in (("image_features", image), ("text_features", text))
                ]
                off = abs(made["loss"] / value.item() - 1)
                print(f"{loss} tau {temperature} {precision}: loss {off:.1e}, gradients {max(apart):.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=16384)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "features.safetensors")
        make(path, arguments.pairs)
        for loss in ("siglip", "infonce"):
            ours, theirs = [], []
            for _ in range(arguments.turns):
                command = [sys.executable, __file__, "--reference", path, loss]
                theirs.append(json.loads(subprocess.check_output(command)))
                ours.append(lab(arguments.program, path, loss))
            of = lambda runs, key: statistics.median(run[key] for run in runs)
            seconds = of(theirs, "seconds"), of(ours, "seconds")
            memory = of(theirs, "extra_mib"), of(ours, "extra_mib")
            print(
                f"{loss}, {arguments.pairs} pairs: open_clip {seconds[0]:.2f} s, {memory[0]:.0f} MiB; "
                f"clip-lab {seconds[1]:.2f} s, {memory[1]:.0f} MiB: "
                f"{seconds[0] / seconds[1]:.1f} times as fast, a {memory[0] / memory[1]:.0f}th of the memory"
            )
        accuracy(arguments.program, folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reference"]:
        reference(*sys.argv[2:])
    else:
        main()
