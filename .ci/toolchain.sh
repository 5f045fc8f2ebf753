# Sourced by the scripts in the root: finds what a build needs, and says in one line what is missing.

# Sets `jdk` to the folder of a JDK 25 or newer: JAVA_HOME, then PATH, then the usual folders.
find_jdk() {
  local java candidate
  for candidate in "${JAVA_HOME:-}"; do
    is_jdk "$candidate" && jdk=$candidate && return 0
  done
  while IFS= read -r java; do
    java=$(readlink -f "$java" 2>/dev/null || printf '%s' "$java")
    candidate=${java%/bin/java}
    is_jdk "$candidate" && jdk=$candidate && return 0
  done < <(type -ap java)
  for candidate in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* \
    "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* "$HOME"/.local/share/mise/installs/java/*; do
    is_jdk "$candidate" && jdk=$candidate && return 0
  done
  return 1
}

# Reads the version from the file `release` that every JDK carries: no process is started.
is_jdk() {
  [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  local line version=0
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in JAVA_VERSION=*) version=${line#*=} version=${version//\"/} version=${version%%[!0-9]*} ;; esac
  done <"$1/release"
  [ "${version:-0}" -ge 25 ]
}

# Sets `python` to a Python of 3.10 or newer that can make virtual environments.
find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      python=$candidate
      return 0
    fi
  done
  return 1
}

# require NAME WHAT…: ends with one line naming everything of WHAT (jdk, maven, python) that is not there.
require() {
  local name=$1 what missing=
  shift
  for what; do
    case $what in
      jdk) find_jdk || missing="$missing, JDK 25 or newer (set JAVA_HOME if it lies in an unusual place)" ;;
      maven) command -v mvn >/dev/null 2>&1 || missing="$missing, Maven (mvn on the PATH)" ;;
      python) find_python || missing="$missing, Python 3.10 or newer with its venv module" ;;
    esac
  done
  if [ -n "$missing" ]; then
    printf '%s: missing on this machine: %s\n' "$name" "${missing#, }" >&2
    exit 1
  fi
  export JAVA_HOME=$jdk
}
