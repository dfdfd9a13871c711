#!/bin/sh
# Create Temporal's two databases, or bring their tables up to this version's; safe to run again.
# The tool reads the password from SQL_PASSWORD.
set -eu

tool() {
    temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" "$@"
}

for each in temporal:temporal temporal_visibility:visibility; do
    database=${each%:*}
    tool --db "$database" create
    tool --db "$database" setup-schema -v 0.0
    tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/${each#*:}/versioned"
done
