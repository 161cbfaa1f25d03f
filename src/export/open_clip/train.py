"""Trains this folder's job with OpenCLIP's own trainer, `open_clip_train.main` (3.3.0), which is left as it is.

train.sh calls it. These flags are its own, all others are OpenCLIP's:

  --in-order    read the shards and their pairs in order, without shuffling: the lab's own batches
  --lab-cosine  a cosine that reaches zero at the last step, as the lab's does, not one step later
"""

import json
import pathlib
import sys

import torch
from open_clip_train import data, main

MODEL = pathlib.Path(__file__).resolve().parent / "model"


def read_in_order():
    """A buffer of one pair has nothing to shuffle."""
    data._SHARD_SHUFFLE_SIZE = data._SHARD_SHUFFLE_INITIAL = 1
    data._SAMPLE_SHUFFLE_SIZE = data._SAMPLE_SHUFFLE_INITIAL = 1


def use_lab_cosine():
    """The lab's first step is step 1, OpenCLIP's is step 0. Warm-ups are the same."""
    theirs = main.cosine_lr

    def cosine_lr(optimizer, base_lr, warmup_length, steps):
        adjust = theirs(optimizer, base_lr, warmup_length, steps)
        return lambda step: adjust(step if step < warmup_length else step + 1)

    main.cosine_lr = cosine_lr


class OnAnyDevice(torch.nn.parallel.DistributedDataParallel):
    """OpenCLIP always names the device; on CPUs PyTorch wants none."""

    def __init__(self, module, device_ids=None, **kwargs):
        cpu = next(module.parameters()).device.type == "cpu"
        super().__init__(module, device_ids=None if cpu else device_ids, **kwargs)


def register_tower():
    """SigLIP's image tower at this model's sizes: OpenCLIP takes it from timm, by a name with fixed sizes."""
    vision = json.loads((MODEL / "open_clip_config.json").read_text())["model_cfg"]["vision_cfg"]
    if vision.get("timm_model_name") != "vit_clip_lab":
        return
    from timm.models import register_model
    from timm.models.vision_transformer import VisionTransformer

    def vit_clip_lab(pretrained=False, num_classes=0, global_pool="map", **_):
        assert (pretrained, num_classes, global_pool) == (False, 0, "map")
        return VisionTransformer(
            img_size=vision["image_size"],
            patch_size=vision["patch_size"],
            embed_dim=vision["width"],
            depth=vision["layers"],
            num_heads=vision["width"] // vision["head_width"],
            class_token=False,
            global_pool="map",
            num_classes=0,
            act_layer="gelu_tanh",
        )

    register_model(vit_clip_lab)


def run(arguments):
    for flag, act in [("--in-order", read_in_order), ("--lab-cosine", use_lab_cosine)]:
        if flag in arguments:
            arguments = [argument for argument in arguments if argument != flag]
            act()
    torch.nn.parallel.DistributedDataParallel = OnAnyDevice
    register_tower()
    return main.main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
