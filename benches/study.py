#!/usr/bin/env python3
"""Studies over several seeds: runs scenarios, keeps what was evaluated, prints tables with intervals.

    python3 benches/study.py run clip-lab OUT [STUDY ...] [--seeds 5]
    python3 benches/study.py report OUT

Every run's records are kept as OUT/STUDY/SETTING.SEED.jsonl, whole files only: a study that was stopped goes
on where it was. Intervals are Student's t at 95 % over seeds; differences are paired by seed. Standard
library only.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

# Pairs of every rung of the ladder.
PAIRS = 25_600
# Steps of the others, with an evaluation at the end.
SHORT = {"steps": 400, "eval_every": 400}
RUNGS = [8, 64, 512, 2048]


def edited(binary, name, **fields):
    """A bundled scenario (or a file) with some plain fields of `train` replaced."""
    if os.path.exists(name):
        text = open(name).read()
    else:
        text = subprocess.run([binary, "scenarios", name], capture_output=True, text=True, check=True).stdout
    for field, value in fields.items():
        text, count = re.subn(rf"\b{field}: [0-9.e-]+", f"{field}: {value}", text, count=1)
        assert count == 1, f"{name} has no {field}"
    return text


def lanes(text, new):
    """The scenario with other lanes, without what it expects of the old ones."""
    head = text[: text.index("    lanes: [")]
    return head + "    lanes: [\n" + "".join(f"        {lane},\n" for lane in new) + "    ],\n)\n"


def ladder(binary):
    """The same number of pairs at every batch size; the learning rate goes with the root of the batch."""
    for batch in RUNGS:
        steps = PAIRS // batch
        rate = 2e-3 * math.sqrt(batch / 128)
        text = edited(
            binary, "softmax-vs-sigmoid", steps=steps, batch_size=batch, learning_rate=f"{rate:.3g}",
            warmup=max(1, steps // 16), eval_every=steps,
        )
        yield f"{batch:04}", lanes(text, [
            '(name: "softmax", loss: InfoNce, temperature: 0.07)',
            '(name: "sigmoid", loss: SigLip, temperature: 0.1, bias: -10)',
        ])


def bias(binary):
    yield "table4", edited(binary, "bias-ablation", **SHORT)


def noise(binary):
    """Exchanged captions at three shares, random captions and noise pictures at one."""
    def pair(dials):
        return [
            f'(name: "softmax", loss: InfoNce, temperature: 0.07{dials})',
            f'(name: "sigmoid", loss: SigLip, temperature: 0.1, bias: -10{dials})',
        ]
    text = edited(binary, "softmax-vs-sigmoid", **SHORT)
    yield "clean", lanes(text, pair(""))
    for kind, dial, shares in [
        ("pairs", "shuffle_captions", [0.25, 0.5, 0.75]),
        ("captions", "random_captions", [0.5]),
        ("pictures", "noise_images", [0.5]),
    ]:
        for share in shares:
            yield f"{kind}-{share}", lanes(text, pair(f", {dial}: {share}"))


def templates(binary):
    """Learned from names, templates and keywords; zero-shot by every set of templates."""
    yield "mixed", edited(binary, "templates", **SHORT)


def regimes(binary):
    yield "keywords", edited(binary, "three-regimes", **SHORT)


def temperature(binary):
    yield "sweep", edited(binary, "temperature-sweep", **SHORT)


def cats(binary):
    """Cats against dogs on 120 views, by two templates that training knows alike, and by both."""
    yield "120", edited(binary, "cats-and-dogs", **SHORT)


STUDIES = {
    "bias": bias, "noise": noise, "ladder": ladder, "templates": templates, "regimes": regimes,
    "temperature": temperature, "cats": cats,
}
# What is evaluated once a run is done, beside what it evaluates itself.
AFTER = {
    "templates": ["--tasks", "zero-shot"],
    "regimes": ["--tasks", "linear-probe,regimes"],
    "temperature": ["--tasks", "geometry,linear-probe", "--templates", "bare"],
}


def run(binary, out, names, seeds):
    for seed in range(seeds):
        for name in names:
            folder = os.path.join(out, name)
            os.makedirs(folder, exist_ok=True)
            for setting, text in STUDIES[name](binary):
                scenario = os.path.join(folder, f"{setting}.ron")
                record = os.path.join(folder, f"{setting}.{seed}.jsonl")
                if os.path.exists(record):
                    continue
                open(scenario, "w").write(text)
                print(f"{name} {setting}, seed {seed}", file=sys.stderr, flush=True)
                def call(*command):
                    made = subprocess.run([binary, *command], capture_output=True, text=True)
                    if made.returncode != 0:
                        sys.exit(f"{name} {setting}, seed {seed}: {made.stderr}")
                    return made.stdout.splitlines()

                with tempfile.TemporaryDirectory() as folder_of_run:
                    kept = call("run", scenario, "--seed", str(seed), "--format", "jsonl",
                                "--out", folder_of_run, "--force")
                    if name in AFTER:
                        kept += call("eval", folder_of_run, "--format", "jsonl", *AFTER[name])
                kept = [l for l in kept if '"event":"step"' not in l]
                open(record + ".part", "w").write("\n".join(kept) + "\n")
                os.replace(record + ".part", record)


# Student's t, 97.5 %, by degrees of freedom.
T = [math.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]


def interval(values):
    """Mean and half the 95 % interval."""
    n = len(values)
    mean = sum(values) / n
    if n < 2:
        return mean, math.nan
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    return mean, T[min(n - 1, 9)] * deviation / math.sqrt(n)


def shown(values, scale=100.0, digits=1):
    mean, half = interval([v * scale for v in values])
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


def last(path, split, task="retrieval"):
    """The last evaluation of every lane."""
    found = {}
    for line in open(path):
        record = json.loads(line)
        if record["event"] == "eval" and record.get("split") == split and record.get("task") == task:
            found[record["lane"]] = record
    return found


def results(out, study):
    """SETTING -> seed -> path."""
    found = {}
    folder = os.path.join(out, study)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".jsonl"):
            setting, seed, _ = name.rsplit(".", 2)
            found.setdefault(setting, {})[int(seed)] = os.path.join(folder, name)
    return found


def both(record):
    """R@1, mean of both ways."""
    return (record["r1_image_to_text"] + record["r1_text_to_image"]) / 2


def report_ladder(out):
    print("| batch | seeds | softmax, held out | sigmoid, held out | sigmoid - softmax | softmax, trained | sigmoid, trained |")
    print("|---|---|---|---|---|---|---|")
    for setting, seeds in results(out, "ladder").items():
        split = {s: [last(p, s) for p in seeds.values()] for s in ("held_out", "trained")}
        row = {s: {l: [both(r[l]) for r in rs] for l in ("softmax", "sigmoid")} for s, rs in split.items()}
        held = row["held_out"]
        gap = [b - a for a, b in zip(held["softmax"], held["sigmoid"])]
        print(f"| {int(setting)} | {len(seeds)} | {shown(held['softmax'])} | {shown(held['sigmoid'])} | {shown(gap)} "
              f"| {shown(row['trained']['softmax'])} | {shown(row['trained']['sigmoid'])} |")


def report_bias(out):
    print("| lane | seeds | held out | trained | held out, over minus-10 |")
    print("|---|---|---|---|---|")
    for _, seeds in results(out, "bias").items():
        held = [last(p, "held_out") for p in seeds.values()]
        trained = [last(p, "trained") for p in seeds.values()]
        for lane in held[0]:
            values = [both(r[lane]) for r in held]
            over = [both(r[lane]) - both(r["minus-10"]) for r in held]
            print(f"| {lane} | {len(seeds)} | {shown(values)} | {shown([both(r[lane]) for r in trained])} | {shown(over)} |")


def report_noise(out):
    print("| noise | share | seeds | softmax, held out | sigmoid, held out | sigmoid - softmax |")
    print("|---|---|---|---|---|---|")
    for setting, seeds in results(out, "noise").items():
        held = [last(p, "held_out") for p in seeds.values()]
        kind, _, share = setting.partition("-")
        row = {l: [both(r[l]) for r in held] for l in ("softmax", "sigmoid")}
        gap = [b - a for a, b in zip(row["softmax"], row["sigmoid"])]
        print(f"| {kind} | {share or 0} | {len(seeds)} | {shown(row['softmax'])} | {shown(row['sigmoid'])} | {shown(gap)} |")


def every(path, task):
    """All records of a task."""
    for line in open(path):
        record = json.loads(line)
        if record["event"] == "eval" and record.get("task") == task:
            yield record


def report_templates(out):
    print("| captions | lane | property | bare | one | clip-7 | lab-88 | lab-88 - one | lab-88 - bare |")
    print("|---|---|---|---|---|---|---|---|---|")
    for setting, seeds in results(out, "templates").items():
        found = {}
        for path in seeds.values():
            for r in every(path, "zero_shot"):
                # The last is of the evaluation afterwards, which is complete.
                if r["split"] == "held_out":
                    # Older records have the set's former name.
                    name = "lab-88" if r["templates"] == "lab-80" else r["templates"]
                    found.setdefault((r["lane"], r["property"]), {}).setdefault(name, {})[path] = r["top1"]["share"]
        for (lane, prop), sets in found.items():
            if len(sets) < 4:
                continue
            value = {name: [runs[p] for p in seeds.values()] for name, runs in sets.items()}
            over = lambda a, b: shown([x - y for x, y in zip(value[a], value[b])])
            cells = " | ".join(shown(value[name]) for name in ("bare", "one", "clip-7", "lab-88"))
            print(f"| {setting} | {lane} | {prop} | {cells} | {over('lab-88', 'one')} | {over('lab-88', 'bare')} |")


def report_regimes(out):
    for setting, seeds in results(out, "regimes").items():
        runs = [{r["lane"]: r for r in every(p, "regimes")} for p in seeds.values()]
        probes = [{r["lane"]: r for r in every(p, "linear_probe") if r["property"] == "group"} for p in seeds.values()]
        print("| lane | use | in domain | transfer |")
        print("|---|---|---|---|")
        for lane in runs[0]:
            for i, row in enumerate(runs[0][lane]["rows"]):
                sides = [shown([run[lane]["rows"][i][s]["share"] for run in runs]) for s in ("in_domain", "transfer")]
                print(f"| {lane} | {row['name']} | {sides[0]} | {sides[1]} |")
            for i, point in enumerate(runs[0][lane]["wise"]):
                if i in (2, 5, 8):
                    sides = [shown([run[lane]["wise"][i][s]["share"] for run in runs]) for s in ("in_domain", "transfer")]
                    print(f"| {lane} | alpha {point['alpha']} | {sides[0]} | {sides[1]} |")
            gain = lambda a, b, s: shown([run[lane]["rows"][a][s]["share"] - run[lane]["rows"][b][s]["share"] for run in runs])
            print(f"| {lane} | probe - zero-shot | {gain(1, 0, 'in_domain')} | {gain(1, 0, 'transfer')} |")
            print(f"| {lane} | fine-tuned - zero-shot | {gain(2, 0, 'in_domain')} | {gain(2, 0, 'transfer')} |")
            print(f"| {lane} | fine-tuned - probe | {gain(2, 1, 'in_domain')} | {gain(2, 1, 'transfer')} |")
            for i, row in enumerate(probes[0][lane]["few_shot"]):
                sides = [shown([p[lane]["few_shot"][i][s]["share"] for p in probes]) for s in ("in_domain", "transfer")]
                print(f"| {lane} | probe, {row['shots']} of each class | {sides[0]} | {sides[1]} |")
            worth = ", ".join("more than 16" if (w := p[lane]["worth"]) is None else f"{w:.0f}" for p in probes)
            print(f"\n{lane}: zero-shot is worth so many examples of each class, by seed: {worth}\n")


def report_temperature(out):
    print("| tau | seeds | held out | probe (subgroup), in domain | transfer | uniformity, pictures | tolerance | gap |")
    print("|---|---|---|---|---|---|---|---|")
    for _, seeds in results(out, "temperature").items():
        held = [last(p, "held_out") for p in seeds.values()]
        spaces = [{r["lane"]: r for r in every(p, "geometry")} for p in seeds.values()]
        probes = [{r["lane"]: r for r in every(p, "linear_probe") if r["property"] == "subgroup"} for p in seeds.values()]
        for lane in held[0]:
            space = lambda key: shown([s[lane][key] for s in spaces], 1, 3)
            probe = lambda key: shown([p[lane][key]["share"] for p in probes])
            print(f"| {lane.removeprefix('tau-')} | {len(seeds)} | {shown([both(r[lane]) for r in held])} | {probe('in_domain')} "
                  f"| {probe('transfer')} | {space('uniformity_image')} | {space('tolerance')} | {space('gap')} |")


def report_cats(out):
    photo, picture, both = "a photo of a {}", "a picture of a {}", "all of them"
    print("| lane | seeds | bare | photo | picture | ensemble | picture - photo | ensemble - photo | images in dispute |")
    print("|---|---|---|---|---|---|---|---|---|")
    for _, seeds in results(out, "cats").items():
        found = {}
        for path in seeds.values():
            for r in every(path, "zero_shot"):
                if r["split"] == "held_out" and r["property"] == "cat or dog":
                    found.setdefault(r["lane"], {}).setdefault(r["templates"], {})[path] = r
        for lane, sets in found.items():
            share = {name: [runs[p]["top1"]["share"] for p in seeds.values()] for name, runs in sets.items()}
            over = lambda a, b: shown([x - y for x, y in zip(share[a], share[b])])
            # Of one evaluation, those that one template gets right and the other wrong.
            versus = [next(a["versus"] for a in sets[picture][p]["against"] if a["templates"] == photo) for p in seeds.values()]
            dispute = ", ".join(str(v["gained"] + v["lost"]) for v in versus)
            cells = " | ".join(shown(share[name]) for name in ("bare", photo, picture, both))
            print(f"| {lane} | {len(seeds)} | {cells} | {over(picture, photo)} | {over(both, photo)} | {dispute} |")


REPORTS = {
    "bias": report_bias, "noise": report_noise, "ladder": report_ladder, "templates": report_templates,
    "regimes": report_regimes, "temperature": report_temperature, "cats": report_cats,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run")
    runs.add_argument("binary")
    runs.add_argument("out")
    runs.add_argument("study", nargs="*", default=list(STUDIES))
    runs.add_argument("--seeds", type=int, default=5)
    reports = commands.add_parser("report")
    reports.add_argument("out")
    args = parser.parse_args()
    if args.command == "run":
        run(args.binary, args.out, args.study, args.seeds)
        return
    for name, report in REPORTS.items():
        if results(args.out, name):
            print(f"\n{name}\n")
            report(args.out)


main()
