#!/usr/bin/env bash
# System packages that some tests need, each with its reason. Without root, nothing is installed and those tests skip.
set -euo pipefail
packages=(
  bubblewrap # commands of anyone but the owner run in it, and its tests too
  git        # .ci/run makes a clean checkout
  util-linux # tests of a full and of a read-only disk mount one of their own (unshare, nsenter)
  procps     # tests look whether a process that was stopped is gone
  openssh-server # the SSH engine talks to a real sshd on loopback
  age        # the vault's file is read and written with the age program as well
)
missing=()
for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
if [ ${#missing[@]} -eq 0 ]; then echo "system packages: all there"; exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then echo "system packages missing: ${missing[*]} (not installed: no root or no apt)"; exit 0; fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
