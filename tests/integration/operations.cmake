# docs/operations.md is what the programs' tables say.
add_test(NAME docs.operations COMMAND ${PROJECT_SOURCE_DIR}/docs/make_operations.sh ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} --check)
set_tests_properties(docs.operations PROPERTIES LABELS integration TIMEOUT 60)
