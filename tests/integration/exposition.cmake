# What every service exposes at its admin port is what promtool reads and docs/operations.md names.
add_test(NAME metrics.exposition COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/exposition.sh ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(metrics.exposition PROPERTIES LABELS integration TIMEOUT 120 SKIP_RETURN_CODE 77)
