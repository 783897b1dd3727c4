#!/bin/bash
# Pin what pyproject.toml asks for, in seven lists: the book, Binder, the hub's test, graders, tools,
# programs that use torch's layers, and what makes and checks PDF and EPUB.
#   deploy/lock.sh PATH-OF-UV [--upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$1
shift
more=("$@")
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT

# pin FILE HEADING WORDS...: leaves out torch's CUDA packages and the local part of its version, so
# that one list serves machines with and without a GPU.
pin() {
  local file=$1 heading=$2
  shift 2
  if [ -f "$file" ]; then cp "$file" "$pins"; else : > "$pins"; fi # uv keeps versions that still fit
  sed -i -E 's/^(torch==[0-9.]+)\+cpu/\1/; /^--/d' "$pins"
  "$uv" pip compile --quiet --no-header --no-annotate --no-emit-index-url \
    "${more[@]}" "$@" --output-file "$pins"
  { echo "# $heading Renewed by: make lock"
    sed -E -e '/^(nvidia-|cuda-|triton==)/d' -e 's/\+[a-z0-9.]+//' "$pins"; } > "$file"
  echo "$file: $(grep -c == "$file") packages"
}

everywhere=(--universal --python-version 3.11)
binder=(--python-platform x86_64-manylinux_2_28 --python-version 3.11)
pin requirements.txt "Exact versions of all packages that build and test the book." \
  "${everywhere[@]}" --extra book --extra oracles pyproject.toml
pin deploy/tools.txt "What checks workflows and packages, in .venv-tools." \
  "${everywhere[@]}" --group pyproject.toml:tools
pin deploy/hub.txt "What tests Binder and the hub, in .venv-hub." \
  "${everywhere[@]}" -c requirements.txt --extra chapters --group pyproject.toml:hub pyproject.toml
pin deploy/grading.txt "What grades the assignments, in .venv-grading." \
  "${everywhere[@]}" -c requirements.txt --group pyproject.toml:grading pyproject.toml
pin deploy/adoption.txt "Programs that use torch's layers, in .venv-adoption." \
  "${everywhere[@]}" -c requirements.txt --group pyproject.toml:adoption pyproject.toml
pin deploy/books.txt "What makes and checks PDF and EPUB, in .venv-books." \
  "${everywhere[@]}" -c requirements.txt --group pyproject.toml:books pyproject.toml
pin binder/requirements.txt "What the chapters run on, and nothing that builds the book." \
  "${binder[@]}" -c requirements.txt --extra chapters pyproject.toml
grep '^nbgitpuller==' deploy/hub.txt >> binder/requirements.txt
# Binder has no GPU: torch's build for the CPU is a tenth of the other's size.
sed -i -E -e 's/^torch==.*/&+cpu/' \
  -e '1a --extra-index-url https://download.pytorch.org/whl/cpu' binder/requirements.txt
