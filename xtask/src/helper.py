"""The part of `cargo xtask setup` that Python does: pip, and unpacking wheels.

Run as `python3 -u -c THIS COMMAND ...`. Commands:

  info FOLDER                     what this Python is, and the free space of FOLDER
  pip ARGUMENT...                 pip
  requirements WHEEL FLAVOUR      what else the libraries in a torch wheel need, for pip
  unpack WHEEL FOLDER FLAVOUR     the libraries and headers of a wheel into FOLDER/{lib,include}

FLAVOUR is "cpu" or "cuda".
"""

import os
import re
import shutil
import sys
import zipfile

# Neither linked nor loaded by a program without Python in it.
PYTHON_ONLY = re.compile(r"(lib)?(torch_python|shm|torch_global_deps|_C)\.")
CUDA_ONLY = ("libtorch_cuda", "libc10_cuda", "libcaffe2_nvrtc", "libtorch_nvshmem")
# libtorch_cpu.so of a CUDA build is linked against these two, and runs without a GPU.
CUDA_NEEDED_BY_CPU = ("libcudart.so", "libcupti.so")


def info(folder):
    import platform

    print("python", platform.python_version())
    try:
        import pip

        print("pip", pip.__version__)
    except ImportError:
        print("pip none")
    print("free", shutil.disk_usage(folder).free)
    print("libc", *platform.libc_ver())


def run_pip(arguments):
    import runpy

    sys.argv = ["pip"] + arguments
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


def has_cuda(names):
    return "torch/lib/libtorch_cuda.so" in names


def requirements(wheel, flavour):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        if not has_cuda(names):
            return
        metadata = next(n for n in names if re.fullmatch(r"torch-[^/]+\.dist-info/METADATA", n))
        lines = archive.read(metadata).decode("utf-8").splitlines()
    for line in lines:
        if not line.startswith("Requires-Dist:"):
            continue
        requirement = line.split(":", 1)[1].split(";")[0].strip()
        toolkit = re.fullmatch(r"cuda-toolkit(\[.*\])?\s*(.*)", requirement)
        if flavour == "cpu" and toolkit:
            print("cuda-toolkit[cudart,cupti]" + toolkit.group(2))
        elif flavour == "cuda" and (toolkit or requirement.startswith("nvidia-")):
            print(requirement)


def destination(name, flavour, cuda_wheel):
    """Where a member of a wheel goes, or None if it is not needed."""
    header = re.fullmatch(r"torch/(include/.+[^/])", name)
    if header:
        return header.group(1)
    library = re.fullmatch(r"(torch/lib|torch\.libs|nvidia/.+/lib)/([^/]+)", name)
    if not library:
        return None
    folder, file = library.groups()
    if not re.search(r"\.(so|dylib|dll|lib)(\.|$)", file):
        return None
    if folder == "torch/lib":
        if PYTHON_ONLY.match(file):
            return None
        if flavour == "cpu" and cuda_wheel:
            # libtorch.so only pulls the others in, libtorch_cuda among them; a link replaces it.
            if file == "libtorch.so" or file.startswith(CUDA_ONLY):
                return None
    if folder.startswith("nvidia/") and flavour == "cpu":
        if not file.startswith(CUDA_NEEDED_BY_CPU):
            return None
    return "lib/" + file


def unpack(wheel, folder, flavour):
    with zipfile.ZipFile(wheel) as archive:
        cuda_wheel = has_cuda(archive.namelist())
        wanted = []
        for member in archive.infolist():
            target = destination(member.filename, flavour, cuda_wheel)
            if target and ".." not in target.split("/"):
                wanted.append((member, os.path.join(folder, *target.split("/"))))
        total = sum(member.file_size for member, _ in wanted)
        done = 0
        said = 0
        for member, target in wanted:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as sink:
                while True:
                    block = source.read(1 << 20)
                    if not block:
                        break
                    sink.write(block)
                    done += len(block)
                    if done - said >= 4 << 20:
                        said = done
                        print("progress", done, total)
        print("progress", total, total)


def end_with_parent():
    """Ends this process when the one that started it is gone, however that ended."""
    import threading

    def watch():
        # Not through sys.stdin, whose lock this thread would still hold when Python ends.
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "info":
        info(*arguments)
        return
    end_with_parent()
    if command == "pip":
        run_pip(arguments)
    elif command == "requirements":
        requirements(*arguments)
    elif command == "unpack":
        try:
            unpack(*arguments)
        except OSError as error:
            sys.exit("%s: %s" % (error.filename or "unpacking", error.strerror or error))
        except zipfile.BadZipFile as error:
            sys.exit("%s: %s" % (arguments[0], error))


main()
