# The alert rules and the dashboard speak of metrics there are, and each alert of a remedy there is.
add_test(NAME metrics.rules COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/rules.sh)
set_tests_properties(metrics.rules PROPERTIES LABELS integration TIMEOUT 60 SKIP_RETURN_CODE 77)
