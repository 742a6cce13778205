#!/bin/sh
# For collectd's exec plugin: how full the size-limited folder is, as the df plugin would tell it.
# volume.sh FOLDER BYTES NAME
while :; do
    used=$(find "$1" -type f -printf '%s\n' 2>/dev/null | awk '{s += $1} END {print s + 0}')
    free=$(($2 - used)); [ $free -ge 0 ] || free=0
    echo "PUTVAL shop-host/df-$3/df_complex-used interval=1 N:$used"
    echo "PUTVAL shop-host/df-$3/df_complex-free interval=1 N:$free"
    echo "PUTVAL shop-host/df-$3/percent_bytes-used interval=1 N:$(awk "BEGIN {print 100 * $used / $2}")"
    sleep 1
done
