# Kept alive by the test binary through standard input; when that closes, however the binary ended, everything still on the list goes.
trap '' INT TERM HUP
declare -A signals commands
directories=()

# A dead process that nobody has waited for yet does not count.
alive() { grep -qsE '^State:\s+[^ZX[:space:]]' "/proc/$1/status"; }

while IFS= read -r line; do
    verb=${line%% *} rest=${line#* }
    case $verb in
        # Never -1, which would mean every process there is.
        process) [ "${rest%% *}" -gt 1 ] && signals[${rest%% *}]=${rest#* } ;;
        gone) unset "signals[$rest]" ;;
        directory) directories+=("$rest") ;;
        run) commands[${#commands[@]}]=$rest ;;
    esac
done

for command in "${commands[@]}"; do bash -c "$command"; done
for pid in "${!signals[@]}"; do kill "-${signals[$pid]}" "$pid"; done
for pid in "${!signals[@]}"; do
    for _ in {1..100}; do alive "$pid" || break; sleep 0.05; done
    kill -KILL -- "-$pid"
done
[ ${#directories[@]} -eq 0 ] || rm -rf -- "${directories[@]}"
