# Puts the Node and the pnpm that AppOS is made for first on the PATH. Sourced, with $root set.
case $(uname -m) in
  x86_64) _arch=x64 ;;
  aarch64 | arm64) _arch=arm64 ;;
  *) echo "AppOS runs on 64-bit x86 and ARM, not on $(uname -m)." >&2; exit 1 ;;
esac
PATH=$root/tools/runtime/node_modules/node-linux-$_arch/bin:$root/tools/runtime/node_modules/@pnpm/exe.linux-$_arch:$root/node_modules/.bin:$PATH
export PATH
