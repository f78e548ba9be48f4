"""What scripts/make-release refuses, and what it makes, in a repository of its own that has the same files.

RELAY is the program, ROOT the repository, SCRATCH a folder."""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(os.environ["ROOT"])
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
COPY = SCRATCH / "repository"
OUT = SCRATCH / "out"
IDENTITY = {f"GIT_{who}_{what}": "relay@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENVIRONMENT = os.environ | IDENTITY | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def run(*command, cwd=COPY):
    words = [str(each) for each in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=400, cwd=cwd, env=ENVIRONMENT, stdin=subprocess.DEVNULL)


def git(*words):
    done = run("git", *words)
    check(done.returncode == 0, f"git {words}: {done.stderr}")
    return done.stdout


def commit():
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "-m", "As it is")


def refused(why):
    done = run("scripts/make-release", "--check")
    check(done.returncode == 1 and why in done.stderr, f"not refused for '{why}': {done.returncode} {done.stderr}")


def changed(path, old, new):
    file = COPY / path
    text = file.read_text()
    check(old in text, f"{path} has {old}")
    file.write_text(text.replace(old, new, 1))


# The repository may be another user's, as where a container has it mounted.
listed = run("git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT).stdout
check(listed, "the repository has files")
for name in filter(None, listed.split("\0")):
    if (ROOT / name).exists():
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, COPY / name)
(COPY / ".build").mkdir()
(COPY / ".build" / "interop-venv").symlink_to(ROOT / ".build" / "interop-venv")
git("init", "--quiet")
program = SCRATCH / "pulsar-relay"
run("strip", "--strip-unneeded", "-o", program, os.environ["RELAY"])
version = run(program, "version").stdout.strip()
commit()

# As it is developed: what comes has no version yet.
lines = (COPY / "CHANGELOG.md").read_text().split("\n")
(COPY / "CHANGELOG.md").write_text("\n".join(line for line in lines if not line.startswith(f"## {version}")))
(COPY / "new").write_text("not committed")
refused("not committed")
(COPY / "new").unlink()
commit()
refused("CHANGELOG.md has no")
changed("CHANGELOG.md", "## Unreleased\n", f"## Unreleased\n\n## {version} - 2026-12-01\n\n## 0.0.0\n")
commit()
refused(f"CHANGELOG.md says nothing of {version}")
changed("CHANGELOG.md", "\n\n## 0.0.0\n", "\n")
changed("kubernetes/chart/Chart.yaml", f"\nversion: {version}", "\nversion: 9.9.9")
commit()
refused("Chart.yaml is not")
git("checkout", "--quiet", "HEAD~1", "--", "kubernetes/chart/Chart.yaml")
commit()
refused("not all tests have passed")
# Tests on files that are not committed say nothing of a commit.
changed("README.md", "\n", "\n\n")
run("scripts/mark-tested")
git("checkout", "--quiet", "--", "README.md")
refused("not all tests have passed")
run("scripts/mark-tested")
git("tag", f"v{version}", "HEAD~1")
refused("is another commit")
git("tag", "--force", f"v{version}", "HEAD")
check(run("scripts/make-release", "--check").returncode == 0, "a commit that is ready")

made = run("scripts/make-release", "--here", "--fast", "--program", program, OUT)
check(made.returncode == 0, made.stderr)
sums = run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=OUT)
check(sums.returncode == 0, sums.stdout + sums.stderr)
names = sorted(each.name for each in OUT.iterdir())
listed = sorted(line.split()[1] for line in (OUT / "SHA256SUMS").read_text().splitlines())
check(listed == sorted(set(names) - {"SHA256SUMS"}), f"{names}")
kinds = [name for name in names if name.endswith((".deb", ".tar.gz", ".tgz"))]
check(len(kinds) == 4 and all(version in name for name in kinds), f"{names}")
check((OUT / "NEWS.md").read_text().startswith("### "), "what is new in this version")
with tarfile.open(OUT / f"pulsar-relay-{version}-linux-{run('dpkg', '--print-architecture').stdout.strip()}.tar.gz") as archive:
    members = archive.getnames()
for wanted in ("bin/pulsar-relay", "share/man/man1/pulsar-relay.1.gz", "share/doc/pulsar-relay/pulsar-relay.service"):
    check(any(name.endswith(wanted) for name in members), f"{wanted} is not among {members}")
with tarfile.open(OUT / f"pulsar-relay-{version}.tar.gz") as archive:
    check(f"pulsar-relay-{version}/Package.swift" in archive.getnames(), "the sources")
check(not git("status", "--porcelain"), "the repository is as it was")
check(not git("remote"), "there is nowhere to push to")
check(run("scripts/make-release", "--here", "--fast", "--program", program, OUT).returncode == 1, "a folder that is not empty is refused")
