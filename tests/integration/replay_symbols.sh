# replay_symbols.sh LIBRARY...: cwctl links every service's core; where two define one name, the linker takes either without a word.
for library in "$@"; do
    nm -g --defined-only "$library" 2>/dev/null | awk -v l="$(basename "$library")" 'NF == 3 && $2 !~ /[WVu]/ {print $3, l}'
done | sort | awk '{n[$1]++; where[$1] = where[$1] " " $2} END {for (s in n) if (n[s] > 1) {print s " is in" where[s]; bad = 1}; exit bad}'
