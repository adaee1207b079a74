# tests.sh: sourced after cluster.sh; which tests there are, how they are run, and what their
# reports say.
# shellcheck shell=bash

# The tests of one kind that are asked for: names regress|isolation|tap
names() {
    local files file name
    case $1 in
        regress) files=(sql/*.sql) ;;
        isolation) files=(specs/*.spec) ;;
        tap) files=(t/*.pl) ;;
    esac
    for file in "${files[@]}"; do
        [ -f "$file" ] || continue
        name=${file##*/}
        name=${name%.*}
        if [ -z "${TESTS:-}" ]; then
            printf '%s\n' "$name"
        else
            case " $TESTS " in *" $name "*) printf '%s\n' "$name" ;; esac
        fi
    done
}

# What the report of one kind says: count_report KIND LOG prints: passed failed
count_report() {
    case $1 in
        tap) count_tap "$2" ;;
        *) count_regress "$2" ;;
    esac
}

# Counts pg_regress's lines, of 15 ("test cpr ... ok 12 ms", without "test" in a
# parallel group) and of 16 on ("ok 1 - cpr 12 ms"); prints: passed failed
count_regress() {
    awk '
        /^ok +[0-9]+ +[-+] / || / \.\.\. ok( |$)/ { passed++ }
        /^not ok +[0-9]+ +[-+] / || / \.\.\. (FAILED|failed)( |$)/ { failed++ }
        END { print passed + 0, failed + 0 }' "$1"
}

# Counts the assertions in prove's report; a file that broke off without a failed
# assertion is one failure.  Prints: passed failed
count_tap() {
    awk '
        /^Files=[0-9]+, Tests=[0-9]+/ { split($2, part, /[=,]/); total = part[2] }
        /\(Wstat: .* Tests: [0-9]+ Failed: [0-9]+\)$/ {
            n = $NF; sub(/\)/, "", n)
            failed += n > 0 ? n : 1
            counted += n
        }
        END { print total - counted, failed + 0 }' "$1"
}

# run_tests regress|isolation|tap LOG NAME...: runs them on the server that is up, with
# their report in a file.  The TAP tests have servers of their own: as many files at once
# as there are processors, to four.
run_tests() {
    local kind=$1 log=$2 asked=(REGRESS= ISOLATION= TAP_TESTS=) jobs
    jobs=$(nproc)
    [ "$jobs" -le 4 ] || jobs=4
    shift 2
    case $kind in
        regress) asked[0]="REGRESS=$*" ;;
        isolation) asked[1]="ISOLATION=$*" ;;
        tap) asked[2]=TAP_TESTS=1 asked+=("PROVE_FLAGS=-j$jobs --timer" "PROVE_TESTS=$(printf 't/%s.pl ' "$@")") ;;
    esac
    run_logged "$log" env TEMP_CONFIG="$work/paths.conf" make -s with_llvm=no installcheck "${asked[@]}"
}
