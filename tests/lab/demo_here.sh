#!/bin/sh
# In the shop's container: docker compose exec shop demo [--fault KIND] [--seed N] [--interactive]. The story of ./causeway demo.
exec python3 /usr/share/causeway/tests/lab/demo.py --run /var/lib/shop --sink 0.0.0.0:7071 --console "$CONSOLE_URL" \
    --psql "docker compose exec postgres psql -h 127.0.0.1 -U causeway causeway" "$@"
