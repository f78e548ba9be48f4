"""A copy of this machine's system that changes nothing of it: an overlay in a mount namespace of the script's own, which Scenario's test
makes (`unshare --mount`), so it ends with the script."""

import subprocess


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True, stdin=subprocess.DEVNULL)


def copy_of_the_system(stage):
    """Makes the copy in `stage`, which must not exist yet. Its root is `stage / "system"`."""
    system = stage / "system"
    stage.mkdir()
    # An overlay's files can't be on another overlay, as a container's temporary folder often is.
    mount("-t", "tmpfs", "-o", "size=2g", "stage", stage)
    for name in ("upper", "work", "system"):
        (stage / name).mkdir()
    mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={stage}/upper,workdir={stage}/work", system)
    mount("-t", "proc", "proc", system / "proc")
    mount("--bind", "/dev", system / "dev")
    # No service manager runs here, whatever this machine has.
    mount("-t", "tmpfs", "run", system / "run")
    mount("-t", "tmpfs", "tmp", system / "tmp")
