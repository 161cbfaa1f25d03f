#!/usr/bin/env python3
"""A training step of clip-lab against the same model in OpenCLIP, in turns, in one run.

    python3 benches/against_pytorch.py target/release/clip-lab RUN [--batch 64 256] [--turns 5]

RUN is a run folder (`clip-lab run benches/against_pytorch.ron --steps 1 --out RUN`): the model's `open_clip_config.json` of its first
lane says what is built. Needs torch and open_clip_torch; torch.compile needs a C++ compiler. OpenCLIP trains on
random pictures that lie in memory already, with fused AdamW; clip-lab decodes and augments its own. Each turn is
a process of its own on all cores; what is printed is the median of the turns and the ratio of the medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

MODES = ("eager", "autocast", "compile")


def reference(config, mode, batch, steps):
    """One turn of OpenCLIP: this script runs it in a process of its own."""
    import time

    import torch
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP

    with open(config) as file:
        model_config = json.load(file)["model_cfg"]
    vision, text = model_config["vision_cfg"], model_config["text_cfg"]
    text = {key: value for key, value in text.items() if not key.startswith("hf_") and key != "tokenizer_kwargs"}
    torch.manual_seed(0)
    model = CLIP(
        model_config["embed_dim"], vision, text, quick_gelu=model_config.get("quick_gelu", False)
    )
    parameters = sum(p.numel() for p in model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    forward = torch.compile(model) if mode == "compile" else model
    loss_of = ClipLoss()
    side, length = vision["image_size"], text["context_length"]
    pictures = torch.randn(batch, 3, side, side)
    tokens = torch.randint(1, text["vocab_size"] - 1, (batch, length))
    tokens[:, -1] = text["vocab_size"] - 1
    times = []
    for _ in range(steps + 3):
        began = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mode == "autocast"):
            image, caption, scale = forward(pictures, tokens)[:3]
            loss = loss_of(image, caption, scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - began)
    print(json.dumps({"pairs_per_second": batch / statistics.median(times[3:]), "parameters": parameters}))


def last_line(command):
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def lab(program, scenario, batch, steps):
    flags = ["--set", f"batch_size={batch}", "--steps", str(steps), "--format", "json"]
    output = subprocess.run(
        [program, "bench", scenario, *flags], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    lanes = [json.loads(line) for line in output.strip().splitlines()]
    one = next(lane for lane in lanes if lane["lane"] != "all")
    return {**one, "lanes": sum(lane["lane"] != "all" for lane in lanes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("run")
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    arguments = parser.parse_args()
    scenario = os.path.join(arguments.run, "scenario.ron")
    models = os.path.join(arguments.run, "model")
    lanes = sorted(os.listdir(models))
    config = os.path.join(models, lanes[0], "open_clip_config.json")
    for batch in arguments.batch:
        found = {name: [] for name in ("clip-lab", *MODES)}
        for _ in range(arguments.turns):
            one = lab(arguments.program, scenario, batch, arguments.steps)
            if one["lanes"] > 1:
                sys.exit("the run has several lanes, which share the cores: take a scenario with one")
            found["clip-lab"].append(one["pairs_per_second"])
            for mode in MODES:
                command = [sys.executable, __file__, "--reference", config, mode, str(batch)]
                made = last_line([*command, str(arguments.steps)])
                # The lab counts a bias only where there is one.
                if made["parameters"] != one["parameters"]:
                    sys.exit(f"not the same model: {made['parameters']} and {one['parameters']} parameters")
                found[mode].append(made["pairs_per_second"])
        rates = {name: statistics.median(rates) for name, rates in found.items()}
        best = max(MODES, key=rates.get)
        told = ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())
        print(f"batch {batch}, {one['device']}: pairs per second: {told}")
        print(
            f"  clip-lab: {rates['clip-lab'] / rates['eager']:.2f} times eager, "
            f"{rates['clip-lab'] / rates[best]:.2f} times the best of them, {best}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reference"]:
        reference(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
