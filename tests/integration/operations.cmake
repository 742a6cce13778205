# docs/operations.md is what the programs' tables say.
add_test(NAME docs.operations COMMAND ${PROJECT_SOURCE_DIR}/docs/make_operations.sh ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} --check)
set_tests_properties(docs.operations PROPERTIES LABELS integration TIMEOUT 60)

# The chart knows the options the programs know.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME helm.schema COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/helm/make_schema.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} --check)
  set_tests_properties(helm.schema PROPERTIES LABELS integration TIMEOUT 60)
endif()
