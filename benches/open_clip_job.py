"""The same training by clip-lab and by OpenCLIP's own trainer: the loss, step by step.

    python benches/open_clip_job.py target/release/clip-lab [--processes 2] [--steps 20] [--batch 64]
        [--tower vit|resnet] [--accum-freq 1] [--shuffled]

Needs `pip install 'open_clip_torch[training]'` (3.3.0). Trains a scenario of two lanes (InfoNCE, SigLIP) with
`clip-lab run`, exports it with `clip-lab export open-clip`, runs each train.sh as it is (torchrun, gloo, CPU), and
prints both losses. What OpenCLIP logs is the first process's part of the loss; here the mean over the processes is
taken, which is the loss of the whole batch. Nothing of the build or the tests needs this script.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SCENARIO = """(
    title: "job",
    data: {data},
    model: (
        embed_dim: 32,
        image: {tower},
        text: (context_length: 16, vocab_size: 512, width: 64, heads: 2, layers: 1),
    ),
    train: (steps: {steps}, batch_size: {batch}, learning_rate: 1e-3, warmup: 4, weight_decay: 0.1,
        grad_clip: 1.0, precision: fp32, eval_every: {steps}, seed: 3),
    lanes: [
        (name: "softmax", loss: InfoNce, temperature: 0.07),
        (name: "sigmoid", loss: SigLip, temperature: 0.1, bias: -10),
    ],
)
"""
DATA = "Emoji(train: [Noto, Fluent], held_out: [Twemoji], augment: {augment})"
TOWERS = {
    "vit": "ViT(image_size: 32, patch_size: 8, width: 64, head_width: 16, layers: 2)",
    "map": "ViT(image_size: 32, patch_size: 8, width: 32, head_width: 16, layers: 2, pool: Map)",
    "resnet": "ResNet(image_size: 32, layers: (1, 1, 1, 1), width: 8, head_width: 16)",
}


def child():
    """In torchrun, in the job's folder: its train.py, with the loss of the whole batch written down."""
    import torch

    sys.path.insert(0, os.getcwd())
    import train

    create = train.main.create_loss
    out = os.environ["LOSSES"]

    def create_loss(args):
        loss = create(args)

        def recorded(*features, **named):
            losses = loss(*features, **named)
            if torch.is_grad_enabled():
                mean = sum(losses.values()).detach().clone()
                if args.distributed:
                    torch.distributed.all_reduce(mean)
                    mean /= args.world_size
                if args.rank == 0:
                    line = {"loss": mean.item(), "scale": named["logit_scale"].item()}
                    if named.get("logit_bias") is not None:
                        line["bias"] = named["logit_bias"].item()
                    with open(out, "a") as file:
                        file.write(json.dumps(line) + "\n")
            return losses

        return recorded

    train.main.create_loss = create_loss
    sys.exit(train.run(sys.argv[2:]))


def theirs(job, accumulate, more):
    """The losses of a job's train.sh, which calls this script in the place of train.py."""
    with tempfile.TemporaryDirectory() as bin:
        shim = pathlib.Path(bin) / "torchrun"
        me = pathlib.Path(__file__).resolve()
        shim.write_text(
            '#!/bin/sh\nfor a do shift; if [ "$a" = train.py ]; then set -- "$@" '
            f"'{me}' --child; else set -- \"$@\" \"$a\"; fi; done\n"
            f"exec '{sys.executable}' -m torch.distributed.run \"$@\"\n"
        )
        shim.chmod(0o755)
        out = pathlib.Path(bin) / "losses.jsonl"
        here = pathlib.Path(sys.executable).parent
        path = f"{bin}:{here}:{os.environ['PATH']}"
        env = dict(os.environ, PATH=path, LOSSES=str(out), DEVICE="cpu", OMP_NUM_THREADS="1")
        # Some machines do not know their own name.
        env.setdefault("GLOO_SOCKET_IFNAME", "lo")
        env.pop("LD_LIBRARY_PATH", None)
        done = subprocess.run([job / "train.sh", *more], env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout[-3000:] + done.stderr[-6000:])
        lines = [json.loads(line) for line in out.read_text().splitlines()]
    return lines[::accumulate]


def ours(run, lane):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == "step" and line["lane"] == lane]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("clip_lab")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--accum-freq", type=int, default=1)
    parser.add_argument("--tower", choices=TOWERS, default="vit")
    parser.add_argument("--augment", action="store_true")
    parser.add_argument("--shuffled", action="store_true", help="OpenCLIP's own order, twice")
    args = parser.parse_args()
    clip_lab = pathlib.Path(args.clip_lab).resolve()
    work = pathlib.Path(tempfile.mkdtemp(prefix="clip-lab-job-"))
    (work / "job.ron").write_text(
        SCENARIO.format(
            data=DATA.format(augment=str(args.augment).lower()),
            tower=TOWERS[args.tower],
            steps=args.steps,
            batch=args.batch,
        )
    )
    run, jobs = work / "run", work / "jobs"
    quiet = dict(check=True, stdout=subprocess.DEVNULL)
    subprocess.run([clip_lab, "run", work / "job.ron", "--device", "cpu", "--out", run], **quiet)
    share = ["--nproc", str(args.processes), "--accum-freq", str(args.accum_freq)]
    subprocess.run([clip_lab, "export", "open-clip", run, "--out", jobs, *share], **quiet)
    print(f"{args.tower}, batch {args.batch}, {args.processes} processes, accum-freq {args.accum_freq}")
    for lane in ["softmax", "sigmoid"]:
        lab = ours(run, lane)
        if args.shuffled:
            script = jobs / lane / "train.sh"
            script.write_text(script.read_text().replace("    --in-order \\\n", ""))
        columns = [theirs(jobs / lane, args.accum_freq, []) for _ in range(1 + args.shuffled)]
        assert all(len(column) == len(lab) for column in columns), [len(c) for c in columns]
        print(f"{lane}\n step      clip-lab  {'     OpenCLIP  difference' * len(columns)}")
        for i, mine in enumerate(lab):
            cells = "".join(
                f"  {column[i]['loss']:11.7f}  {column[i]['loss'] - mine['loss']:10.1e}" for column in columns
            )
            print(f"{mine['step']:5d}  {mine['loss']:12.7f}  {cells}")
        for column in columns:
            worst = max(abs(a["loss"] - b["loss"]) for a, b in zip(lab, column))
            scale = max(abs(1 / a["temperature"] - b["scale"]) for a, b in zip(lab, column))
            text = f"largest difference: loss {worst:.1e}, scale {scale:.1e}"
            if "bias" in column[0]:
                text += f", bias {max(abs(a['logit_bias'] - b['bias']) for a, b in zip(lab, column)):.1e}"
            print(text)
    shutil.rmtree(work)


if __name__ == "__main__":
    child() if sys.argv[1:2] == ["--child"] else main()
